"""The arrays below every analysis agree with plain loops over the same parents."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.analysis._arrays import Arrays, arrays_of
from grok_tree.testing import forest_from_parents
from tests.strategies import parents_of_forests


@given(parents_of_forests())
def test_depths_and_sums_are_those_of_plain_loops(above: list[int]) -> None:
    depths = [0] * len(above)
    sizes = [1] * len(above)
    tips = [int(place not in above) for place in range(len(above))]
    for place, parent in enumerate(above):
        depths[place] = 1 if parent < 0 else depths[parent] + 1
    for place in reversed(range(len(above))):
        if above[place] >= 0:
            sizes[above[place]] += sizes[place]
            tips[above[place]] += tips[place]

    arrays = Arrays(above)

    assert arrays.depths.tolist() == depths
    assert arrays.sizes.tolist() == sizes
    assert arrays.n_tips_below.tolist() == tips


def shapes(size: int) -> dict[str, list[int]]:
    """Return parents of shapes that are worst for one way of summing or another."""
    random = np.random.default_rng(7)
    places = np.arange(size)
    return {
        "any": [int(random.integers(-1, place)) if place else -1 for place in range(size)],
        "chain": list(range(-1, size - 1)),
        "two chains": [-1, -1, *range(size - 2)],
        "caterpillar": [-1, *(place - 1 - (place % 2 == 0) for place in range(1, size))],
        "broom": [*range(-1, size // 2), *[size // 2] * (size - size // 2 - 1)],
        "roots": [-1] * size,
        "runs": [-1, *np.where(places % 9, places - 1, places // 3).tolist()[1:]],
    }


@pytest.mark.parametrize("shape", shapes(1))
def test_sums_over_many_blocks_are_those_of_plain_loops(shape: str) -> None:
    above = shapes(40_000)[shape]
    values = np.random.default_rng(1).integers(0, 100, len(above)).astype(float)
    down, up = values.tolist(), values.tolist()
    for place, parent in enumerate(above):
        down[place] += down[parent] if parent >= 0 else 0
    for place in reversed(range(len(above))):
        if above[place] >= 0:
            up[above[place]] += up[place]

    arrays = Arrays(above)

    assert arrays.summed_above(values).tolist() == down
    assert arrays.summed_below(values).tolist() == up


@given(parents_of_forests())
def test_the_preorder_keeps_subtrees_together_and_siblings_in_order(above: list[int]) -> None:
    arrays = Arrays(above)
    expected: list[int] = []
    waiting = arrays.roots.tolist()[::-1]
    while waiting:
        expected.append(waiting.pop())
        waiting += arrays.children(expected[-1]).tolist()[::-1]
    assert np.argsort(arrays.preorder).tolist() == expected


def test_the_preorder_of_more_than_two_bytes_can_count() -> None:
    above = shapes(70_000)["any"]
    arrays = Arrays(above)
    place, size = arrays.preorder, arrays.sizes
    assert sorted(place.tolist()) == list(range(70_000))
    assert all(
        place[parent] < place[child] < place[parent] + size[parent]
        for child, parent in enumerate(above)
        if parent >= 0
    )


@given(parents_of_forests(), st.data())
def test_a_subtree_alone_has_the_shape_that_it_has_in_the_forest(
    above: list[int], data: st.DataObject
) -> None:
    if not above:
        return
    arrays = Arrays(above)
    top = data.draw(st.integers(0, len(above) - 1))
    numbers = arrays.subtree(top)
    alone = arrays.within(numbers)
    assert len(alone) == arrays.sizes[top]
    assert alone.roots.tolist() == [0]
    assert (alone.depths == arrays.depths[numbers] - arrays.depths[top] + 1).all()
    assert (alone.n_children == arrays.n_children[numbers]).all()


@given(parents_of_forests())
def test_every_response_is_in_the_tree_of_its_root(above: list[int]) -> None:
    arrays = Arrays(above)
    for place, parent in enumerate(above):
        tree = arrays.tree_of[place]
        assert tree == arrays.tree_of[parent] if parent >= 0 else arrays.roots[tree] == place


@pytest.mark.parametrize("given_as", [list, lambda above: array("i", above), np.array])
def test_parents_may_be_any_sequence(given_as: Callable[[list[int]], Any]) -> None:
    assert Arrays(given_as([-1, 0, 1])).depths.tolist() == [1, 2, 3]
    assert Arrays(range(-1, 2)).depths.tolist() == [1, 2, 3]


@given(parents_of_forests())
def test_children_are_in_order_of_creation(above: list[int]) -> None:
    arrays = Arrays(above)
    for place in range(len(above)):
        expected = [child for child, parent in enumerate(above) if parent == place]
        assert arrays.children(place).tolist() == expected
        assert arrays.n_children[place] == len(expected)


def test_roots_tips_and_forks_of_a_small_forest() -> None:
    arrays = Arrays([-1, 0, 0, 1, -1])
    assert arrays.roots.tolist() == [0, 4]
    assert arrays.tips.tolist() == [2, 3, 4]
    assert arrays.forks.tolist() == [0]


@pytest.mark.parametrize("shape", ["chain", "star"])
def test_a_hundred_thousand_in_a_chain_or_a_star(shape: str) -> None:
    size = 100_000
    above = np.arange(-1, size - 1) if shape == "chain" else np.zeros(size, dtype=int)
    above[0] = -1
    arrays = Arrays(above)
    assert arrays.sizes[0] == size
    assert arrays.depths.max() == (size if shape == "chain" else 2)


def test_the_arrays_of_one_snapshot_are_made_once() -> None:
    forest = forest_from_parents([-1, 0])
    assert arrays_of(forest) is arrays_of(forest)
