"""Models: which there are."""

from __future__ import annotations

from typing import Any

from grok_tree.errors import ModelNotFound
from grok_tree.forest import Model
from grok_tree.service import Forests
from grok_tree.web.openai._http import Reply, Request, encode


class ModelsRoute:
    """Answers what is below ``/models``."""

    def __init__(self, forests: Forests) -> None:
        self._forests = forests

    async def list(self, _request: Request, reply: Reply) -> None:
        """Show every model that can be used here, the server's default first."""
        models = [one for one in await self._forests.list_models() if one.available]
        models.sort(key=lambda one: not one.is_default)
        await reply.json(encode({"object": "list", "data": [_shown(one) for one in models]}))

    async def retrieve(self, request: Request, reply: Reply) -> None:
        """Show one model, by its name or another name of it."""
        asked = request.named
        for one in await self._forests.list_models():
            if asked in (one.name, *one.aliases):
                await reply.json(encode(_shown(one)))
                return
        raise ModelNotFound(
            f"no model {asked[:_SHOWN]!r} is listed here; GET /v1/models lists those there are",
            model=asked[:_SHOWN],
        )


_SHOWN = 200


def _shown(model: Model) -> dict[str, Any]:
    return {
        "id": model.name,
        "object": "model",
        # When it was made nobody says.
        "created": 0,
        "owned_by": model.name.partition("/")[0],
        "description": model.description,
        "context_length": model.context_length or None,
        "capabilities": list(model.capabilities),
    }
