"""The call that says where clients of other protocols come in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from grok_tree.server._guard import Context
from grok_tree.wire import ForestsServicer, pb


@dataclass(frozen=True)
class OpenedDoors:
    """Where the doors of a server are.

    Attributes:
        grpc_address: Of the gRPC doors.
        doors: The protocols that are served.
        http_url: Base URL of the HTTP door; empty where there is none.
        http_key: What programs get as a key that are led to its API; empty where it needs none.
    """

    grpc_address: str
    doors: tuple[str, ...]
    http_url: str = ""
    http_key: str = field(default="", repr=False)


Opened = Callable[[], Awaitable[OpenedDoors]]


class OpeningCalls(ForestsServicer):
    """Opens doors."""

    _opened: Opened

    async def OpenDoors(self, _request: pb.OpenDoorsRequest, _: Context) -> Any:
        found = await self._opened()
        return pb.OpenDoorsResponse(
            grpc_address=found.grpc_address,
            http_url=found.http_url,
            http_key=found.http_key,
            doors=found.doors,
        )
