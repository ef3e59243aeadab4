"""Turning texts into vectors with xAI's `Embedder` service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from grok_tree.errors import SamplingError
from grok_tree.samplers._contract import Embeddings
from grok_tree.samplers.xai._schema import Schema
from grok_tree.samplers.xai._usage import estimated_usage

N_TEXTS = 128
"""The most that xAI takes at once."""


def embedding_requests(schema: Schema, model: str, texts: Sequence[str]) -> Iterator[Any]:
    """Yield the requests for texts, in order."""
    for begin in range(0, len(texts), N_TEXTS):
        inputs = [schema.embed.EmbedInput(string=one) for one in texts[begin : begin + N_TEXTS]]
        yield schema.embed.EmbedRequest(
            input=inputs, model=model, encoding_format=schema.embed.FORMAT_FLOAT
        )


def vectors_of(request: Any, response: Any) -> list[list[float]]:
    """Return a vector for each text of a request.

    Raises:
        SamplingError: A text has none.
    """
    found = {one.index: one.embeddings for one in response.embeddings}
    if missing := [index for index in range(len(request.input)) if not found.get(index)]:
        raise SamplingError(
            f"xai/{request.model} returned no vector for {len(missing)} of"
            f" {len(request.input)} texts; ask again"
        )
    return [list(found[index][0].float_array) for index in range(len(request.input))]


def embeddings_of(texts: Sequence[str], vectors: list[list[float]], model: str) -> Embeddings:
    """Return vectors with what they took; xAI counts texts, not tokens."""
    n_bytes = sum(len(text.encode()) for text in texts)
    return Embeddings(vectors, model, estimated_usage(n_bytes, 0))
