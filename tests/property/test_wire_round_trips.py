"""Every value comes back from its message as it was."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree import wire
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    Conversation,
    ConversationChange,
    MarkChange,
    Origin,
    Part,
    Reasoning,
    Response,
    ResponseDraft,
    Token,
    TokenAlternative,
    TokenLogprob,
)
from tests import strategies as own

changes = st.builds(
    ConversationChange,
    title=st.just(msgspec.UNSET) | own.texts,
    starred=st.just(msgspec.UNSET) | st.booleans(),
    leaf_response_id=st.just(msgspec.UNSET) | st.none() | own.ids,
    model_name=st.just(msgspec.UNSET) | own.texts,
)
mark_changes = st.builds(
    MarkChange,
    starred=st.none() | st.booleans(),
    note=st.none() | own.texts,
    add_tags=st.lists(own.names).map(tuple),
    remove_tags=st.lists(own.names).map(tuple),
    scores=st.dictionaries(own.names, own.numbers),
    remove_scores=st.lists(own.names).map(tuple),
)


@given(own.responses)
def test_a_response_comes_back_as_it_was(response: Response) -> None:
    assert wire.response_from_wire(wire.response_to_wire(response)) == response


@given(own.drafts)
def test_a_draft_comes_back_as_it_was(draft: ResponseDraft) -> None:
    assert wire.draft_from_wire(wire.draft_to_wire(draft)) == draft


@given(own.conversations)
def test_a_conversation_comes_back_as_it_was(conversation: Conversation) -> None:
    message = wire.conversation_to_wire(conversation)
    assert wire.conversation_from_wire(message) == conversation


@given(changes)
def test_a_change_comes_back_with_what_was_set_and_nothing_else(change: ConversationChange) -> None:
    assert wire.change_from_wire(wire.change_to_wire("r", "c", change)) == change


@given(mark_changes)
def test_a_change_of_marks_comes_back_as_it_was(change: MarkChange) -> None:
    assert wire.mark_change_from_wire(wire.mark_change_to_wire("r", "c", change)) == change


pieces = st.lists(st.tuples(st.integers(0, 3), own.texts.filter(bool), st.booleans()), max_size=30)


@given(pieces, st.integers(1, 7))
def test_tokens_come_back_in_order_however_they_are_batched(
    pieces: list[tuple[int, str, bool]], size: int
) -> None:
    events: list[Token | Reasoning] = []
    offsets: dict[int, int] = {}
    for index, text, is_reasoning in pieces:
        if is_reasoning:
            events.append(Reasoning(text, index))
            continue
        offset = offsets.get(index, 0)
        logprob = TokenLogprob(text, -math.inf, (TokenAlternative("x", -1.0),), offset)
        events.append(Token(text, index, offset, logprob))
        offsets[index] = offset + len(text)
    reader = wire.EventReader()
    read = [
        event
        for start in range(0, len(events), size)
        for message in wire.pack_events(events[start : start + size])
        for event in reader.events(message)
    ]
    for index in range(4):
        assert _joined(read, index) == _joined(events, index)


@given(st.lists(own.parts, max_size=10))
def test_parts_come_back_in_order(parts: list[Part]) -> None:
    reader = wire.EventReader()
    read = [event for message in wire.pack_events(parts) for event in reader.events(message)]
    assert read == parts


def _joined(events: Sequence[object], index: int) -> list[object]:
    """Return one sibling's events, neighbouring pieces of reasoning joined."""
    joined: list[object] = []
    for event in events:
        if not isinstance(event, Token | Reasoning) or event.index != index:
            continue
        last = joined[-1] if joined else None
        if isinstance(event, Reasoning) and isinstance(last, Reasoning):
            joined[-1] = Reasoning(last.text + event.text, index)
        else:
            joined.append(event)
    return joined


def test_an_unknown_origin_is_refused_at_the_door() -> None:
    message = wire.origin_to_wire(Origin())
    message.kind = "grown"
    with pytest.raises(InvalidOperationError, match="grown"):
        wire.origin_from_wire(message)
