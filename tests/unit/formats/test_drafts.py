"""An import keeps every response, links it, and names what it mended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.forest import Forest, Origin, Response, ResponseId
from grok_tree.formats import NativeDocument, drafts, leaf_index
from grok_tree.testing import CONVERSATION_ID, forest_of
from tests.unit.formats._random_forests import forests


def document_of(forest: Forest) -> NativeDocument:
    return NativeDocument(forest.conversation, list(forest.responses))


def linked(*pairs: tuple[str, str | None]) -> NativeDocument:
    """Return a document of (id, parent's id) pairs, right or wrong."""
    responses = [
        Response(
            response_id=ResponseId(name),
            conversation_id=CONVERSATION_ID,
            parent_response_id=None if parent is None else ResponseId(parent),
            sender="human",
            message=name,
            create_time=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for name, parent in pairs
    ]
    return NativeDocument(forest_of("").conversation, responses)


def links(document: NativeDocument) -> Mapping[str, str | None]:
    drafted = drafts(document)
    return {
        draft.message: None if draft.parent_index is None else drafted[draft.parent_index].message
        for draft in drafted
    }


def repairs(document: NativeDocument) -> dict[str, tuple[str, ...]]:
    return {draft.message: draft.origin.repairs for draft in drafts(document)}


@given(forests())
def test_every_response_of_a_sound_forest_keeps_its_place(forest: Forest) -> None:
    drafted = drafts(document_of(forest))
    found = [draft.parent_index for draft in drafted]
    assert found == [None if n < 0 else n for n in forest.parent_numbers]
    assert [draft.message for draft in drafted] == [r.message for r in forest.responses]


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.none() | st.sampled_from("abcdefgx"))))
def test_whatever_the_links_nothing_is_dropped_and_parents_come_first(
    pairs: list[tuple[str, str | None]],
) -> None:
    drafted = drafts(linked(*pairs))
    assert sorted(draft.message for draft in drafted) == sorted(name for name, _ in pairs)
    for number, draft in enumerate(drafted):
        assert draft.parent_index is None or draft.parent_index < number


def test_an_orphan_becomes_a_root_and_keeps_its_subtree() -> None:
    document = linked(("a", "gone"), ("b", "a"))
    assert links(document) == {"a": None, "b": "a"}
    assert repairs(document) == {
        "a": ("its parent gone is not in the file: it became a root",),
        "b": (),
    }


def test_a_cycle_is_cut_at_its_first_member() -> None:
    document = linked(("t", "b"), ("a", "c"), ("b", "a"), ("c", "b"))
    assert links(document) == {"a": None, "b": "a", "c": "b", "t": "b"}
    assert repairs(document)["a"] == ("it was its own ancestor: it became a root",)


def test_a_response_that_is_its_own_parent_becomes_a_root() -> None:
    assert links(linked(("a", "a"))) == {"a": None}


def test_of_two_responses_with_one_id_both_stay_and_children_mean_the_first() -> None:
    document = linked(("a", None), ("a", None), ("b", "a"))
    drafted = drafts(document)
    assert [draft.parent_index for draft in drafted] == [None, None, 0]
    assert drafted[1].origin.repairs == ("its id a had been used before: it got a new one",)


def test_a_child_may_stand_before_its_parent() -> None:
    document = linked(("c", "b"), ("b", "a"), ("a", None))
    assert list(links(document)) == ["a", "b", "c"]
    assert links(document) == {"a": None, "b": "a", "c": "b"}


def test_a_chain_of_100_000_in_the_wrong_order_is_no_problem() -> None:
    n = 100_000
    pairs: list[tuple[str, str | None]] = [(str(k), str(k + 1)) for k in range(n)]
    assert len(drafts(linked(*pairs, (str(n), None)))) == n + 1


def test_how_the_original_came_to_be_is_kept() -> None:
    origin = Origin(kind="resampled", of=ResponseId("x"), provenance={"seed": "7"}, run="sweep")
    document = linked(("a", None))
    sampled = msgspec.structs.replace(document.responses[0], origin=origin, manual=True)
    (draft,) = drafts(NativeDocument(document.conversation, [sampled]))
    assert draft.origin == Origin(
        kind="imported",
        format="grok_tree",
        original_id="a",
        run="sweep",
        provenance={
            "seed": "7",
            "before_import.kind": "resampled",
            "before_import.of": "x",
            "before_import.manual": "true",
        },
    )


def test_importing_an_import_again_keeps_the_first_origin() -> None:
    document = linked(("a", None))
    (once,) = drafts(document)
    again = msgspec.structs.replace(
        document.responses[0], response_id=ResponseId("b"), origin=once.origin
    )
    (twice,) = drafts(NativeDocument(document.conversation, [again]))
    assert twice.origin.original_id == "b"
    assert twice.origin.provenance["before_import.kind"] == "sampled"


def test_what_was_still_growing_is_a_failed_partial_now() -> None:
    document = linked(("a", None))
    growing = msgspec.structs.replace(document.responses[0], partial=True)
    (draft,) = drafts(NativeDocument(document.conversation, [growing]))
    assert (draft.partial, draft.finish_reason) == (True, "failed")
    assert len(draft.origin.repairs) == 1


@pytest.mark.parametrize(("leaf", "expected"), [("c", 2), (None, None), ("gone", None)])
def test_the_leaf_is_found_among_the_drafts(leaf: str | None, expected: int | None) -> None:
    document = linked(("a", None), ("b", "a"), ("c", "b"))
    conversation = msgspec.structs.replace(document.conversation, leaf_response_id=leaf)
    document = NativeDocument(conversation, document.responses)
    assert leaf_index(document, drafts(document)) == expected
