"""The HTTP door: a small web application, and the listening that belongs to it."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any

import anyio

from grok_tree.errors import ExtraMissing, NotFoundError
from grok_tree.service import Forests
from grok_tree.web._asgi import App, Receive, Scope, Send, error_body, is_api
from grok_tree.web._fence import MOST_BODY_BYTES, Rules, fenced, hosts_to_answer
from grok_tree.web._lent_key import LentKey, LentKeys, lent_for
from grok_tree.web._listen import listening_socket, url_of
from grok_tree.web._page import missing_page, shared_page
from grok_tree.web._serving import http_server
from grok_tree.web._wishes import WISHES
from grok_tree.web.openai import openai_app

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


_MISSED = (
    "there is nothing at POST {path}; the API is below /v1, or below /with/NAME=VALUE/v1 with the"
    " names {wishes}; let the base URL of your client end like this"
)


def web_app(
    forests: Forests,
    *,
    rules: Rules | None = None,
    api_key: str | None = None,
    lent: LentKey | None = None,
) -> Any:
    """Return the web application (ASGI).

    Args:
        forests: The use cases behind it.
        rules: Who may ask what; by default only programs and pages of this machine.
        api_key: The server's key, which callers of ``/v1`` must bring; None for none.
        lent: A key that is taken for another one; None for none.

    Raises:
        ExtraMissing: The web framework is not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.requests import Request
        from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
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

    async def nothing(request: Request, _error: Exception) -> Response:
        if request.method == "POST":  # no page is: a client of the API that has lost its way
            message = _MISSED.format(path=request.url.path, wishes=", ".join(sorted(WISHES)))
            return JSONResponse(error_body(message, "not_found"), status_code=404, headers=HEADERS)
        return HTMLResponse(missing_page(), status_code=404, headers=HEADERS)

    app = Starlette(
        routes=[Route("/s/{share_id}", share), Route("/healthz", health)],
        exception_handlers={404: nothing},
    )
    doors = _Doors(app, openai_app(forests, api_key=api_key))
    return fenced(doors if lent is None else LentKeys(doors, lent), rules or Rules())


class _Doors:
    """The pages, and beside them the API, whose streams nothing slows down on their way."""

    def __init__(self, pages: App, api: App) -> None:
        self._pages = pages
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await (self._api if is_api(scope) else self._pages)(scope, receive, send)


class WebDoor:
    """Listens on a port of this machine from the first `open` to `close`.

    Attributes:
        names: What can be reached through it.
        lent_key: What programs get as a key that are led here; empty for none.
        known_as: The key that it stands for.
    """

    names: tuple[str, ...] = ("openai", "shares")

    def __init__(
        self,
        forests: Forests,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        lent: LentKey | None = None,
        allowed_hosts: Iterable[str] = (),
        allowed_origins: Iterable[str] = (),
        most_body_bytes: int = MOST_BODY_BYTES,
    ) -> None:
        """Make a door that is still closed.

        Args:
            forests: The use cases behind it.
            host: Where to listen.
            port: 0 picks a free one.
            api_key: The server's key, which callers of ``/v1`` must bring; None for none.
            lent: A key that is taken for another one; by default one for `api_key`.
            allowed_hosts: Names of this server beside the loopback names and `host`.
            allowed_origins: Pages elsewhere whose scripts may ask.
            most_body_bytes: Of one request.

        Raises:
            ExtraMissing: When opened without the web server installed.
        """
        self._forests = forests
        self._host = host
        self._port = port
        self._api_key = api_key
        self._lent = lent or (lent_for(api_key) if api_key else None)
        self.lent_key = self._lent.key if self._lent else ""
        self.known_as = self._lent.known_as if self._lent else ""
        hosts = hosts_to_answer(host, allowed_hosts, has_key=bool(api_key))
        self._rules = Rules(hosts, frozenset(allowed_origins), most_body_bytes)
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
            app = web_app(
                self._forests,
                rules=self._rules,
                api_key=self._api_key,
                lent=self._lent,
            )
            self._server = http_server(app)
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


def _missing() -> ExtraMissing:
    return ExtraMissing(
        'the HTTP port needs an extra; run: python -m pip install "grok-tree[server]"'
    )
