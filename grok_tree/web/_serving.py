"""The HTTP server behind the door: uvicorn, with its faster parser where that is installed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

MOST_HEAD_BYTES = 64 * 1024
"""Of a request, before its body; more can be only what came with the last of them."""


def http_server(app: Any) -> Any:
    """Return a server for an application; it leaves the signals to the program it runs in.

    Raises:
        ImportError: The web server is not installed.
    """
    import uvicorn

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        http=_bounded_httptools() if find_spec("httptools") else "h11",
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
        timeout_graceful_shutdown=2,
    )
    return Server(config)


def _bounded_httptools() -> Any:
    """Return uvicorn's fast protocol with the bound that its other one has by itself."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Bounded(HttpToolsProtocol):
        _n_head_bytes: int | None = 0

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self._n_head_bytes is None:
                return
            self._n_head_bytes += len(data)
            if self._n_head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._n_head_bytes = 0

        def on_headers_complete(self) -> None:
            super().on_headers_complete()
            self._n_head_bytes = None

    return Bounded
