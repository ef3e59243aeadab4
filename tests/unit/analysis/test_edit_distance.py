"""The tree edit distance is that of its definition, within a bound and without one."""

from __future__ import annotations

import math
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree import analysis
from grok_tree.analysis import EditCost
from grok_tree.analysis.structure._edit_arrays import FullTable
from grok_tree.analysis.structure._edit_table import EditTable, OrderedTree
from grok_tree.analysis.structure._graph_edits import costs_of
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, Response
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis._graphs import LARGE, LARGE_SHAPES, parents

Nested = tuple[tuple[object, "Nested"], ...]


@st.composite
def forests(draw: st.DrawFn, most: int = 7) -> Forest:
    """Small forests with few texts, so that many are equal."""
    above = draw(parents(most=most))
    return forest_from_parents(above, messages=[draw(st.sampled_from("xy")) for _ in above])


def nested(forest: Forest) -> Nested:
    def below(children: object) -> Nested:
        return tuple(
            ((one.sender, one.message), below(forest.children(one.response_id)))
            for one in children  # type: ignore[attr-defined]
        )

    return below(forest.roots)


@cache
def size(forest: Nested) -> int:
    return sum(1 + size(below) for _, below in forest)


@cache
def by_definition(first: Nested, second: Nested) -> int:
    """The last root of one goes, or that of the other, or they are a pair."""
    if not first or not second:
        return size(first) + size(second)
    (old, old_below), (new, new_below) = first[-1], second[-1]
    return min(
        1 + by_definition(first[:-1] + old_below, second),
        1 + by_definition(first, second[:-1] + new_below),
        by_definition(first[:-1], second[:-1]) + by_definition(old_below, new_below) + (old != new),
    )


def test_edits_of_small_forests_can_be_counted() -> None:
    before = forest_of("a>b>c, a>d")
    assert analysis.edit_distance(before, before) == 0
    # b goes, and c takes its place below a, where it is said by the assistant: two edits.
    assert analysis.edit_distance(before, forest_of("a>c, a>d")) == 2
    assert analysis.edit_distance(before, forest_of("a>c, a>d"), cost="shape") == 1
    # d comes before b: siblings keep their order, so it goes and comes.
    assert analysis.edit_distance(before, forest_of("a>d, a>b>c"), cost="text") == 2
    # Another text, and one response more.
    assert analysis.edit_distance(before, forest_of("a>b>x, a>d>e")) == 2


def test_a_response_stands_for_all_below_it() -> None:
    forest = forest_of("a>b>c, a>d>e, d>f")

    class Handle:
        def __init__(self, response_id: str) -> None:
            self.forest = forest
            self.response_id = forest[response_id].response_id

    assert analysis.edit_distance(Handle("b"), Handle("d"), cost="sender") == 1


def test_an_empty_forest_is_as_far_as_all_that_must_come() -> None:
    empty = forest_of("")
    assert analysis.edit_distance(empty, empty) == 0
    assert analysis.edit_distance(empty, forest_of("a>b, c")) == 3


@given(forests(), forests())
def test_it_is_the_distance_of_the_definition(first: Forest, second: Forest) -> None:
    expected = by_definition(nested(first), nested(second))
    assert analysis.edit_distance(first, second) == expected
    for bound in range(9):
        within = expected if expected <= bound else math.inf
        assert analysis.edit_distance(first, second, bound=bound) == within


@given(forests(), forests(), forests())
def test_it_is_a_metric(first: Forest, second: Forest, third: Forest) -> None:
    def distance(one: Forest, other: Forest) -> float:
        return analysis.edit_distance(one, other)

    assert distance(first, first) == 0
    assert (distance(first, second) == 0) == (nested(first) == nested(second))
    assert distance(first, second) == distance(second, first)
    assert distance(first, third) <= distance(first, second) + distance(second, third)


@given(forests(), forests(), st.integers(1, 3))
def test_a_cost_of_ones_own_is_asked(first: Forest, second: Forest, factor: int) -> None:
    def cost(before: Response | None, after: Response | None) -> float:
        if before is None or after is None:
            return factor / 4
        same = (before.sender, before.message) == (after.sender, after.message)
        return 0 if same else factor / 4

    expected = analysis.edit_distance(first, second) * factor / 4
    assert analysis.edit_distance(first, second, cost=cost) == pytest.approx(expected)


