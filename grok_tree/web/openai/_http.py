"""A request and what answers it, straight over ASGI: streams of small events must be cheap."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import msgspec

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Iterable[tuple[str, str]]

encode = msgspec.json.Encoder().encode

_ALWAYS = ((b"x-content-type-options", b"nosniff"),)
_EVENTS = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-cache"),
    # Proxies that gather what they pass on would make a stream one late lump.
    ("x-accel-buffering", "no"),
)


class ClientLeft(Exception):
    """The client has gone before it had said all."""


@dataclass(frozen=True)
class Request:
    """What a client asks.

    Attributes:
        method: Such as ``POST``.
        path: Below ``/v1``, unquoted.
        query: The last value of each parameter.
        headers: By their names in lower case.
        named: What the route found in the path.
        body: All of it.
        key: The key that the client brought, as it came; empty for none.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    named: str = ""
    body: bytes = field(default=b"", repr=False)
    key: str = field(default="", repr=False)


class Reply:
    """Answers one request.

    Attributes:
        begun: The status has left; what fails now can only be said in the stream.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.begun = False

    async def json(self, body: bytes, *, status: int = 200, headers: Headers = ()) -> None:
        """Answer with a JSON document."""
        size = ("content-length", str(len(body)))
        await self._begin(status, [("content-type", "application/json"), size, *headers])
        await self.end(body)

    async def begin_events(self, headers: Headers = ()) -> None:
        """Begin a stream of server-sent events."""
        await self._begin(200, [*_EVENTS, *headers])

    async def write(self, data: bytes) -> None:
        """Send a part; waits while the client is slow to read."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self, data: bytes = b"") -> None:
        """Send the last part."""
        await self._send({"type": "http.response.body", "body": data})

    async def client_left(self) -> None:
        """Wait until the client has gone; to be called once the body is read."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _begin(self, status: int, headers: Headers) -> None:
        self.begun = True
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        start = {"type": "http.response.start", "status": status, "headers": [*_ALWAYS, *encoded]}
        await self._send(start)


async def body_of(receive: Receive) -> bytes:
    """Return the whole body of a request.

    Raises:
        ClientLeft: It never came to its end.
    """
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientLeft
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def beside(
    background: Callable[[], Awaitable[bool]], work: Callable[[], Awaitable[None]]
) -> None:
    """Work while something else runs, which stops the work by returning True."""
    failure: Exception | None = None

    async def run() -> None:
        if await background():
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        try:
            await work()
        except Exception as error:
            failure = error  # raised outside, where the task group does not wrap it
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def while_there(reply: Reply, work: Callable[[], Awaitable[None]]) -> None:
    """Work for a client until it has gone."""

    async def watch() -> bool:
        await reply.client_left()
        return True

    await beside(watch, work)
