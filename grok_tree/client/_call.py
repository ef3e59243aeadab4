"""One sampling on the wire, whoever reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Literal

from grok_tree.errors import (
    ConnectionFailedError,
    DeadlineExceededError,
    GrokTreeError,
    InvalidOperationError,
    SamplingError,
    SamplingInterrupted,
)
from grok_tree.forest import Ended, SamplingEvent, Started, Token
from grok_tree.service import EventLog

if TYPE_CHECKING:
    from grok_tree.client._response import Response

Open = Callable[[], AsyncGenerator[list[SamplingEvent], None]]
Cancel = Callable[[str], Awaitable[None]]
Accept = Callable[[SamplingEvent], None]
Find = Callable[[str], "Response"]

Leaving = Literal["stop", "drop", "stay"]
"""When nobody reads on: stop the model, drop the stream alone, or read on for later readers."""


class Call:
    """One sampling on the wire: started at first use, read by one task, followed by any number.

    Lives in the event loop of its first use.
    """

    def __init__(
        self,
        open_stream: Open,
        cancel: Cancel,
        accept: Accept,
        find: Find,
        *,
        leaving: Leaving,
        sampling_id: str = "",
    ) -> None:
        """Prepare a call.

        Args:
            open_stream: Makes the call and yields its events.
            cancel: Tells the server to stop a sampling.
            accept: Takes what was stored into the conversation's cache.
            find: Returns the handle of a stored response.
            leaving: What happens when nobody reads any more.
            sampling_id: Its id, if that is known before it starts.
        """
        self._open = open_stream
        self._cancel = cancel
        self._accept = accept
        self._find = find
        self._leaving_means = leaving
        self._sampling_id = sampling_id
        self._dropped = False
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
    def sampling_id(self) -> str:
        """The id by which the server knows it, empty if none is known."""
        return self._sampling_id or (self.started.sampling_id if self.started else "")

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
        if self.runs and self._leaving_means != "stay":
            self.leave()
            await self.log.wait_closed()

    async def begun(self) -> Started:
        """Wait until the sampling is known to run, or to have run.

        Raises:
            GrokTreeError: It never began.
        """
        self.start()
        await self.log.wait_beyond(0)
        if self.started is None:
            raise self.failure(0)
        return self.started

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
        if await self.log.wait_beyond(0) and self.sampling_id and not self.log.closed:
            await self._cancel(self.sampling_id)

    def leave(self) -> None:
        """Do without waiting what leaving means, because nobody reads on; from any thread."""
        task = self._task
        if task is None or self._leaving_means == "stay" or self.log.closed:
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
            self.error = self._why_cancelled()
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
            case _:
                pass
        self.log.append(event)

    def _text(self, index: int) -> str:
        pieces = (self.log[place] for place in range(len(self.log)))
        return "".join(p.text for p in pieces if isinstance(p, Token) and p.index == index)

    def _why_cancelled(self) -> GrokTreeError:
        if self._dropped:
            return SamplingInterrupted(
                "this reader left the sampling, which may go on; attach() again to follow it"
            )
        return ConnectionFailedError("the client or its event loop was closed meanwhile")

    def _begin_leaving(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._leaving_means == "drop":
            self._drop()
        elif self.runs and self._leaving is None:
            self._leaving = loop.create_task(self._leave())

    async def _leave(self) -> None:
        try:
            await self.stop()
        except GrokTreeError:
            # The server cannot be told; dropping the call stops the model too.
            self._drop()

    def _drop(self) -> None:
        if self._task is not None:
            self._dropped = True
            self._task.cancel()
