"""Stands between a client and a server, and cuts connections so that the client hears nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.patience import PATIENCE_S

LARGE = 4_000
"""Bytes of a request that is cut the first time it comes, and let through the second time."""


@dataclass
class Relay:
    """Passes bytes on in both directions, except for what it swallows.

    Attributes:
        upstream: Where the server listens.
        reached: Set by whoever knows that a request has reached the server; then it is cut.
        repeated: Set when a large request comes again.
        n_cut: How often a connection was cut.
    """

    upstream: tuple[str, int]
    reached: threading.Event = field(default_factory=threading.Event)
    repeated: threading.Event = field(default_factory=threading.Event)
    n_cut: int = 0
    n_large: int = 0

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        server = socket.create_connection(self.upstream)
        swallowing = threading.Event()
        answers = threading.Thread(target=_answers, args=(server, client, swallowing), daemon=True)
        answers.start()
        with suppress(OSError), client, server:
            self._requests(client, server, swallowing)
            for one in (client, server):
                one.shutdown(socket.SHUT_RDWR)
        answers.join()

    def _requests(
        self, client: socket.socket, server: socket.socket, swallowing: threading.Event
    ) -> None:
        n_bytes = 0
        while data := client.recv(65536):
            n_bytes += len(data)
            is_large, n_bytes = n_bytes > LARGE, n_bytes % LARGE if n_bytes > LARGE else n_bytes
            self.n_large += is_large
            is_first = is_large and self.n_large % 2 == 1
            if is_first:
                self.reached.clear()
                self.repeated.clear()
                swallowing.set()
            elif is_large:
                self.repeated.set()
            server.sendall(data)
            if is_first:
                assert self.reached.wait(PATIENCE_S), "the request never reached the server"
                self.n_cut += 1
                return


def _answers(server: socket.socket, client: socket.socket, swallowing: threading.Event) -> None:
    with suppress(OSError):
        while data := server.recv(65536):
            if not swallowing.is_set():
                client.sendall(data)


@contextmanager
def relay(address: str) -> Iterator[tuple[str, Relay]]:
    """Stand before a server until the block is left; give the address of the relay, and it."""
    host, _, port = address.rpartition(":")
    running = Relay((host, int(port)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=running.serve, args=(listener,), daemon=True)
        thread.start()
        yield f"localhost:{listener.getsockname()[1]}", running
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
