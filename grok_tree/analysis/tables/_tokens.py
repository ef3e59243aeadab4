"""Rows of sampled tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from grok_tree.analysis._frames import Kind
from grok_tree.analysis._results import Records
from grok_tree.analysis.probabilities._token import AnswerToken
from grok_tree.analysis.probabilities._token_rows import TOKEN, token_row
from grok_tree.forest import Forest, Response

TOKENS: dict[str, Kind] = {"response_id": "text", "conversation_id": "text", **TOKEN}


def tokens(forests: Sequence[Forest]) -> Records:
    """Return one row a token whose log-probability is kept, in order of creation."""
    return [
        row
        for forest in forests
        for response in forest
        if response.settings.logprobs
        for row in _rows(forest, response)
    ]


def _rows(forest: Forest, response: Response) -> Iterator[dict[str, Any]]:
    ids = {"response_id": response.response_id, "conversation_id": response.conversation_id}
    for index, recorded in enumerate(forest.beside.logprobs(response)):
        yield ids | token_row(AnswerToken(index, recorded))
