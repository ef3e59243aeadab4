"""Texts as vectors, in the words of the OpenAI protocol."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from grok_tree.forest import Usage
from grok_tree.samplers._contract import Embeddings
from grok_tree.samplers.openai._failures import Asked, not_this_protocol

PATH = "/embeddings"
TEXTS_PER_REQUEST = 256


class _Vector(msgspec.Struct):
    embedding: list[float]
    index: int


class _Used(msgspec.Struct):
    prompt_tokens: int = 0


class _Answer(msgspec.Struct):
    data: list[_Vector]
    model: str | None = None
    usage: _Used | None = None


def embedding_request(model: str, texts: Sequence[str]) -> bytes:
    """Return the body of a request for one vector a text.

    An empty text is sent as a space: servers refuse it otherwise.
    """
    return msgspec.json.encode(
        {"model": model, "input": [text or " " for text in texts], "encoding_format": "float"}
    )


def read_embeddings(body: bytes, n_texts: int, model: str, asked: Asked) -> Embeddings:
    """Return the vectors of an answer, in order.

    Raises:
        SamplerUnavailable: It has not one vector a text.
    """
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise not_this_protocol(asked, "it gave no vectors") from None
    vectors = {vector.index: vector.embedding for vector in answer.data}
    if sorted(vectors) != list(range(n_texts)) or len({*map(len, vectors.values())}) > 1:
        raise not_this_protocol(asked, f"it gave {len(vectors)} vectors for {n_texts} texts")
    used = answer.usage
    usage = Usage(prompt_tokens=max(used.prompt_tokens, 0)) if used else Usage(estimated=True)
    return Embeddings([vectors[at] for at in range(n_texts)], answer.model or model, usage)


def joined(parts: Sequence[Embeddings]) -> Embeddings:
    """Return the vectors of several answers as one."""
    usage = Usage(
        prompt_tokens=sum(part.usage.prompt_tokens for part in parts),
        estimated=any(part.usage.estimated for part in parts),
    )
    return Embeddings([vector for part in parts for vector in part.vectors], parts[-1].model, usage)
