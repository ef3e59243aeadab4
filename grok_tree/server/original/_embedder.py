"""Texts as vectors, as the original's programs ask for them."""

from __future__ import annotations

from typing import Any

from grok_tree.server._guard import Context
from grok_tree.service import Forests
from grok_tree.wire.original import embedder


class EmbedderDoor:
    """Serves `prompt_ide.Embedder`."""

    def __init__(self, forests: Forests) -> None:
        """Open the door.

        Args:
            forests: The use cases behind it.
        """
        self._forests = forests

    async def Embed(self, request: embedder.EmbedRequest, _: Context) -> Any:
        """Return a vector for each text; an empty name asks the first model here that can."""
        found = await self._forests.embed(request.model_name, list(request.texts))
        vectors = [embedder.Vector(values=one, shape=[len(one)]) for one in found.vectors]
        return embedder.Embedded(embeddings=vectors)
