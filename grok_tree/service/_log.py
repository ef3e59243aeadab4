"""A log that one task writes and any number of others follow, each at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class EventLog(Generic[T]):
    """Events in order, kept until the log itself is dropped.

    A follower takes all that has come since its last look. So a slow one costs nobody anything,
    and a late one misses nothing. Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._events: list[T] = []
        self._waiting: set[asyncio.Future[None]] = set()
        self.closed = False

    def __len__(self) -> int:
        return len(self._events)

    def append(self, event: T) -> None:
        """Add an event."""
        self._events.append(event)
        self._wake()

    def close(self) -> None:
        """Say that nothing more will come."""
        self.closed = True
        self._wake()

    def __getitem__(self, place: int) -> T:
        return self._events[place]

    def __iter__(self) -> Iterator[T]:
        return iter(self._events)

    async def wait_beyond(self, place: int) -> bool:
        """Wait for an event at `place`; return False when the log ends before."""
        while place >= len(self._events):
            if self.closed:
                return False
            await self._wait()
        return True

    async def wait_closed(self) -> None:
        """Wait until nothing more will come."""
        while not self.closed:
            await self._wait()

    async def follow(self) -> AsyncGenerator[list[T], None]:
        """Yield all events, as lists of what has come meanwhile, until the log is closed."""
        place = 0
        while await self.wait_beyond(place):
            batch = self._events[place:]
            place += len(batch)
            yield batch

    def _wake(self) -> None:
        while self._waiting:
            waiter = self._waiting.pop()
            if not waiter.done():
                waiter.set_result(None)

    async def _wait(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)
