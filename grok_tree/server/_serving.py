"""Serving until a signal says to stop, and serving in the background of another program."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.from_thread
import anyio.lowlevel

from grok_tree.errors import GrokTreeError
from grok_tree.server._address import UNIX
from grok_tree.server._server import RunningServer, ServerSettings, running_server
from grok_tree.server.xai import preload
from grok_tree.wire import share_grpc

EXIT_AT_ONCE = 130

PRELOAD_AFTER_S = 2.0
"""When what only some doors need is imported; those who waited for the server come first."""

OnReady = Callable[[RunningServer, str], None]


async def serve(settings: ServerSettings, on_ready: OnReady) -> None:
    """Serve until SIGTERM or SIGINT; a second signal ends the process at once.

    Args:
        settings: What to serve.
        on_ready: Called with the server and the URL of its HTTP door (empty without one).
    """
    stop = anyio.Event()
    failure: GrokTreeError | None = None
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_obey, signals, stop)
            try:
                async with running_server(settings) as server:
                    on_ready(server, server.http.open() if server.http else "")
                    tasks.start_soon(preload, PRELOAD_AFTER_S)
                    await stop.wait()
            except GrokTreeError as error:
                failure = error  # raised outside, where the task group does not wrap it
            tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _obey(signals: AsyncIterator[signal.Signals], stop: anyio.Event) -> None:
    async for _ in signals:
        if stop.is_set():
            os._exit(EXIT_AT_ONCE)
        stop.set()


class EmbeddedServer:
    """A server on a private socket, in a thread of this process with an event loop of its own.

    Any number of clients of this process, in any of its event loops, can use it; so can other
    processes of the same user, who find its address beside the database.
    """

    def __init__(self, settings: ServerSettings) -> None:
        """Prepare a server; `start` starts it.

        Args:
            settings: What to serve; the address is chosen here.
        """
        self._settings = settings
        self._folder: Path | None = None
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], None] = _nothing
        self.address = ""

    def start(self) -> None:
        """Start serving and return once calls are accepted.

        Raises:
            StoreError: The database cannot be opened, or another process has it (StoreBusy).
        """
        # Short, because a socket's path may have no more than about 100 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="grok-tree-"))
        self.address = f"{UNIX}{self._folder / 'socket'}"
        ready: Future[Callable[[], None]] = Future()
        settings = replace(self._settings, address=self.address)
        self._thread = threading.Thread(
            target=_run, args=(settings, ready), name="grok-tree-server", daemon=True
        )
        self._thread.start()
        try:
            self._stop = ready.result()
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)

    def stop(self) -> None:
        """Save what is being sampled and stop. May be called twice, and at exit."""
        atexit.unregister(self.stop)
        stop, self._stop = self._stop, _nothing
        stop()
        if self._thread is not None:
            self._thread.join()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _run(settings: ServerSettings, ready: Future[Callable[[], None]]) -> None:
    anyio.run(_serve_in_background, settings, ready)


async def _serve_in_background(settings: ServerSettings, ready: Future[Callable[[], None]]) -> None:
    share_grpc()
    stop = anyio.Event()
    token = anyio.lowlevel.current_token()
    try:
        async with running_server(settings):
            ready.set_result(lambda: anyio.from_thread.run_sync(stop.set, token=token))
            await stop.wait()
    except Exception as error:
        if ready.done():
            raise
        ready.set_exception(error)


def _nothing() -> None:
    """Stand for stopping what does not run."""
