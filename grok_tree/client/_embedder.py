"""Texts as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from grok_tree.client._connection import Connection
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Ceiling, Usage
from grok_tree.samplers import Embeddings
from grok_tree.wire import ceiling_to_wire, pb, usage_from_wire

_BATCH = 256
_BATCH_BYTES = 1024 * 1024
"""What goes into one call, so that its message stays small."""


class Embedder:
    """Turns texts into vectors with the models of the server that can."""

    def __init__(self, connection: Connection, ceiling: Ceiling | None) -> None:
        """Clients make these."""
        self._connection = connection
        self._ceiling = ceiling

    async def embed(
        self, texts: Sequence[str], model_name: str = "", *, timeout: float | None = None
    ) -> Embeddings:
        """Return a vector for each text, in their order.

        Args:
            texts: Any number; a model reads as much of the beginning of each as it can.
            model_name: ``provider/model`` with the capability ``embeddings``; empty for the first
                that can, a local one if there is one.
            timeout: Seconds until a call fails; None for the client's, or an hour.

        Returns:
            The vectors, all of the same length, and the name of the model that was used.

        Raises:
            InvalidOperationError: One text was given in the place of several.
            ModelNotFound: There is no such model.
            SamplerRefused: The model cannot do this.
        """
        if isinstance(texts, str):
            raise InvalidOperationError("embed() takes a list of texts; put the text into one")
        vectors: list[Sequence[float]] = []
        model = ""
        used: list[Usage] = []
        for some in _batches(texts):
            request = pb.EmbedRequest(
                model_name=model_name, texts=some, budget=ceiling_to_wire(self._ceiling)
            )
            pages = self._connection.stream("Embed", request, timeout=timeout)
            async with aclosing(pages):
                async for page in pages:
                    vectors += [tuple(vector.values) for vector in page.vectors]
                    model = page.model_name or model
                    if page.HasField("usage"):
                        used.append(usage_from_wire(page.usage))
        return Embeddings(vectors, model, _sum(used))


def _batches(texts: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    size = 0
    for text in texts:
        n_bytes = len(text.encode())
        if not batches or len(batches[-1]) >= _BATCH or size + n_bytes > _BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(text)
        size += n_bytes
    return batches


def _sum(used: Sequence[Usage]) -> Usage:
    """Return what all calls used; a cost that is not known of one is not known of all."""
    costs = [usage.cost_usd for usage in used if usage.cost_usd is not None]
    return Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in used),
        cost_usd=sum(costs) if costs and len(costs) == len(used) else None,
        estimated=any(usage.estimated for usage in used),
    )