def dear(before: Response | None, after: Response | None) -> float:
    """Cost less to take out than to put in, and least to change."""
    if before is None or after is None:
        return 0.3 if after is None else 0.7
    return 0.0 if before.message == after.message else 0.2


@pytest.mark.parametrize("cost", ["text", dear], ids=["text", "own cost"])
@given(first=forests(most=14), second=forests(most=14))
def test_both_tables_and_their_mirrors_agree(cost: EditCost, first: Forest, second: Forest) -> None:
    costs = costs_of(list(first), list(second), cost)
    found = []
    for mirrored in (False, True):
        both = [OrderedTree(f.parent_numbers, mirrored=mirrored) for f in (first, second)]
        found.append(EditTable(both[0], both[1], costs, 10**9).distance(math.inf))
        found.append(FullTable(both[0], both[1], costs).distance())
    assert found == pytest.approx([found[0]] * 4)


@given(forests(most=14), forests(most=14), st.integers(0, 20))
def test_cells_that_are_left_out_change_no_distance_within_the_limit(
    first: Forest, second: Forest, limit: int
) -> None:
    costs = costs_of(list(first), list(second), "text")
    both = [OrderedTree(forest.parent_numbers) for forest in (first, second)]
    expected = FullTable(both[0], both[1], costs).distance()
    found = EditTable(both[0], both[1], costs, 10**9).distance(limit)
    assert found == expected if expected <= limit else found > limit


def test_hundreds_that_are_far_apart_are_compared() -> None:
    # Every other response says something else, so 200 must change, and nothing else can help.
    above = [-1, *(place // 3 for place in range(399))]
    texts = [["same", "this"], ["same", "that"]]
    first, second = (forest_from_parents(above, messages=both * 200) for both in texts)
    assert analysis.edit_distance(first, second) == 200
    assert analysis.edit_distance(first, second, bound=199) == math.inf


def test_what_comes_for_nothing_costs_nothing() -> None:
    small, large = forest_of("a>b"), forest_of("a>b>c>d, b>e")
    assert analysis.edit_distance(small, large, cost=lambda old, _new: float(old is None)) == 3
    assert analysis.edit_distance(large, small, cost=lambda old, _new: float(old is None)) == 0


@given(forests(), st.data())
def test_one_response_more_is_one_edit(forest: Forest, data: st.DataObject) -> None:
    above = list(forest.parent_numbers)
    more = forest_from_parents([*above, data.draw(st.integers(-1, len(above) - 1))])
    assert analysis.edit_distance(forest, more, cost="shape") == 1


@pytest.mark.parametrize("size", [10_000, pytest.param(LARGE, marks=pytest.mark.slow)])
@pytest.mark.parametrize("shape", LARGE_SHAPES)
def test_large_forests_that_are_near_are_compared(shape: str, size: int) -> None:
    above = LARGE_SHAPES[shape](size)
    first, second = forest_from_parents(above), forest_from_parents(above[:-1])
    assert analysis.edit_distance(first, second, cost="shape") == 1
    assert analysis.edit_distance(first, second, bound=0) == math.inf


def test_what_takes_too_long_is_given_up() -> None:
    first, second = forest_of("a>b>c"), forest_of("d>e, d>f")
    with pytest.raises(InvalidOperationError, match=r"3 and 3 responses.*after 5 cells.*bound"):
        analysis.edit_distance(first, second, most_cells=5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bound": -1}, "a bound of -1"),
        ({"bound": math.nan}, "a bound of nan"),
        ({"cost": "colour"}, "'colour'"),
        ({"cost": lambda _old, _new: -1.0}, "from a to None costs -1.0"),
        ({"cost": lambda _old, _new: math.nan}, "costs nan"),
        ({"cost": lambda _old, _new: math.inf}, "costs inf"),
        ({"cost": lambda _old, _new: None}, "costs None"),
        ({"cost": lambda _old, _new: "dear"}, "costs 'dear'"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_wrong_arguments_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidOperationError, match=message):
        analysis.edit_distance(forest_of("a"), forest_of("b"), **options)  # type: ignore[arg-type]
