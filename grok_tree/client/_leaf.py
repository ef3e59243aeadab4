"""The moves of a leaf that hold here at once, and that the server learns of a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from grok_tree.client._cache import Cache
from grok_tree.errors import ConnectionFailedError, DeadlineExceededError, GrokTreeError
from grok_tree.forest import ResponseId

Send = Callable[[ResponseId | None], Awaitable[None]]


class LeafMoves:
    """Sends moves one after the other; of those that wait, only the newest.

    A move that the server refuses is taken back here, and whoever waits next is told. One that
    did not reach the server is sent again when somebody waits.
    """

    def __init__(self, send: Send, cache: Cache, settled: Callable[[], None]) -> None:
        """Prepare moves.

        Args:
            send: Stores a leaf on the server; its reply goes into the cache.
            cache: Where a move holds at once.
            settled: Called when nothing waits any more.
        """
        self._send = send
        self._cache = cache
        self._settled = settled
        self._wanted: ResponseId | None = None
        self._n_asked = 0
        self._n_settled = 0
        self._refused: GrokTreeError | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> bool:
        """Whether the server is still to learn of a move."""
        return self._n_settled < self._n_asked

    def move(self, leaf: ResponseId | None) -> LeafMove:
        """Move the leaf here; the server is told at once if an event loop runs, else later."""
        self._cache.pin_leaf(leaf)
        self._wanted = leaf
        self._n_asked += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            pass  # sent before the next call, or on closing
        else:
            self._worker(loop)
        return LeafMove(self)

    async def stored(self) -> None:
        """Wait until the server has every move.

        Raises:
            GrokTreeError: The server refused a move, or cannot be reached.
        """
        while self.waiting:
            worker = self._worker(asyncio.get_running_loop())
            await asyncio.wait([worker])
            if self.waiting and not worker.cancelled() and (error := worker.exception()):
                raise error
        if self._refused is not None:
            refused, self._refused = self._refused, None
            raise refused

    def _worker(self, loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
        task = self._task
        if task is None or task.done() or task.get_loop() is not loop:
            # It must run on when the caller of select() does not wait, so nobody's group owns it.
            task = self._task = loop.create_task(self._work())
            task.add_done_callback(_look_at)
        return task

    async def _work(self) -> None:
        while self.waiting:
            number = self._n_asked
            try:
                await self._send(self._wanted)
            except (ConnectionFailedError, DeadlineExceededError):
                raise
            except GrokTreeError as error:
                self._refused = error
            self._n_settled = number
        self._cache.unpin_leaf()
        self._settled()


class LeafMove:
    """A move of the leaf; await it to know that the server has stored it."""

    def __init__(self, moves: LeafMoves) -> None:
        self._moves = moves

    def __await__(self) -> Generator[Any, None, None]:
        return self._moves.stored().__await__()


def _look_at(task: asyncio.Task[None]) -> None:
    """Retrieve an error that `LeafMoves.stored` raises later, so that asyncio does not log it."""
    if not task.cancelled():
        task.exception()
