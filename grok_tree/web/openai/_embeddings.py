"""Embeddings: texts as vectors."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Any, Literal

from grok_tree.service import Forests
from grok_tree.web.openai._bodies import Body, bad, reader, refuse_set
from grok_tree.web.openai._http import Reply, Request, encode


class EmbeddingBody(Body):
    """The body of a request."""

    input: str | list[Any]
    model: str = ""
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Any = None
    user: Any = None


_REFUSED = {"dimensions": "a model's vectors have the length that they have; leave it out"}

_read = reader(EmbeddingBody)


class EmbeddingsRoute:
    """Answers ``POST /embeddings``."""

    def __init__(self, forests: Forests) -> None:
        self._forests = forests

    async def create(self, request: Request, reply: Reply) -> None:
        """Turn texts into vectors."""
        body = _read(request.body)
        refuse_set(body, _REFUSED)
        found = await self._forests.embed(body.model, _texts(body.input))
        used = found.usage.prompt_tokens
        shown = {
            "object": "list",
            "data": [_shown(place, one, body) for place, one in enumerate(found.vectors)],
            "model": body.model or found.model,
            "usage": {"prompt_tokens": used, "total_tokens": used},
        }
        await reply.json(encode(shown))


def _texts(given: str | list[Any]) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    for one in texts:
        if not isinstance(one, str):
            raise bad(
                "only texts can be taken, no numbers of tokens: models here have different ones"
                " (langchain: OpenAIEmbeddings(check_embedding_ctx_length=False))",
                "input",
            )
    return texts


def _shown(place: int, vector: Sequence[float], body: EmbeddingBody) -> dict[str, Any]:
    embedding: Any = list(vector)
    if body.encoding_format == "base64":
        embedding = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    return {"object": "embedding", "index": place, "embedding": embedding}
