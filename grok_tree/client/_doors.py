"""Where clients of other protocols come into the server that a client talks to."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from grok_tree.client._channel import INSECURE, is_near
from grok_tree.client._connection import Connection
from grok_tree.errors import ConfigurationError
from grok_tree.wire import pb

STAND_IN_KEY = "grok-tree"
"""Sent by SDKs that insist on a key, to servers that have none."""

_EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Doors:
    """Where a server can be reached, and how.

    Attributes:
        address: Of its gRPC doors, as this client dials it, without ``insecure://``.
        is_near: Whether nobody but this machine can be behind that address.
        in_the_clear: Whether they are spoken to without TLS.
        names: The protocols that are served.
        http_url: Base URL of the HTTP door; empty where there is none.
        http_key: What its API is to be given as a key; the gRPC doors take it of other SDKs, too.
        grpc_key: What the gRPC doors are to be given.
    """

    address: str
    is_near: bool
    in_the_clear: bool
    names: tuple[str, ...]
    http_url: str
    http_key: str = field(repr=False)
    grpc_key: str = field(repr=False)

    @property
    def openai_url(self) -> str:
        """The base URL of OpenAI clients.

        Raises:
            ConfigurationError: The server does not speak with them.
        """
        if "openai" not in self.names:
            raise ConfigurationError(
                f"the server at {self.address} has no door for OpenAI clients; it has"
                f" {', '.join(self.names)}"
            )
        return f"{self.http_url}/v1"


async def open_doors(connection: Connection) -> Doors:
    """Open every door of the server and return where they are.

    Raises:
        GrokTreeError: The server was not reached.
    """
    reply = await connection.call("OpenDoors", pb.OpenDoorsRequest())
    address = connection.address()
    target = address.removeprefix(INSECURE)
    near, key = is_near(target), connection.api_key or STAND_IN_KEY
    return Doors(
        address=target,
        is_near=near,
        in_the_clear=near or address != target,
        names=tuple(reply.doors),
        http_url=_reachable(reply.http_url, target),
        http_key=reply.http_key or STAND_IN_KEY,
        grpc_key=key,
    )


def _reachable(url: str, dialled: str) -> str:
    """Return the URL of a server that listens on all addresses by the one that was dialled."""
    found = urlsplit(url)
    if found.hostname not in _EVERYWHERE:
        return url
    host = "127.0.0.1" if dialled.startswith("unix:") else dialled.rpartition(":")[0] or dialled
    return f"{found.scheme}://{host}:{found.port}"
