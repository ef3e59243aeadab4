"""Large forests, made quickly: a random tree of responses with words to search for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from grok_tree.forest import (
    Conversation,
    ConversationId,
    ResponseDraft,
    ResponseId,
    uuid7_text,
)
from grok_tree.store import NewResponse, Store

RARE, COMMON = "zirconium", "copper"
"""A word of one response in all, and one of every hundredth."""

_WORDS = ("forest", "answer", "light", "water", "stone", "number", "music", "river", "winter")
_BATCH = 1_000
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def texts(n_responses: int) -> Iterator[str]:
    """Yield texts of about 400 characters, the same in every run."""
    chance = random.Random(1)
    for number in range(n_responses):
        words = chance.choices(_WORDS, k=62)
        if number % 100 == 0:
            words[7] = COMMON
        if number == n_responses // 2:
            words[9] = RARE
        yield " ".join(words)


def parents(n_responses: int) -> Iterator[int]:
    """Yield the number of each response's parent, -1 for the first: a random tree."""
    chance = random.Random(2)
    for number in range(n_responses):
        yield chance.randrange(max(0, number - 50), number) if number else -1


def fill(store: Store, n_responses: int) -> ConversationId:
    """Store one conversation with many responses; return its id."""
    conversation = ConversationId(_id(0))
    made = Conversation(
        conversation_id=conversation, create_time=_NOW, modify_time=_NOW, revision=1
    )
    store.submit(lambda writer: writer.insert_conversation(made)).result()
    batch: list[NewResponse] = []
    for number, (text, parent) in enumerate(
        zip(texts(n_responses), parents(n_responses), strict=True)
    ):
        batch.append(_response(number, text, parent, first=number - len(batch)))
        if len(batch) == _BATCH or number == n_responses - 1:
            _add(store, conversation, batch)
            batch = []
    return conversation


def _response(number: int, text: str, parent: int, *, first: int) -> NewResponse:
    is_stored = 0 <= parent < first
    draft = ResponseDraft(
        sender="assistant" if number % 2 else "human",
        message=text,
        parent_response_id=ResponseId(_id(parent + 1)) if is_stored else None,
        parent_index=parent - first if parent >= first else None,
    )
    return NewResponse(ResponseId(_id(number + 1)), draft)


def _add(store: Store, conversation: ConversationId, batch: list[NewResponse]) -> None:
    store.submit(lambda writer: writer.add_responses(conversation, batch, now=_NOW)).result()


def _id(number: int) -> str:
    return uuid7_text(1_767_225_600_000 + number // 64, number * 2**50 + 1)
