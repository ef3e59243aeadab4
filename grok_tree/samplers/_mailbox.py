"""The way from a worker thread to the event loop, many items at a time."""

from __future__ import annotations

import asyncio
import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds what one thread puts until one task of the loop takes it.

    The loop is woken once for everything that gathers before it looks, so a fast writer does not
    flood it.
    """

    def __init__(self) -> None:
        """Make a mailbox for the running loop."""
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._lock = threading.Lock()
        self._items: list[T] = []
        self._closed = False
        self._error: BaseException | None = None

    def put(self, item: T) -> None:
        """Add an item, from any thread; after the end it is dropped."""
        with self._lock:
            if self._closed:
                return
            first = not self._items
            self._items.append(item)
        if first:
            self._wake()

    def close(self, error: BaseException | None = None) -> None:
        """Say that nothing more comes, from any thread; only the first time counts.

        Args:
            error: Raised in the reader after it has taken what came before.
        """
        with self._lock:
            if self._closed:
                return
            self._closed, self._error = True, error
        self._wake()

    async def take(self) -> list[T]:
        """Return what has come, at least one item; an empty list is the end.

        Raises:
            BaseException: What the mailbox was closed with.
        """
        while True:
            with self._lock:
                items, self._items = self._items, []
                closed = self._closed
                self._woken.clear()
            if items:
                return items
            if closed and self._error is not None:
                raise self._error
            if closed:
                return []
            await self._woken.wait()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._woken.set)
        except RuntimeError:
            # The loop has ended, and the reader with it.
            if not self._loop.is_closed():
                raise
