"""Long texts, which do not travel with their responses: brought before a call, fetched after it.

Everything above this connection sees requests and replies as if all texts travelled with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import anyio

from grok_tree.client._connection import Connection
from grok_tree.errors import (
    GrokTreeError,
    InvalidOperationError,
    ResponseNotFound,
    UploadNotFound,
)
from grok_tree.wire import INLINE_BYTES, iter_pieces, pb

LARGEST_MESSAGE = 4 * 1024 * 1024
"""What gRPC takes in one message, unless both sides are told otherwise."""

MOST_UPLOADS = 128
MOST_UPLOADED_BYTES = 64 * 1024 * 1024
"""What one call may bring in long texts."""

AT_ONCE = 4
"""Texts that are on their way at the same time, of one call."""

_SHORTEST_APART = 16 * 1024
"""Shorter texts stay in their message, also where the whole is long."""

_ATTEMPTS = 3
"""How often texts are brought that the server has forgotten again."""

_SLOWEST_BYTES_PER_S = 64 * 1024
_CALL_S = 60.0
_BEGUN = ("resumed", "forked")
_REPLY_BYTES = 256
"""What a stored draft takes in the reply, beside what it took in the request."""


class TextConnection(Connection):
    """A connection that carries texts of any legal length."""

    async def call(self, method: str, request: Any, *, timeout: float | None = None) -> Any:
        """Make a call that gives one message; see `Connection.call`.

        Raises:
            InvalidOperationError: The request is too large for one call.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            lean = await self._lean(request)
            try:
                reply = await super().call(method, lean, timeout=timeout)
            except UploadNotFound:
                if attempt == _ATTEMPTS:
                    raise
            else:
                await self._complete(_responses_of(reply))
                return reply
        raise AssertionError

    async def stream(
        self, method: str, request: Any, *, timeout: float | None = None
    ) -> AsyncGenerator[Any, None]:
        """Make a call that gives messages; see `Connection.stream`."""
        for attempt in range(1, _ATTEMPTS + 1):
            lean = await self._lean(request)
            known = _KnownTexts(request)
            messages = super().stream(method, lean, timeout=timeout)
            try:
                async with aclosing(messages):
                    async for message in messages:
                        known.fill(message)
                        await self._complete(_responses_of(message))
                        yield message
            except UploadNotFound:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    async def _lean(self, request: Any) -> Any:
        """Return a request whose long texts were brought before; itself if it has none."""
        long = _long_texts(request)
        if not long:
            _check_size(request, long)
            return request
        lean = type(request)()
        lean.CopyFrom(request)
        for text in long:
            text.holder(lean).ClearField(text.field)
        _check_size(lean, long)
        ids = await self._upload([text.text for text in long])
        for text, upload_id in zip(long, ids, strict=True):
            setattr(text.holder(lean), f"{text.field}_upload_id", upload_id)
        return lean

    async def _upload(self, texts: list[str]) -> list[str]:
        ids = [""] * len(texts)

        async def upload(number: int) -> None:
            pieces = _Upload(texts[number])
            timeout = _CALL_S + pieces.total_bytes / _SLOWEST_BYTES_PER_S
            reply = await Connection.call(self, "UploadText", pieces, timeout=timeout)
            ids[number] = reply.upload_id

        await _in_parallel(upload, range(len(texts)))
        return ids

    async def _complete(self, responses: Iterable[pb.Response]) -> None:
        """Fetch the texts that did not come with their responses."""
        apart = [response for response in responses if response.text_apart]

        async def fetch(number: int) -> None:
            await self._fetch(apart[number])

        if apart:
            await _in_parallel(fetch, range(len(apart)))

    async def _fetch(self, response: pb.Response) -> None:
        pieces = Connection.stream(
            self, "GetText", pb.GetTextRequest(response_id=response.response_id)
        )
        found = _Texts()
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    found.message.append(piece.message)
                    found.reasoning.append(piece.reasoning)
        except ResponseNotFound:
            response.deleted = True  # since it was sent; its tombstone is on the way
            found = _Texts()
        found.put_into(response)


@dataclass
class _Texts:
    """What has come of the texts of one response."""

    message: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)

    def put_into(self, response: pb.Response) -> None:
        response.message = "".join(self.message)
        response.reasoning = "".join(self.reasoning)
        response.text_apart = False


