"""The calls without a conversation."""

from __future__ import annotations

from contextlib import aclosing

from grok_tree.samplers import RawPrompt
from grok_tree.server._guard import Context
from grok_tree.service import Forests
from grok_tree.wire import (
    ForestsServicer,
    ceiling_from_wire,
    inputs_from_wire,
    pack_events,
    pb,
    settings_from_wire,
    token_name_from_wire,
    vector_pages,
)


class RawCalls(ForestsServicer):
    """Continues texts, and turns texts into vectors."""

    _forests: Forests

    async def Complete(self, request: pb.CompleteRequest, context: Context) -> None:  # type: ignore[override]
        """Send each token as it comes; leaving the call stops the model."""
        prompt = RawPrompt(
            inputs_from_wire(request),
            tuple(request.stop_tokens),
            tuple(map(token_name_from_wire, request.allowed_tokens)),
            tuple(map(token_name_from_wire, request.disallowed_tokens)),
        )
        settings = settings_from_wire(request.settings)
        events = self._forests.complete(
            request.model_name, prompt, settings, ceiling_from_wire(request)
        )
        async with aclosing(events):
            async for event in events:
                for message in pack_events([event]):
                    await context.write(message)

    async def Embed(self, request: pb.EmbedRequest, context: Context) -> None:  # type: ignore[override]
        found = await self._forests.embed(
            request.model_name, list(request.texts), ceiling_from_wire(request)
        )
        for page in vector_pages(found.vectors, found.model, found.usage):
            await context.write(page)
