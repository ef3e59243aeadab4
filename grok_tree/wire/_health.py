"""How a database is, as a message and back."""

from __future__ import annotations

from grok_tree.forest import Health
from grok_tree.wire.v1 import forests_pb2 as pb


def health_to_wire(health: Health) -> pb.CheckStoreResponse:
    return pb.CheckStoreResponse(
        problems=health.problems,
        warnings=health.warnings,
        database=health.database,
        size_bytes=health.size_bytes,
        free_bytes=health.free_bytes,
        library=health.library,
    )


def health_from_wire(message: pb.CheckStoreResponse) -> Health:
    return Health(
        problems=tuple(message.problems),
        warnings=tuple(message.warnings),
        database=message.database,
        size_bytes=message.size_bytes,
        free_bytes=message.free_bytes if message.HasField("free_bytes") else None,
        library=message.library,
    )
