"""Where paths part: by hand, against networkx, and against climbing one step after another."""

from __future__ import annotations

from random import Random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.analysis import divergence, divergence_matrix, divergences
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.testing import forest_from_parents, forest_of
from tests.strategies import parents_of_forests

FOREST = forest_of("a>b>c, b>d, a>e, x>y")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("c", "d", "b"), ("c", "e", "a"), ("b", "d", "b"), ("d", "d", "d"), ("c", "y", None)],
)
def test_two_paths_part_at_their_last_common_response(
    first: str, second: str, expected: str | None
) -> None:
    found = divergence(first, second, forest=FOREST)
    assert (found and found.message) == expected
    assert divergence(FOREST[second], first, forest=FOREST) == found


def test_ids_alone_do_not_say_where_they_are() -> None:
    with pytest.raises(InvalidOperationError, match="forest="):
        divergence("c", "d")
    with pytest.raises(InvalidOperationError, match="forest="):
        divergence_matrix([])


@given(parents_of_forests())
def test_all_pairs_agree_with_climbing(above: list[int]) -> None:
    def path(place: int) -> list[int]:
        found = []
        while place >= 0:
            found.append(place)
            place = above[place]
        return found

    pairs = [(a, b) for a in range(len(above)) for b in range(len(above))]
    expected = [max({*path(a)} & {*path(b)}, default=-1) for a, b in pairs]
    forest = forest_from_parents(above)

    assert divergences(forest, pairs).tolist() == expected

    ids = forest.responses.ids
    if ids:
        matrix = divergence_matrix(ids, forest=forest)
        assert matrix.common.ravel().tolist() == expected
        steps = [
            len({*path(a)} ^ {*path(b)}) if common >= 0 else np.inf
            for (a, b), common in zip(pairs, expected, strict=True)
        ]
        assert matrix.distances.ravel().tolist() == steps


@given(st.integers(2, 40), st.randoms(use_true_random=False))
def test_a_tree_has_the_last_common_responses_of_networkx(size: int, random: Random) -> None:
    above = [-1, *(random.randrange(place) for place in range(1, size))]
    graph = nx.DiGraph((parent, child) for child, parent in enumerate(above) if parent >= 0)
    pairs = [(random.randrange(size), random.randrange(size)) for _ in range(10)]
    expected = dict(nx.tree_all_pairs_lowest_common_ancestor(graph, 0, pairs))
    found = divergences(forest_from_parents(above), pairs).tolist()
    assert found == [expected.get(pair, expected.get(pair[::-1])) for pair in pairs]


def test_rows_of_a_matrix_by_hand() -> None:
    matrix = divergence_matrix(["c", "e", "y"], forest=FOREST)
    assert matrix.to_records() == [
        {"first_id": "c", "second_id": "e", "divergence_id": "a", "depth": 1, "distance": 3},
        {"first_id": "c", "second_id": "y", "divergence_id": None, "depth": 0, "distance": None},
        {"first_id": "e", "second_id": "y", "divergence_id": None, "depth": 0, "distance": None},
    ]
    assert str(matrix) == (
        "3 responses, 3 pairs sharing 0 to 1 response, 0.33 in the mean; 2 sharing none"
    )


def test_a_forest_stands_for_its_tips() -> None:
    matrix = divergence_matrix(FOREST)
    assert list(matrix.ids) == FOREST.tips.ids == ["c", "d", "e", "y"]
    assert matrix.depths.tolist() == [[3, 2, 1, 0], [2, 3, 1, 0], [1, 1, 2, 0], [0, 0, 0, 2]]


def test_a_matrix_of_one_or_no_response_has_no_rows_but_columns() -> None:
    matrix = divergence_matrix(["a"], forest=FOREST)
    assert matrix.to_records() == []
    assert list(matrix.to_pandas().columns) == list(divergence_matrix(FOREST).to_records()[0])
    assert "no two" in str(matrix)
    assert len(divergence_matrix(forest_of(""))) == 0


def test_too_many_for_a_matrix_are_refused_with_the_next_step() -> None:
    forest = forest_from_parents([-1, *[0] * 5_001])
    with pytest.raises(
        InvalidOperationError, match=r"5,001 responses.*divergences\(forest, pairs\)"
    ):
        divergence_matrix(forest)


@pytest.mark.parametrize(
    "pairs", [[(0, 99)], [(-1, 0)], [(0, 1, 2)], ["ab"], np.zeros((2, 3), int), np.zeros((2, 2))]
)
def test_what_is_no_pair_of_the_forest_is_refused(pairs: object) -> None:
    with pytest.raises(InvalidOperationError):
        divergences(FOREST, pairs)  # type: ignore[arg-type]


def test_an_unknown_id_is_named() -> None:
    with pytest.raises(ResponseNotFound, match="nowhere"):
        divergences(FOREST, [("a", "nowhere")])


def test_no_pairs_have_no_divergences() -> None:
    assert divergences(FOREST, []).tolist() == []


@pytest.mark.parametrize("shape", ["chain", "star"])
def test_a_hundred_thousand_pairs_of_a_chain_and_of_a_star(shape: str) -> None:
    size = 100_000
    above = range(-1, size - 1) if shape == "chain" else [-1, *[0] * (size - 1)]
    pairs = np.random.default_rng(3).integers(1, size, (size, 2))
    same = pairs[:, 0] == pairs[:, 1]
    expected = pairs.min(axis=1) if shape == "chain" else np.where(same, pairs[:, 0], 0)
    assert (divergences(forest_from_parents(above), pairs) == expected).all()
