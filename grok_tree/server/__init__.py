"""The gRPC doors, and the server that holds all doors together."""

from grok_tree.server._server import (
    DEFAULT_MODEL,
    HttpDoor,
    HttpDoorFactory,
    RunningServer,
    ServerSettings,
    running_server,
)
from grok_tree.server._serving import EmbeddedServer, serve

__all__ = [
    "DEFAULT_MODEL",
    "EmbeddedServer",
    "HttpDoor",
    "HttpDoorFactory",
    "RunningServer",
    "ServerSettings",
    "running_server",
    "serve",
]
