"""From blocking code into an event loop of our own, in a thread of its own."""

from __future__ import annotations

import atexit
import threading
from _thread import allocate_lock, start_new_thread
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
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
            return _waited(future)
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End the event loop and its thread."""
        end = self._taken()
        if end is not None:
            atexit.unregister(self._close_at_exit)
            _aside(end)

    def _close_at_exit(self) -> None:
        end = self._taken()
        if end is not None:
            end()  # here, as no thread can be started any more

    def _taken(self) -> Callable[[], None] | None:
        """Return how to end what is open, once; nothing can be opened after."""
        with self._lock:
            self._closed = True
            manager, self._manager = self._manager, None
            portal, self._portal = self._portal, None
        if manager is None or portal is None:
            return None

        def end() -> None:
            try:
                _waited(portal.start_task_soon(self._finish))
            finally:
                manager.__exit__(None, None, None)

        return end

    def _opened(self) -> BlockingPortal:
        with self._lock:
            if self._closed:
                raise InvalidOperationError("this client was closed; make a new one")
            if self._portal is None:
                self._portal = _aside(self._open)
            return self._portal

    def _open(self) -> BlockingPortal:
        self._manager = start_blocking_portal(name="grok-tree-client")
        portal = self._portal = self._manager.__enter__()
        portal.call(share_grpc)
        atexit.register(self._close_at_exit)
        return portal


def _aside(work: Callable[[], T]) -> T:
    """Run in a thread that no interrupt (Ctrl-C) reaches: it breaks the wait, never the work.

    Interrupted half-way, an event loop would begin that nobody can end, and be waited for.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as problem:
            done.set_exception(problem)

    start_new_thread(run, ())
    return _waited(done)


def _waited(future: Future[T]) -> T:
    """Return what comes of a future.

    Its own way to wait is a condition, which an interrupt at the wrong moment leaves broken; a bare
    lock is interrupted wholly or not at all.
    """
    lock = allocate_lock()
    lock.acquire()
    future.add_done_callback(lambda _: lock.release())
    lock.acquire()
    return future.result()
