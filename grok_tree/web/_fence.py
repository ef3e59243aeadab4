"""What stands before every HTTP request: who may be asked for, from which pages, and how much.

Pages of any site can send requests to servers of this machine, in the name of who looks at them.
They give themselves away by the name that they ask for (``Host``) and by where they are
(``Origin``); both must be known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from grok_tree.web._asgi import App, Headers, Message, Receive, Scope, Send, answer, header, refuse
from grok_tree.web._wishes import Wishes

MOST_BODY_BYTES = 32 * 1024 * 1024
ANY = "*"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
_WILDCARDS = ("0.0.0.0", "::", "")

TOLD_TO_PAGES = "x-grok-tree-conversation, x-grok-tree-response, x-request-id, retry-after"
"""Headers of answers that scripts of allowed pages may read."""

_PREFLIGHT_KEPT_S = 600


@dataclass(frozen=True)
class Rules:
    """What the fence lets through.

    Attributes:
        hosts: Names under which the server may be asked, without ports; ``*`` among them for any.
        origins: Pages elsewhere whose scripts may ask, such as ``https://lab.example``.
        most_body_bytes: Of one request.
    """

    hosts: frozenset[str] = frozenset(LOOPBACK_HOSTS)
    origins: frozenset[str] = frozenset()
    most_body_bytes: int = MOST_BODY_BYTES


def hosts_to_answer(listening: str, named: Iterable[str], *, has_key: bool) -> frozenset[str]:
    """Return the names under which a server may be asked.

    Args:
        listening: The host that it listens on.
        named: What else its user has named.
        has_key: Whether callers must bring a key.
    """
    names = {name.strip("[]").lower() for name in named}
    if listening in _WILDCARDS and has_key and not names:
        return frozenset((ANY,))
    return frozenset((*LOOPBACK_HOSTS, *names, listening.strip("[]").lower())) - {""}


def fenced(app: App, rules: Rules) -> App:
    """Return an application that is asked only what the rules let through."""
    bounded = _BoundedBodies(app, rules)
    return Wishes(_KnownHosts(_KnownOrigins(bounded, rules), rules))


class _KnownHosts:
    """Answers only to names that are ours, whatever name servers say of this machine."""

    def __init__(self, app: App, rules: Rules) -> None:
        self._app = app
        self._hosts = rules.hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = name_of_host(header(scope, b"host"))
        if ANY in self._hosts or host in self._hosts:
            await self._app(scope, receive, send)
            return
        await refuse(
            scope,
            send,
            status=400,
            message=f"this server does not answer as {host!r}; ask it under a name of its own,"
            " or start it with --allow-host",
        )


class _KnownOrigins:
    """Refuses scripts of foreign pages; lets those of allowed pages read the answers (CORS)."""

    def __init__(self, app: App, rules: Rules) -> None:
        self._app = app
        self._allowed = rules.origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin")
        if not origin or _is_own(origin, scope):
            await self._app(scope, receive, send)
        elif origin not in self._allowed:
            message = f"pages of {origin!r} may not ask this server; allow it with --allow-origin"
            await refuse(scope, send, status=403, message=message)
        elif scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method"):
            await answer(send, status=204, headers=_preflight_headers(scope, origin))
        else:
            await self._app(scope, receive, _telling(send, _cors_headers(origin)))


class _BoundedBodies:
    """Refuses requests that are too large, by what they say of themselves and by what comes."""

    def __init__(self, app: App, rules: Rules) -> None:
        self._app = app
        self._most = rules.most_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = header(scope, b"content-length")
        if length.isdigit() and int(length) > self._most:
            await self._refuse(scope, send)
            return
        request = _Request(receive, send, self._most)
        with suppress(_TooLarge):  # what the application made of it was held back
            await self._app(scope, request.receive, request.send)
        if request.too_large and not request.answered:
            await self._refuse(scope, send)

    async def _refuse(self, scope: Scope, send: Send) -> None:
        message = f"the request is too large; the most are {self._most} bytes"
        await refuse(scope, send, status=413, message=message, code="request_too_large")


class _TooLarge(Exception):
    """More of a request came than may come."""


class _Request:
    """One request whose body is counted; what answers a body that is too large is held back."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive = receive
        self._send = send
        self._left = most
        self.answered = False

    @property
    def too_large(self) -> bool:
        return self._left < 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self.too_large:
            raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        if self.too_large and not self.answered:
            return
        self.answered = True
        await self._send(message)


def name_of_host(host: str) -> str:
    """Return the name in a Host header or behind a scheme, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _is_own(origin: str, scope: Scope) -> bool:
    """Return whether a page is one of ours; a proxy before us may have spoken TLS with it."""
    scheme, _, authority = origin.lower().partition("://")
    return scheme in ("http", "https") and authority == header(scope, b"host").lower()


def _cors_headers(origin: str) -> Headers:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", TOLD_TO_PAGES.encode()),
        (b"vary", b"Origin"),
    ]


def _preflight_headers(scope: Scope, origin: str) -> Headers:
    asked = header(scope, b"access-control-request-headers")
    return [
        *_cors_headers(origin),
        (b"access-control-allow-methods", b"GET, POST, DELETE"),
        (b"access-control-allow-headers", asked.encode("latin-1")),
        (b"access-control-max-age", str(_PREFLIGHT_KEPT_S).encode()),
    ]


def _telling(send: Send, headers: Headers) -> Send:
    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *headers]}
        await send(message)

    return tell
