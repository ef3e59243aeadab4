"""The handles of calls that sample: iterate for tokens, await for the response, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import aclosing, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from grok_tree.errors import (
    ConnectionFailedError,
    DeadlineExceededError,
    GrokTreeError,
    InvalidOperationError,
    SamplingError,
    SamplingInterrupted,
)
from grok_tree.forest import Ended, Reasoning, SamplingEvent, Started, Token
from grok_tree.service import EventLog

if TYPE_CHECKING:
    from grok_tree.client._response import Response

Open = Callable[[], AsyncGenerator[list[SamplingEvent], None]]
Cancel = Callable[[str], Awaitable[None]]
Accept = Callable[[SamplingEvent], None]
Find = Callable[[str], "Response"]


class Call:
    """One sampling on the wire: started at first use, read by one task, followed by any number.

    Lives in the event loop of its first use.
    """

    def __init__(
        self, open_stream: Open, cancel: Cancel, accept: Accept, find: Find, *, detached: bool
    ) -> None:
        """Prepare a call.

        Args:
            open_stream: Makes the call and yields its events.
            cancel: Tells the server to stop a sampling.
            accept: Takes what was stored into the conversation's cache.
            find: Returns the handle of a stored response.
            detached: Whether the model goes on when nobody reads any more.
        """
        self._open = open_stream
        self._cancel = cancel
        self._accept = accept
        self._find = find
        self._detached = detached
        self._task: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None
        self.log: EventLog[SamplingEvent] = EventLog()
        self.started: Started | None = None
        self.ended: dict[int, Ended] = {}
        self.error: GrokTreeError | None = None

    def start(self) -> None:
        """Make the call unless it was made; needs a running event loop."""
        if self._task is None:
            # The handle outlives any block, so no task group can own its reader.
            self._task = asyncio.get_running_loop().create_task(self._read())

    @property
    def runs(self) -> bool:
        """Whether the call was made and has not ended."""
        return self._task is not None and not self.log.closed

    async def finished(self) -> None:
        """Wait until every sibling has ended, or the call has failed.

        A cancelled wait is leaving: the model stops, and what came is kept.
        """
        self.start()
        try:
            await self.log.wait_closed()
        except asyncio.CancelledError:
            self.leave()
            raise

    async def left(self) -> None:
        """Leave, and wait until what came is stored; at once where the model goes on alone."""
        if self.runs and not self._detached:
            self.leave()
            await self.log.wait_closed()

    async def cancel(self) -> None:
        """Stop the model and wait until what came is stored."""
        if self._task is None:
            raise InvalidOperationError(
                "this sampling was not begun, so there is nothing to cancel; iterate or await it"
            )
        await self.stop()
        await self.log.wait_closed()

    async def stop(self) -> None:
        """Tell the server to stop as soon as it has begun."""
        if await self.log.wait_beyond(0) and self.started and not self.log.closed:
            await self._cancel(self.started.sampling_id)

    def leave(self) -> None:
        """Stop the model without waiting, because nobody reads on; from any thread.

        Does nothing for a detached sampling.
        """
        task = self._task
        if task is None or self._detached or self.log.closed:
            return
        loop = task.get_loop()
        # A reader may be collected in any thread, and while its loop ends.
        with suppress(RuntimeError):
            if loop.is_running():
                loop.call_soon_threadsafe(self._begin_leaving, loop)

    def response(self, index: int) -> Response:
        """Return one sibling's response.

        Raises:
            SamplingError: The model failed; what came is kept and named in the error.
            GrokTreeError: The call failed.
        """
        ended = self.ended.get(index)
        if ended is None or ended.error is not None:
            raise (ended and ended.error) or self.failure(index)
        return self._find(ended.response.response_id)

    def failure(self, index: int) -> GrokTreeError:
        """Return why a sibling has no response."""
        error = self.error or SamplingInterrupted("the server ended the call without an answer")
        if self.started is None or isinstance(error, SamplingError):
            return error
        late = isinstance(error, DeadlineExceededError)
        cut = (DeadlineExceededError if late else SamplingInterrupted)(
            f"the stream was cut ({error.message}); the server keeps what came as a partial"
            " response: refresh() the conversation to see it",
            response_id=self.started.response_ids[index],
            partial=self._text(index),
        )
        cut.grpc_status = error.grpc_status
        cut.__cause__ = error
        return cut

    async def _read(self) -> None:
        try:
            async with aclosing(self._open()) as batches:
                async for events in batches:
                    for event in events:
                        self._take(event)
        except GrokTreeError as error:
            self.error = error
        except asyncio.CancelledError:
            self.error = ConnectionFailedError("the client or its event loop was closed meanwhile")
            raise
        finally:
            self.log.close()

    def _take(self, event: SamplingEvent) -> None:
        match event:
            case Started():
                self.started = event
                self._accept(event)
            case Ended():
                # The first end counts; a second one would be the server's mistake.
                self.ended.setdefault(event.index, event)
                self._accept(event)
            case Token() | Reasoning():
                pass
        self.log.append(event)

    def _text(self, index: int) -> str:
        pieces = (self.log[place] for place in range(len(self.log)))
        return "".join(p.text for p in pieces if isinstance(p, Token) and p.index == index)

    def _begin_leaving(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.runs and self._leaving is None:
            self._leaving = loop.create_task(self._leave())

    async def _leave(self) -> None:
        try:
            await self.stop()
        except GrokTreeError:
            # The server cannot be told; dropping the call stops the model too.
            if self._task is not None:
                self._task.cancel()


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

    def __init__(self, call: Call) -> None:
        self._call = call

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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the model if it still runs, unless it is detached."""
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

    def __init__(self, call: Call, n: int) -> None:
        super().__init__(call)
        self._n = n

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
