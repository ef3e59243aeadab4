"""Answers with recorded tokens, for tests of what is inside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from grok_tree.forest import (
    NO_PARENT,
    Forest,
    HeldResponses,
    Origin,
    Response,
    ResponseId,
    Settings,
    TokenAlternative,
    TokenLogprob,
)
from grok_tree.testing import CONVERSATION_ID, EPOCH, forest_from_parents


class Kept:
    """Recorded tokens by response."""

    def __init__(self, tokens: Mapping[str, Sequence[TokenLogprob]]) -> None:
        self.tokens = tokens

    def logprobs(self, response: Response) -> Sequence[TokenLogprob]:
        return self.tokens.get(response.response_id, ())

    def file(self, file_id: str) -> bytes | None:  # noqa: ARG002
        return None


def token(text: str, probability: float, offset: int = 0, **others: float) -> TokenLogprob:
    """Return a token; others are texts and their probabilities, `_` for a space before."""
    logprob = math.log(probability) if probability else -math.inf
    alternatives = sorted([(probability, text), *((p, o) for o, p in others.items())], reverse=True)
    return TokenLogprob(
        text,
        logprob,
        tuple(
            TokenAlternative(name.replace("_", " "), math.log(p) if p else -math.inf)
            for p, name in alternatives
        ),
        offset,
    )


def response(name: str, message: str, parent: str | None = "ask", **fields: object) -> Response:
    """Return an answer of a model, or with a `sender` anything else."""
    known: dict[str, object] = {
        "sender": "assistant",
        "model_name": "scripted/echo",
        "settings": Settings(logprobs=True, top_logprobs=5),
        "finish_reason": "stop",
        "origin": Origin(),
        **fields,
    }
    return Response(
        response_id=ResponseId(name),
        conversation_id=CONVERSATION_ID,
        parent_response_id=None if parent is None else ResponseId(parent),
        message=message,
        create_time=EPOCH,
        **known,  # type: ignore[arg-type]
    )


def forest_with(
    responses: Sequence[Response], tokens: Mapping[str, Sequence[TokenLogprob]] | None = None
) -> Forest:
    """Return a forest of responses, parents before children, with what is recorded of them."""
    places = {one.response_id: place for place, one in enumerate(responses)}
    parents = [
        NO_PARENT if one.parent_response_id is None else places[one.parent_response_id]
        for one in responses
    ]
    conversation = forest_from_parents(parents).conversation
    return Forest(conversation, parents, HeldResponses(responses), Kept(tokens or {}))


def asked(text: str = "?") -> Response:
    """Return the human response that answers stand below."""
    return response("ask", text, None, sender="human", model_name="", settings=Settings())
