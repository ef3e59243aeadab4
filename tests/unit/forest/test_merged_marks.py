"""Marks that were set in two places are united by time, in whatever order that is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from grok_tree.forest import MarkChange, Marks, changed_marks, merged_marks

_START = datetime(2026, 1, 1, tzinfo=UTC)
CHANGES = st.builds(
    MarkChange,
    starred=st.none() | st.booleans(),
    note=st.none() | st.sampled_from(["", "a", "b"]),
    add_tags=st.lists(st.sampled_from("xy"), max_size=2).map(tuple),
    scores=st.dictionaries(st.sampled_from("pq"), st.integers(0, 3).map(float), max_size=2),
    remove_scores=st.lists(st.sampled_from("pq"), max_size=1).map(tuple),
    remove_tags=st.lists(st.sampled_from("xy"), max_size=1).map(tuple),
)
HISTORIES = st.lists(st.tuples(CHANGES, st.integers(0, 5)), max_size=4)


def marked(history: list[tuple[MarkChange, int]]) -> Marks:
    marks = Marks()
    for change, day in sorted(history, key=lambda one: one[1]):
        marks = changed_marks(marks, change, _START + timedelta(days=day))
    return marks


@given(HISTORIES, HISTORIES)
def test_who_comes_first_does_not_matter(first: list, second: list) -> None:  # type: ignore[type-arg]
    ours, theirs = marked(first), marked(second)
    assert merged_marks(ours, theirs) == merged_marks(theirs, ours)


@given(HISTORIES, HISTORIES, HISTORIES)
def test_three_may_be_united_in_any_order(first: list, second: list, third: list) -> None:  # type: ignore[type-arg]
    a, b, c = marked(first), marked(second), marked(third)
    assert merged_marks(merged_marks(a, b), c) == merged_marks(a, merged_marks(b, c))


@given(HISTORIES)
def test_what_is_the_same_stays(history: list) -> None:  # type: ignore[type-arg]
    marks = marked(history)
    assert merged_marks(marks, marks) == marks
    assert merged_marks(marks, Marks()) == marks


def test_a_later_removal_wins_over_an_earlier_mark() -> None:
    starred = changed_marks(Marks(), MarkChange(starred=True, add_tags=("x",)), _START)
    later = _START + timedelta(days=1)
    taken = changed_marks(starred, MarkChange(starred=False, remove_tags=("x",)), later)
    assert merged_marks(starred, taken) == taken
