"""Keys that a door lends to programs: to be sent nowhere else, and worth nothing there.

A program that is led to our server gets one in the place of the user's keys. It may send it to
whatever else it talks to, so it must not be the server's key.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from grok_tree.web._asgi import App, Receive, Scope, Send, header, is_api, refuse


@dataclass(frozen=True)
class LentKey:
    """A key that a door takes as another one.

    Attributes:
        key: What callers bring as ``authorization: Bearer KEY``.
        known_as: The key under which they are known behind the door.
        only: Whether nobody is let in without it.
    """

    key: str = field(repr=False)
    known_as: str = field(repr=False)
    only: bool = False


def lent_for(api_key: str) -> LentKey:
    """Return what is lent in the place of a server's key; the same whenever the server starts."""
    secret = api_key.encode(errors="surrogateescape")
    return LentKey(hmac.digest(secret, b"grok_tree lent key", "sha256").hex(), api_key)


class LentKeys:
    """Takes a lent key for the one that it stands for; pages of shares stay open."""

    def __init__(self, app: App, lent: LentKey) -> None:
        """Stand before an application.

        Args:
            app: Asked by those who are let in.
            lent: What is taken.
        """
        self._app = app
        self._lent = lent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        brought = header(scope, b"authorization").encode()
        if not is_api(scope):
            await self._app(scope, receive, send)
        elif hmac.compare_digest(brought, f"Bearer {self._lent.key}".encode()):
            headers = [pair for pair in scope["headers"] if pair[0] != b"authorization"]
            headers.append((b"authorization", f"Bearer {self._lent.known_as}".encode()))
            await self._app({**scope, "headers": headers}, receive, send)
        elif self._lent.only:
            message = (
                "the key of this server is missing or wrong; client.compat and grok-tree record"
                " know it, and grok-tree serve listens without one"
            )
            await refuse(scope, send, status=401, message=message, code="invalid_api_key")
        else:
            await self._app(scope, receive, send)
