"""Native lines keep every id and origin, and what is wrong with them is mended and named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.forest import Forest, Origin, Response, ResponseId
from grok_tree.formats import Document, NativeDocument, mended
from grok_tree.testing import CONVERSATION_ID, forest_of
from tests.unit.formats._random_forests import forests

_IDS = {name: f"01900000-0000-7000-8000-00000000000{n:x}" for n, name in enumerate("abcdefgtx")}


def lines(*pairs: tuple[str, str | None]) -> NativeDocument:
    """Return a document of (id, parent's id) pairs, right or wrong."""
    responses = [
        Response(
            response_id=ResponseId(_IDS.get(name, name)),
            conversation_id=CONVERSATION_ID,
            parent_response_id=None if parent is None else ResponseId(_IDS.get(parent, parent)),
            sender="human",
            message=name,
            create_time=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for name, parent in pairs
    ]
    return NativeDocument(forest_of("").conversation, responses)


def links(document: Document) -> Mapping[str, str | None]:
    said = {one.response_id: one.message for one in document.responses}
    return {
        one.message: None if one.parent_response_id is None else said[one.parent_response_id]
        for one in document.responses
    }


def repairs(document: Document) -> dict[str, tuple[str, ...]]:
    return {one.message: one.origin.repairs for one in document.responses}


@given(forests())
def test_a_sound_forest_stays_as_it_is(forest: Forest) -> None:
    document = mended(NativeDocument(forest.conversation, list(forest)))
    for was, one in zip(forest, document.responses, strict=True):
        assert (one.response_id, one.parent_response_id) == (
            was.response_id,
            was.parent_response_id,
        )
        assert (
            msgspec.structs.replace(
                was,
                conversation_id=one.conversation_id,
                finish_reason=one.finish_reason,
                origin=one.origin,
            )
            == one
        )
        assert one.origin.repairs[: len(was.origin.repairs)] == was.origin.repairs


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.none() | st.sampled_from("abcdefgx"))))
def test_whatever_the_links_nothing_is_dropped_and_parents_come_first(
    pairs: list[tuple[str, str | None]],
) -> None:
    document = mended(lines(*pairs))
    assert sorted(one.message for one in document.responses) == sorted(name for name, _ in pairs)
    seen: set[str | None] = {None}
    for one in document.responses:
        assert one.parent_response_id in seen
        assert one.response_id not in seen
        seen.add(one.response_id)


def test_the_same_lines_get_the_same_ids_every_time() -> None:
    document = lines(("a", None), ("a", None), ("no uuid", "a"), ("no uuid", "gone"))
    first, second = (mended(document).responses for _ in range(2))
    assert first == second


def test_an_orphan_becomes_a_root_and_keeps_its_subtree() -> None:
    document = mended(lines(("a", "gone"), ("b", "a")))
    assert links(document) == {"a": None, "b": "a"}
    assert repairs(document) == {
        "a": ("orphan: its parent gone is not in the file; it became a root",),
        "b": (),
    }


def test_a_cycle_is_cut_at_its_first_member() -> None:
    document = mended(lines(("t", "b"), ("a", "c"), ("b", "a"), ("c", "b")))
    assert links(document) == {"a": None, "b": "a", "c": "b", "t": "b"}
    assert document.repair_counts == {"cycle_broken": 1}
    assert repairs(document)["a"][0].startswith("cycle_broken: ")


def test_a_response_that_is_its_own_parent_becomes_a_root() -> None:
    assert links(mended(lines(("a", "a")))) == {"a": None}


def test_of_two_responses_with_one_id_both_stay_and_children_mean_the_first() -> None:
    document = mended(lines(("a", None), ("a", None), ("b", "a")))
    assert document.parents == [-1, -1, 0]
    assert document.repair_counts == {"duplicate_id": 1}


def test_a_child_may_stand_before_its_parent() -> None:
    document = mended(lines(("c", "b"), ("b", "a"), ("a", None)))
    assert list(links(document)) == ["a", "b", "c"]
    assert links(document) == {"a": None, "b": "a", "c": "b"}


def test_a_chain_of_100_000_in_the_wrong_order_is_no_problem() -> None:
    n = 100_000
    pairs: list[tuple[str, str | None]] = [(str(k), str(k + 1)) for k in range(n)]
    document = mended(lines(*pairs, (str(n), None)))
    assert (document.counts.nodes, document.counts.max_depth) == (n + 1, n + 1)


def test_how_the_original_came_to_be_is_kept() -> None:
    origin = Origin(
        kind="resampled", of=ResponseId(_IDS["b"]), provenance={"seed": "7"}, run="sweep"
    )
    document = lines(("a", None))
    sampled = msgspec.structs.replace(document.responses[0], origin=origin, manual=True)
    (kept,) = mended(NativeDocument(document.conversation, [sampled])).responses
    assert kept == sampled


def test_what_was_still_growing_is_a_failed_partial_now() -> None:
    document = lines(("a", None))
    growing = msgspec.structs.replace(document.responses[0], partial=True)
    found = mended(NativeDocument(document.conversation, [growing]))
    (kept,) = found.responses
    assert (kept.partial, kept.finish_reason) == (True, "failed")
    assert found.repair_counts == {"still_growing": 1}


@pytest.mark.parametrize(("leaf", "expected"), [("c", "c"), (None, None), ("x", None)])
def test_the_leaf_is_kept_if_it_is_there(leaf: str | None, expected: str | None) -> None:
    document = lines(("a", None), ("b", "a"), ("c", "b"))
    at = None if leaf is None else _IDS[leaf]
    conversation = msgspec.structs.replace(document.conversation, leaf_response_id=at)
    found = mended(NativeDocument(conversation, document.responses)).conversation.leaf_response_id
    assert found == (None if expected is None else _IDS[expected])
