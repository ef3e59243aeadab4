"""From blocking code into an event loop of our own, in a thread of its own."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import ParamSpec, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from grok_tree.errors import InvalidOperationError
from grok_tree.wire import share_grpc

P = ParamSpec("P")
T = TypeVar("T")


class Portal:
    """Runs coroutines for blocking callers; works also where another event loop is running.

    Opened by the first call; one that was opened is closed at exit at the latest.
    """

    def __init__(self, finish: Callable[[], Awaitable[None]]) -> None:
        """Prepare; no thread is started yet.

        Args:
            finish: Runs in the event loop before it ends.
        """
        self._finish = finish
        self._lock = threading.Lock()
        self._manager: AbstractContextManager[BlockingPortal] | None = None
        self._portal: BlockingPortal | None = None
        self._closed = False

    def run(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a coroutine function to its end and return its result.

        An interrupted wait (Ctrl-C) cancels the coroutine and leaves at once.

        Raises:
            InvalidOperationError: The portal was closed.
        """

        async def work() -> T:
            return await function(*args, **kwargs)

        future = self._opened().start_task_soon(work)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End the event loop and its thread."""
        with self._lock:
            self._closed = True
            manager, self._manager = self._manager, None
            portal, self._portal = self._portal, None
        if manager is None or portal is None:
            return
        atexit.unregister(self.close)
        try:
            portal.start_task_soon(self._finish).result()
        finally:
            manager.__exit__(None, None, None)

    def _opened(self) -> BlockingPortal:
        with self._lock:
            if self._closed:
                raise InvalidOperationError("this client was closed; make a new one")
            if self._portal is None:
                self._manager = start_blocking_portal(name="grok-tree-client")
                self._portal = self._manager.__enter__()
                self._portal.call(share_grpc)
                atexit.register(self.close)
            return self._portal
