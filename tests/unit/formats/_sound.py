"""What holds for everything that is read, whatever was in the file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC
from typing import Any
from uuid import UUID

import msgspec

from grok_tree.forest import (
    MAX_FIELD_BYTES,
    MAX_RAW_BYTES,
    MAX_TEXT_BYTES,
    NO_PARENT,
    Response,
    checked_text,
)
from grok_tree.formats import Document, read_documents, write_native

LIMITS = {"raw": MAX_RAW_BYTES}
LONG = frozenset({"message", "reasoning", "encrypted_reasoning", "arguments"})
"""Fields that may be as long as a message."""


def check_sound(document: Document) -> None:
    """Check that a document can be stored as it is, and that its forest is one."""
    conversation, responses = document.conversation, document.responses
    ids = [one.response_id for one in responses]
    assert len(set(ids)) == len(ids)
    assert all(str(UUID(one)) == one for one in (*ids, conversation.conversation_id))
    places = {one: place for place, one in enumerate(ids)}
    for place, one in enumerate(responses):
        assert one.position == place
        assert one.conversation_id == conversation.conversation_id
        assert one.create_time.tzinfo is UTC
        assert one.parent_response_id is None or places[one.parent_response_id] < place
    assert conversation.n_responses == len(responses) == document.counts.nodes
    assert conversation.leaf_response_id is None or conversation.leaf_response_id in places
    assert document.counts.roots == document.parents.count(NO_PARENT)
    assert document.counts.leaves == len(document.forest.tips)
    assert set(document.logprobs) <= set(ids)
    assert sum(document.repair_counts.values()) >= len(document.repairs)
    for field, text in texts(msgspec.to_builtins((conversation, responses))):
        limit = MAX_TEXT_BYTES if field in LONG else LIMITS.get(field, MAX_FIELD_BYTES)
        checked_text(text, field, limit=limit)
    check_native(document)


def check_native(document: Document) -> None:
    """Check that our own format, which takes nothing that is not sound, gives it back."""
    file = io.BytesIO()
    write_native(document.forest, file)
    file.seek(0)
    (back,) = read_documents(file)
    assert back.conversation == document.conversation
    assert back.responses == list(document.responses)
    assert all(isinstance(one, Response) for one in back.responses)


def texts(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a value, with the name of the field that it stands in."""
    left = [(field, value)]
    while left:
        name, one = left.pop()
        if isinstance(one, str):
            yield name, one
        elif isinstance(one, dict):
            left += [(key, inner) for key, inner in one.items()]
            left += [(name, key) for key in one]
        elif isinstance(one, list | tuple):
            left += [(name, inner) for inner in one]
