"""The layout draws every response once, indents at forks only, and stays narrow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grok_tree.cli._layout import Layout, Note, Row
from grok_tree.forest import NO_PARENT


@st.composite
def shapes(draw: st.DrawFn) -> list[int]:
    n = draw(st.integers(0, 60))
    return [draw(st.integers(max(NO_PARENT, k - 4), k - 1)) for k in range(n)]


def rows(layout: Layout, top: int | None = None) -> list[Row]:
    return [row for row in layout.rows(top) if isinstance(row, Row)]


def notes(layout: Layout) -> list[str]:
    return [row.text for row in layout.rows() if isinstance(row, Note)]


@given(shapes(), st.integers(1, 5))
def test_with_everything_asked_for_each_response_is_drawn_once(
    parents: list[int], max_levels: int
) -> None:
    layout = Layout(parents, everything=True, max_levels=max_levels)
    assert sorted(row.number for row in rows(layout)) == list(range(len(parents)))


@given(shapes(), st.integers(1, 5), st.booleans())
def test_indentation_is_bounded(parents: list[int], max_levels: int, everything: bool) -> None:
    layout = Layout(parents, max_levels=max_levels, everything=everything)
    assert all(len(row.lead) <= 3 * max_levels for row in rows(layout))


@given(shapes(), st.data())
def test_below_a_response_only_its_descendants_are_drawn(
    parents: list[int], data: st.DataObject
) -> None:
    if not parents:
        return
    top = data.draw(st.integers(0, len(parents) - 1))
    below = {top}
    for number, parent in enumerate(parents):
        if parent in below:
            below.add(number)
    drawn = rows(Layout(parents, everything=True), top)
    assert {row.number for row in drawn} == below


def test_a_run_stays_at_its_indentation() -> None:
    layout = Layout([NO_PARENT, 0, 1, 2])
    assert [row.lead for row in rows(layout)] == ["", "", "", ""]


def test_a_fork_indents_its_branches_and_knows_the_first_twin() -> None:
    layout = Layout([NO_PARENT, 0, 1, 0, 0])
    assert [(row.number, row.lead, row.twin) for row in rows(layout)] == [
        (0, "", None),
        (1, "├─ ", None),
        (2, "│  ", None),
        (3, "├─ ", 1),
        (4, "└─ ", 1),
    ]


def test_the_middle_of_a_long_run_is_folded() -> None:
    layout = Layout([NO_PARENT, *range(9_999)], leaf=9_999)
    assert len(rows(layout)) == 16
    assert notes(layout) == ["⋮ 9,984 more (--all draws them)"]


def test_a_folded_run_says_that_the_leaf_is_in_it() -> None:
    layout = Layout([NO_PARENT, *range(99)], leaf=50)
    assert notes(layout) == ["⋮ 84 more, the leaf among them (--all draws them)"]


def test_a_wide_fork_is_cut_but_shows_the_branch_of_the_leaf() -> None:
    layout = Layout([NO_PARENT, *[0] * 10_000], leaf=7_777)
    assert [row.number for row in rows(layout)] == [*range(11), 7_777]
    assert notes(layout) == ["... and 9,989 more (--all draws them)"]


def test_many_roots_are_cut_like_a_fork() -> None:
    assert notes(Layout([NO_PARENT] * 100)) == ["... and 90 more (--all draws them)"]


def comb(n: int) -> list[int]:
    """Return a chain whose every second response has a sibling."""
    return [NO_PARENT, *(2 * (k // 2) for k in range(n - 1))]


def test_what_is_too_deep_is_counted_and_named() -> None:
    layout = Layout(comb(10_001), max_levels=10)
    assert len(rows(layout)) == 21
    (note,) = (row for row in layout.rows() if isinstance(row, Note))
    assert (note.text, note.number) == ("… 9,980 more: grok-tree show {}", 20)


def test_with_everything_what_is_too_deep_is_drawn_further_down() -> None:
    layout = Layout(comb(10_001), max_levels=10, everything=True)
    assert len(rows(layout)) == 10_001


def test_an_empty_forest_is_no_lines() -> None:
    assert list(Layout([]).rows()) == []