class _KnownTexts:
    """Texts that a caller has when a stream leaves them out: what was said, and its tokens."""

    def __init__(self, request: Any) -> None:
        # An answer that continues another one begins with more than its tokens.
        self._follows = isinstance(request, pb.SampleRequest) and request.origin.kind not in _BEGUN
        self._said = request.message if self._follows else ""
        self._answers: dict[int, _Texts] = {}

    def fill(self, message: Any) -> None:
        """Put known texts into the responses of a message."""
        if not self._follows:
            return
        human = message.started.human_response
        if human.text_apart:
            _Texts([self._said]).put_into(human)
        for batch in message.tokens:
            answer = self._answers.setdefault(batch.index, _Texts())
            answer.message.append(batch.text)
            answer.reasoning.append(batch.reasoning)
        for ended in message.ended:
            answer = self._answers.pop(ended.index, _Texts())
            if ended.response.text_apart:
                answer.put_into(ended.response)


class _Upload:
    """The messages of an upload, made anew each time they are iterated."""

    def __init__(self, text: str) -> None:
        self._text = text
        data = text.encode()
        self.total_bytes = len(data)
        self._sha256 = hashlib.sha256(data).digest()

    def __iter__(self) -> Iterator[pb.UploadTextRequest]:
        yield pb.UploadTextRequest(total_bytes=self.total_bytes)
        for piece in iter_pieces(self._text):
            yield pb.UploadTextRequest(text=piece)
        yield pb.UploadTextRequest(sha256=self._sha256)


@dataclass(frozen=True)
class _LongText:
    """A text of a request that is brought before it.

    Attributes:
        text: The text.
        field: Its field, beside which the id of the upload is.
        draft: Which draft of the request has it; None: the request itself.
    """

    text: str
    field: str
    draft: int | None = None

    def holder(self, request: Any) -> Any:
        """Return the message that has the field."""
        return request if self.draft is None else request.drafts[self.draft]


def _long_texts(request: Any) -> list[_LongText]:
    """Return what has to be brought before a request, so that it fits into one message."""
    if isinstance(request, pb.SampleRequest):
        is_long = len(request.message.encode()) > INLINE_BYTES
        return [_LongText(request.message, "message")] if is_long else []
    if not isinstance(request, pb.AddResponsesRequest):
        return []
    size = request.ByteSize()
    if size <= INLINE_BYTES:
        return []
    found = []
    for n_bytes, text in _by_size(request):
        if size <= INLINE_BYTES or n_bytes < _SHORTEST_APART:
            break
        found.append(text)
        size -= n_bytes
    return found


def _by_size(request: pb.AddResponsesRequest) -> list[tuple[int, _LongText]]:
    sized = [
        (len(text.encode()), _LongText(text, name, number))
        for number, draft in enumerate(request.drafts)
        for name, text in (("message", draft.message), ("reasoning", draft.reasoning))
    ]
    return sorted(sized, key=lambda one: one[0], reverse=True)


def _check_size(lean: Any, long: list[_LongText]) -> None:
    """Refuse a request that is too much for one call, before anything of it is sent."""
    if not isinstance(lean, pb.AddResponsesRequest):
        return
    n_drafts = len(lean.drafts)
    size = lean.ByteSize() + n_drafts * _REPLY_BYTES
    uploaded = sum(len(one.text.encode()) for one in long)
    for found, limit, what in (
        (size, LARGEST_MESSAGE, "bytes"),
        (uploaded, MOST_UPLOADED_BYTES, "bytes of long texts"),
        (len(long), MOST_UPLOADS, "long texts"),
    ):
        if found > limit:
            raise InvalidOperationError(
                f"{n_drafts:,} drafts make {found:,} {what}; one call takes {limit:,}:"
                " add them in several calls",
                size=found,
                limit=limit,
            )


def _responses_of(reply: Any) -> list[pb.Response]:
    """Return the responses in a reply whose texts may be apart."""
    match reply:
        case pb.Response():
            return [reply]
        case pb.ChangesPage() | pb.GetResponsesResponse():
            return list(reply.responses)
        case pb.SampleEvents():
            ended = [one.response for one in reply.ended]
            return [reply.started.human_response, *ended] if reply.HasField("started") else ended
        case _:
            return []


async def _in_parallel(work: Any, numbers: Iterable[int]) -> None:
    """Do some work a few pieces at a time; raise the first error as it is."""
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def limited(number: int) -> None:
        async with limiter:
            await work(number)

    failures: list[GrokTreeError] = []
    try:
        async with anyio.create_task_group() as tasks:
            for number in numbers:
                tasks.start_soon(limited, number)
    except* GrokTreeError as group:
        failures += _leaves(group)
    if failures:
        raise failures[0]


def _leaves(group: BaseExceptionGroup[GrokTreeError]) -> list[GrokTreeError]:
    found: list[GrokTreeError] = []
    waiting: list[BaseException] = [group]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        elif isinstance(one, GrokTreeError):
            found.append(one)
    return found
