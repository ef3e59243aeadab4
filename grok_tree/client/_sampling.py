"""The handles of calls that sample: iterate for tokens, await for the response, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from grok_tree.client._call import Call
from grok_tree.client._html import sampling_html, sampling_line
from grok_tree.forest import SamplingEvent, Token

if TYPE_CHECKING:
    from grok_tree.client._response import Response


class _Reader:
    """Base of iterators over a call: leaving one before its end stops the model.

    A cancelled step is leaving too, as it is for an async generator.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._place = 0
        self._reads = False

    async def _next(self) -> SamplingEvent | None:
        self._reads = True
        self._call.start()
        try:
            there_is_one = await self._call.log.wait_beyond(self._place)
        except asyncio.CancelledError:
            self.leave()
            raise
        return self._take() if there_is_one else None

    def _take(self) -> SamplingEvent | None:
        """Return the next event if it is there already."""
        if not self.has_next:
            return None
        self._reads = True
        self._place += 1
        return self._call.log[self._place - 1]

    @property
    def has_next(self) -> bool:
        """Whether the next event is there already."""
        return self._place < len(self._call.log)

    async def aclose(self) -> None:
        """Leave: stop the model if it still runs, and keep what came."""
        self.leave()

    def leave(self) -> None:
        """Do as `aclose`, from any thread; one that was never read leaves nothing."""
        if self._reads:
            self._reads = False
            self._call.leave()

    def __del__(self) -> None:
        self.leave()


class TokenStream(_Reader):
    """The texts of one answer's tokens, as they come; raises when the model fails."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while True:
            event = self._take() or await self._next()
            if event is None:
                self._call.response(0)  # raises what went wrong
                raise StopAsyncIteration
            if isinstance(event, Token):
                return event.text


class IndexedTokenStream(_Reader):
    """The texts of all siblings' tokens, each with the index of its sibling."""

    def __init__(self, call: Call, n: int) -> None:
        super().__init__(call)
        self._n = n

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[int, str]:
        while True:
            event = self._take() or await self._next()
            if event is None:
                for index in range(self._n):
                    self._call.response(index)  # raises what went wrong
                raise StopAsyncIteration
            if isinstance(event, Token):
                return event.index, event.text


class EventStream(_Reader):
    """The typed events of a call; ends without raising, since an `Ended` event holds its error."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SamplingEvent:
        event = await self._next()
        if event is None:
            if self._call.error is not None:
                raise self._call.failure(0)
            raise StopAsyncIteration
        return event


class _Handle:
    """What the handles of one and of several answers share."""

    def __init__(self, call: Call, n: int = 1) -> None:
        self._call = call
        self._n = n

    @property
    def sampling_id(self) -> str:
        """The id by which any client can attach to it; empty where nothing is sampled."""
        return self._call.sampling_id

    @property
    def human_response(self) -> Response | None:
        """The human response of this turn, once it is stored; None when there is none."""
        started = self._call.started
        if started is None or started.human_response is None:
            return None
        return self._call._find(started.human_response.response_id)

    def events(self) -> EventStream:
        """Return the typed events of the sampling, from the first."""
        return EventStream(self._call)

    def __repr__(self) -> str:
        name = f"{type(self).__name__} {self.sampling_id}".rstrip()
        return f"<{name}: {sampling_line(self._call, self._n)}>"

    def _repr_html_(self) -> str:
        return sampling_html(self._call)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the model if it still runs, unless it is detached; leave it, if it was attached."""
        await self._call.left()


class Sampling(_Handle):
    """One answer that is being sampled.

    Iterate it for the texts of the tokens, await it for the `Response`, or unpack it into
    ``(token_stream, response)`` as the original did. The model is asked at first use. Leaving the
    loop early, leaving an ``async with`` block, being cancelled while reading or waiting, and
    `cancel` stop the model and keep what came as a partial response; of a detached sampling only
    `cancel` does. A failure raises in the loop and when awaited.
    """

    def __aiter__(self) -> TokenStream:
        return TokenStream(self._call)

    def __iter__(self) -> Iterator[Any]:
        """Unpack into the `TokenStream` and something that gives the `Response` when awaited."""
        return iter((TokenStream(self._call), _Result(self)))

    def __await__(self) -> Generator[None, None, Response]:
        return self.result().__await__()

    async def result(self) -> Response:
        """Wait for the response; reads the stream to its end.

        Raises:
            SamplingError: The model failed; `partial` and `response_id` say what was kept.
        """
        await self._call.finished()
        return self._call.response(0)

    async def cancel(self) -> Response:
        """Stop the model and return what came, as a partial response."""
        await self._call.cancel()
        return self._call.response(0)


class SamplingGroup(_Handle):
    """Several answers to one prompt that are being sampled.

    Iterate it for ``(index, text)``, await it for the list of `Response`, in order of index. The
    first that succeeds becomes the leaf.
    """

    def __len__(self) -> int:
        return self._n

    def __aiter__(self) -> IndexedTokenStream:
        return IndexedTokenStream(self._call, self._n)

    def __await__(self) -> Generator[None, None, list[Response]]:
        return self.result().__await__()

    async def result(self) -> list[Response]:
        """Wait for all responses; reads the stream to its end.

        Raises:
            SamplingError: One of them failed; the others are kept and in the conversation.
        """
        await self._call.finished()
        return [self._call.response(index) for index in range(self._n)]

    async def cancel(self) -> list[Response]:
        """Stop the model and return what came, some of it as partial responses."""
        await self._call.cancel()
        return [self._call.response(index) for index in range(self._n)]


class _Result:
    """The response of a sampling as something to await, as often as one likes."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling

    def __await__(self) -> Generator[None, None, Response]:
        return self._sampling.__await__()
