"""The HTTP door: a small web application, and the listening that belongs to it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import anyio

from grok_tree.errors import ExtraMissing, NotFoundError
from grok_tree.service import Forests
from grok_tree.web._listen import listening_socket, url_of
from grok_tree.web._page import missing_page, shared_page

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
"""On every answer: nothing is loaded, nothing runs, nothing is kept after a share is taken back."""


def web_app(forests: Forests, *, hosts: list[str]) -> Any:
    """Return the web application (ASGI).

    Args:
        forests: The use cases behind it.
        hosts: Names under which it may be asked; ``["*"]`` for any.

    Raises:
        ExtraMissing: The web framework is not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware
        from starlette.requests import Request
        from starlette.responses import HTMLResponse, PlainTextResponse, Response
        from starlette.routing import Route
    except ImportError as error:
        raise _missing() from error

    async def share(request: Request) -> Response:
        try:
            shared = await forests.shared_path(request.path_params["share_id"])
        except NotFoundError:
            return HTMLResponse(missing_page(), status_code=404, headers=HEADERS)
        return HTMLResponse(shared_page(shared), headers=HEADERS)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok\n", headers=HEADERS)

    async def nothing(_request: Request, _error: Exception) -> Response:
        return HTMLResponse(missing_page(), status_code=404, headers=HEADERS)

    return Starlette(
        routes=[Route("/s/{share_id}", share), Route("/healthz", health)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        exception_handlers={404: nothing},
    )


class WebDoor:
    """Listens on a port of this machine from the first `open` to `close`."""

    def __init__(self, forests: Forests, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Make a door that is still closed.

        Args:
            forests: The use cases behind it.
            host: Where to listen.
            port: 0 picks a free one.

        Raises:
            ExtraMissing: When opened without the web server installed.
        """
        self._forests = forests
        self._host = host
        self._port = port
        self._listener: socket.socket | None = None
        self._wanted = anyio.Event()
        self._ended = anyio.Event()
        self._server: Any = None

    def open(self) -> str:
        """Listen, if that is not done yet, and return the base URL.

        Raises:
            PortTaken: Somebody listens there.
            ExtraMissing: The web server is not installed.
        """
        if self._listener is None:
            self._server = _uvicorn(web_app(self._forests, hosts=self._hosts()))
            self._listener = listening_socket(self._host, self._port)
            self._wanted.set()
        return url_of(self._listener)

    async def run(self) -> None:
        """Serve from `open` until `close`."""
        await self._wanted.wait()
        try:
            await self._server.serve(sockets=[self._listener])
        finally:
            self._ended.set()

    async def close(self) -> None:
        """Stop listening and let running requests end."""
        if self._listener is not None:
            self._server.should_exit = True
            await self._ended.wait()
            self._listener.close()

    def _hosts(self) -> list[str]:
        # Against pages elsewhere that point a name of theirs at this machine.
        if self._host in ("127.0.0.1", "localhost", "::1"):
            return ["127.0.0.1", "localhost", "[::1]"]
        return ["*"]


def _uvicorn(app: Any) -> Any:
    import uvicorn

    class Server(uvicorn.Server):
        """Leaves the signals to the program it runs in."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2
    )
    return Server(config)


def _missing() -> ExtraMissing:
    return ExtraMissing(
        'sharing needs the web server; run: python -m pip install "grok-tree[server]"'
    )
