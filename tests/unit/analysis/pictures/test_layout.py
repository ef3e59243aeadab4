"""Where responses stand: tips one apart, parents in the middle, whatever the size."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.analysis._arrays import Arrays
from grok_tree.analysis.pictures._layout import Layout, laid_out
from grok_tree.forest import NO_PARENT


@st.composite
def parent_lists(draw: st.DrawFn) -> list[int]:
    n = draw(st.integers(0, 40))
    return [draw(st.integers(-1, place - 1)) for place in range(n)]


def children_of(layout: Layout, place: int) -> list[int]:
    return [int(child) for child in np.flatnonzero(layout.parents == place)]


def test_a_small_tree_stands_as_drawn_by_hand() -> None:
    # 0 ─ 1 ─ 3     row 0        3 is the only tip below 1, so 1 stands in its row;
    #   └ 2 ┬ 4     row 1        2 between 4 and 5 in row 1.5; 0 between 1 and 2 in row 0.75.
    #       └ 5     row 2
    layout = laid_out(Arrays([-1, 0, 0, 1, 2, 2]))
    assert layout.x.tolist() == [1, 2, 2, 3, 3, 3]
    assert layout.y.tolist() == [0.75, 0, 1.5, 0, 1, 2]
    assert layout.n_children.tolist() == [2, 1, 2, 0, 0, 0]


@given(parent_lists())
def test_tips_are_one_apart_and_parents_in_the_middle(parents: list[int]) -> None:
    layout = laid_out(Arrays(parents))
    tips = np.flatnonzero(layout.n_children == 0)
    assert sorted(layout.y[tips]) == list(range(len(tips)))
    for place in range(len(layout)):
        rows = [layout.y[child] for child in children_of(layout, place)]
        assert rows == sorted(rows), "children follow each other in order of creation"
        if rows:
            assert layout.y[place] == (rows[0] + rows[-1]) / 2


@given(parent_lists())
def test_subtrees_do_not_overlap(parents: list[int]) -> None:
    """Responses of one depth stand in the order of their parents, so no two lines cross."""
    layout = laid_out(Arrays(parents))
    for depth in set(layout.x):
        there = np.flatnonzero(layout.x == depth)
        there = there[np.argsort(layout.y[there])]
        above = [layout.y[p] for p in layout.parents[there] if p != NO_PARENT]
        assert all(one <= other for one, other in pairwise(above))
        assert all(one < other for one, other in pairwise(layout.y[there]))


@given(parent_lists(), st.integers(1, 4), st.integers(1, 5))
def test_what_is_thinned_is_still_a_forest_with_all_paths_to_its_roots(
    parents: list[int], most_children: int, most_tips: int
) -> None:
    layout = laid_out(Arrays(parents), most_children=most_children, most_tips=most_tips)
    assert layout.n_tips <= most_tips
    for place, number in enumerate(layout.numbers):
        above = parents[number]
        drawn_above = layout.parents[place]
        assert (above == NO_PARENT) == (drawn_above == NO_PARENT)
        assert above == NO_PARENT or layout.numbers[drawn_above] == above


@given(parent_lists().filter(bool), st.data())
def test_the_path_that_must_be_drawn_is(parents: list[int], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(parents) - 1))
    path = [number]
    while parents[path[-1]] != NO_PARENT:
        path.append(parents[path[-1]])
    layout = laid_out(Arrays(parents), path, most_children=1, most_tips=1)
    assert set(path) <= set(layout.numbers.tolist())


def test_a_wide_fork_shows_every_so_manieth_child_and_says_so() -> None:
    layout = laid_out(Arrays([-1] + [0] * 1000))
    assert len(layout) == 301
    assert layout.cut == {0: 300}
    assert {1, 1000} <= set(layout.numbers.tolist()), "the first and the last"
    assert np.diff(layout.numbers[1:]).max() <= 4


def test_many_roots_are_thinned_like_a_wide_fork() -> None:
    assert laid_out(Arrays([-1] * 1000)).cut == {NO_PARENT: 300}


@pytest.mark.parametrize(
    ("parents", "n_drawn"),
    [(range(-1, 99_999), 100_000), ([-1] + [0] * 99_999, 301)],
    ids=["chain", "star"],
)
def test_a_hundred_thousand_are_laid_out(parents: list[int], n_drawn: int) -> None:
    assert len(laid_out(Arrays(parents))) == n_drawn
