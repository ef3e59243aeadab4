"""What can be sampled."""

from __future__ import annotations

from grok_tree.client._connection import Connection
from grok_tree.forest import Model
from grok_tree.wire import model_from_wire, pb


class Models:
    """The models of the server."""

    def __init__(self, connection: Connection) -> None:
        """Clients make these."""
        self._connection = connection

    async def list(self) -> list[Model]:
        """Return every model, also those that cannot be used there now."""
        reply = await self._connection.call("ListModels", pb.ListModelsRequest())
        return [model_from_wire(model) for model in reply.models]
