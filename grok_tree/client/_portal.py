"""From blocking code into an event loop of our own, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import ParamSpec, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

P = ParamSpec("P")
T = TypeVar("T")


class Portal:
    """Runs coroutines for blocking callers; works also where another event loop is running."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._manager: AbstractContextManager[BlockingPortal] | None = None
        self._portal: BlockingPortal | None = None

    def run(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a coroutine function to its end and return its result.

        An interrupted wait (Ctrl-C) cancels the coroutine and leaves at once.
        """

        async def work() -> T:
            return await function(*args, **kwargs)

        future = self._opened().start_task_soon(work)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a plain function in the event loop's thread and return its result."""

        async def work() -> T:
            return function(*args, **kwargs)

        return self._opened().start_task_soon(work).result()

    def close(self) -> None:
        """End the event loop and its thread."""
        with self._lock:
            manager, self._manager, self._portal = self._manager, None, None
        if manager is not None:
            manager.__exit__(None, None, None)

    @property
    def is_open(self) -> bool:
        """Whether the event loop runs."""
        return self._portal is not None

    def _opened(self) -> BlockingPortal:
        with self._lock:
            if self._portal is None:
                self._manager = start_blocking_portal(name="grok-tree-client")
                self._portal = self._manager.__enter__()
            return self._portal
