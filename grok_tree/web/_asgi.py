"""What the layers before the web application share: types, headers, and how one refuses."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


def header(scope: Scope, name: bytes) -> str:
    """Return a header of a request, empty if it has none."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def is_api(scope: Scope) -> bool:
    """Return whether a request is to the API for programs, rather than to a page."""
    return str(scope["path"]).startswith("/v1/")


async def refuse(
    scope: Scope, send: Send, *, status: int, message: str, code: str | None = None
) -> None:
    """Answer a request with why it is refused, in the shape that its path promises."""
    if is_api(scope):
        body, media_type = json.dumps(error_body(message, code)).encode(), b"application/json"
    else:
        body, media_type = f"{message}\n".encode(), b"text/plain; charset=utf-8"
    headers = [
        (b"content-type", media_type),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        # The rest of the request is not read.
        (b"connection", b"close"),
    ]
    await answer(send, status=status, headers=headers, body=body)


def error_body(message: str, code: str | None) -> dict[str, Any]:
    """Return an error in the shape that clients of the API read."""
    kind = "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


async def answer(send: Send, *, status: int, headers: Headers, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
