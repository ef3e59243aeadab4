"""Everything below ``/v1``: the key, the routes, and errors in the protocol's shape."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from grok_tree.errors import (
    AuthenticationFailed,
    GrokTreeError,
    InvalidOperationError,
    NotFoundError,
)
from grok_tree.web.openai._failures import incident, tell
from grok_tree.web.openai._http import (
    ClientLeft,
    Receive,
    Reply,
    Request,
    Send,
    body_of,
    while_there,
)

Handler = Callable[[Request, Reply], Awaitable[None]]


@dataclass(frozen=True)
class Route:
    """What answers a method at a path; ``(...)`` in it is `Request.named`."""

    method: str
    path: str
    handler: Handler


class OpenAIDoor:
    """The application (ASGI) of all routes."""

    def __init__(self, routes: Sequence[Route], *, api_key: str | None) -> None:
        """Make it.

        Args:
            routes: What is where.
            api_key: What callers must bring as ``authorization: Bearer KEY``; None lets all in.
        """
        self._routes = [(one, re.compile(one.path)) for one in routes]
        self._api_key = None if api_key is None else api_key.encode()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request."""
        reply = Reply(receive, send)
        try:
            request = self._admitted(scope)
            handler, named = self._found(request)
        except GrokTreeError as error:
            await tell(reply, error)
            return
        try:
            body = await body_of(receive)
        except ClientLeft:
            return
        await _answer(handler, _with(request, named, body), reply)

    def _admitted(self, scope: Any) -> Request:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        scheme, _, key = headers.get("authorization", "").partition(" ")
        key = key.strip() if scheme.lower() == "bearer" else ""
        if self._api_key is not None:
            self._check(key.encode("latin-1"))
        path = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix("/v1")
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"))
        return Request(scope["method"], path, dict(query), headers, key=key)

    def _check(self, given: bytes) -> None:
        assert self._api_key is not None
        if not hmac.compare_digest(given, self._api_key):
            what = "is wrong" if given else "is missing"
            raise AuthenticationFailed(
                f"the server's key {what}; give it as api_key (OPENAI_API_KEY), which travels as"
                " 'Authorization: Bearer KEY'"
            )

    def _found(self, request: Request) -> tuple[Handler, str]:
        methods = []
        for route, pattern in self._routes:
            match = pattern.fullmatch(request.path)
            if match and route.method == request.method:
                return route.handler, match[1] if pattern.groups else ""
            if match:
                methods.append(route.method)
        if methods:
            allowed = ", ".join(methods)
            raise InvalidOperationError(
                f"{request.method} is not for /v1{request.path}; use {allowed}", allow=allowed
            )
        raise NotFoundError(
            f"there is nothing at {request.method} /v1{request.path[:_SHOWN]}; what is there is"
            " listed in docs/doors.md"
        )


_SHOWN = 100


async def _answer(handler: Handler, request: Request, reply: Reply) -> None:
    try:
        await while_there(reply, lambda: handler(request, reply))
    except GrokTreeError as error:
        if reply.begun:
            incident()
            return
        await tell(reply, error)
    except Exception:
        failure = incident()
        if not reply.begun:
            await tell(reply, failure)


def _with(request: Request, named: str, body: bytes) -> Request:
    return Request(
        request.method, request.path, request.query, request.headers, named, body, request.key
    )
