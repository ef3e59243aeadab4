"""Shorthands for the tests of stores: ids that count up, one instant, conversations, responses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from grok_tree.forest import (
    Conversation,
    ConversationChange,
    ConversationId,
    ResponseDraft,
    ResponseId,
    uuid7_text,
)
from grok_tree.store import NewResponse, Reader, Store, Writer
from tests.patience import PATIENCE_S

T = TypeVar("T")

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = count(1)


def new_id() -> str:
    """Return an id that no other call returns."""
    return uuid7_text(1_700_000_000_000, next(_numbers))


def write(store: Store, work: Callable[[Writer], T]) -> T:
    """Do work and wait for its commit."""
    return store.submit(work).result(timeout=PATIENCE_S)


def read(store: Store, look: Callable[[Reader], T]) -> T:
    """Look at one snapshot."""
    with store.read() as reader:
        return look(reader)


def add_conversation(store: Store, title: str = "") -> ConversationId:
    """Begin a conversation."""
    an_id = ConversationId(new_id())
    made = Conversation(
        conversation_id=an_id, create_time=NOW, modify_time=NOW, revision=1, title=title
    )
    write(store, lambda writer: writer.insert_conversation(made))
    return an_id


def drafted(
    message: str = "text",
    *,
    parent: str | None = None,
    parent_index: int | None = None,
    growing: bool = False,
) -> NewResponse:
    """Return a response to be added."""
    draft = ResponseDraft(
        sender="assistant" if growing else "human",
        message=message,
        parent_response_id=None if parent is None else ResponseId(parent),
        parent_index=parent_index,
    )
    return NewResponse(ResponseId(new_id()), draft, growing=growing)


def add(store: Store, conversation: str, new: Sequence[NewResponse]) -> list[ResponseId]:
    """Add responses in one batch; return their ids."""
    write(store, lambda writer: writer.add_responses(conversation, new, now=NOW))
    return [one.response_id for one in new]


def add_one(
    store: Store, conversation: str, message: str = "text", *, parent: str | None = None
) -> ResponseId:
    """Add one response; return its id."""
    return add(store, conversation, [drafted(message, parent=parent)])[0]


def select(store: Store, conversation: str, response_id: str) -> Conversation:
    """Move the leaf."""
    change = ConversationChange(leaf_response_id=ResponseId(response_id))
    return write(store, lambda writer: writer.update_conversation(conversation, change, NOW))


def shared_with(found: Any, expected: Any) -> Any:
    """Return what is found without the fields that the release did not have yet."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return {name: shared_with(found.get(name), value) for name, value in expected.items()}
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        return [shared_with(*pair) for pair in zip(found, expected, strict=True)]
    return found
