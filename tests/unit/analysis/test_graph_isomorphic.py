"""Equal subtrees are found, whatever the order of siblings."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree import analysis
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis._graphs import LARGE, LARGE_SHAPES, parents


def test_the_classes_of_a_small_forest() -> None:
    # a ┬ b ┬ c ─ d    b and f are equal but for the order of their children; c and h are, too.
    #   │   └ e        Three kinds of subtrees more: that of a, and the tips.
    #   └ f ┬ g
    #       └ h ─ i
    found = analysis.isomorphic_subtrees(forest_of("a>b>c>d, b>e, a>f>g, f>h>i"))
    assert [(one.members, one.n_responses, one.n_tips, one.height) for one in found.classes] == [
        (("b", "f"), 4, 2, 3),
        (("c", "h"), 2, 1, 2),
    ]
    assert found.n_classes == 4
    assert str(found) == "4 different subtrees by shape, 2 of them several times"
    assert [row["response_id"] for row in found.to_records()] == ["b", "f", "c", "h"]


def test_the_rows_of_classes_by_hand() -> None:
    # Twice a fork of a tip and a chain of two: four responses, two tips, three deep.
    found = analysis.isomorphic_subtrees(forest_of("a>b, a>c>d, e>f>g, e>h"), n_least=3)
    assert found.to_records() == [
        {
            "class_number": 0,
            "response_id": name,
            "n_members": 2,
            "n_responses": 4,
            "n_tips": 2,
            "height": 3,
        }
        for name in "ae"
    ]


@given(parents(), st.randoms())
def test_the_order_of_siblings_changes_no_class(above: list[int], random: Any) -> None:
    names = {-1: -1}
    waiting = [n for n, parent in enumerate(above) if parent < 0]
    mixed: list[int] = []
    while waiting:
        one = waiting.pop(random.randrange(len(waiting)))
        names[one] = len(mixed)
        mixed.append(names[above[one]])
        waiting += [child for child, parent in enumerate(above) if parent == one]
    found = [
        analysis.isomorphic_subtrees(forest_from_parents(one), n_least=1) for one in (above, mixed)
    ]
    shapes = [
        sorted((len(one.members), one.n_responses, one.n_tips, one.height) for one in two.classes)
        for two in found
    ]
    assert shapes[0] == shapes[1]
    assert found[0].n_classes == found[1].n_classes


def test_tips_are_listed_when_asked_for() -> None:
    found = analysis.isomorphic_subtrees(forest_of("a>b, a>c"), n_least=1)
    assert [one.members for one in found.classes] == [("b", "c")]


def test_what_is_said_can_be_compared_too() -> None:
    forest = forest_from_parents([-1, 0, 0, 1, 2, 2], messages=["q", "x", "x", "y", "y", "z"])

    def members(by: analysis.SameBy) -> list[int]:
        classes = analysis.isomorphic_subtrees(forest, by=by, n_least=1).classes
        return [len(one.members) for one in classes]

    assert members("sender") == [
        3,
    ]
    assert members("text") == [2]
    assert members(lambda response: response.message in "yz") == [3]


def test_an_unknown_way_to_compare_is_refused() -> None:
    with pytest.raises(InvalidOperationError, match="'colour'; give 'shape'"):
        analysis.isomorphic_subtrees(forest_of("a"), by="colour")  # type: ignore[arg-type]
    with pytest.raises(InvalidOperationError, match="at least 0"):
        analysis.isomorphic_subtrees(forest_of("a"), n_least=0)


def test_an_empty_forest_has_no_subtrees() -> None:
    assert analysis.isomorphic_subtrees(forest_of("")).n_classes == 0


def by_place(response: Response) -> int:
    return response.position % 2


@given(parents(most=9))
def test_classes_agree_with_isomorphism_in_networkx(above: list[int]) -> None:
    forest = forest_from_parents(above)
    for by, name in (("shape", None), ("sender", "sender"), (by_place, "odd")):
        graph = forest.graph()
        nx.set_node_attributes(graph, {one.response_id: by_place(one) for one in forest}, "odd")
        match = name and nx.algorithms.isomorphism.categorical_node_match(name, None)
        found = analysis.isomorphic_subtrees(forest, by=by, n_least=1)  # type: ignore[arg-type]
        same = {pair for one in found.classes for pair in combinations(sorted(one.members), 2)}
        for pair in combinations(sorted(forest.responses.ids), 2):
            first, second = (analysis.below(graph, one).copy() for one in pair)
            # A subtree has one root, so a match of the graphs is one of the rooted trees.
            assert (pair in same) == nx.is_isomorphic(first, second, node_match=match)


@given(parents())
def test_equal_subtrees_have_one_hash_of_weisfeiler_and_lehman(above: list[int]) -> None:
    forest = forest_from_parents(above)
    graph = forest.graph()
    for one in analysis.isomorphic_subtrees(forest, n_least=1).classes:
        below = (analysis.below(graph, member).to_undirected() for member in one.members)
        assert len({nx.weisfeiler_lehman_graph_hash(b, node_attr="n_tips") for b in below}) == 1


@given(parents())
def test_a_forest_put_twice_has_every_class_twice(above: list[int]) -> None:
    once = analysis.isomorphic_subtrees(forest_from_parents(above), n_least=1)
    doubled = [*above, *(p if p < 0 else p + len(above) for p in above)]
    twice = analysis.isomorphic_subtrees(forest_from_parents(doubled), n_least=1)
    assert twice.n_classes == len(twice.classes) == once.n_classes
    assert sum(len(one.members) for one in twice.classes) == 2 * len(above)


@pytest.mark.parametrize("shape", LARGE_SHAPES)
def test_subtrees_of_a_hundred_thousand(shape: str) -> None:
    forest = forest_from_parents(LARGE_SHAPES[shape](LARGE))
    found = analysis.isomorphic_subtrees(forest, n_least=1)
    assert found.n_classes == (LARGE if shape == "chain" else 2)
    assert [len(one.members) for one in found.classes] == ([] if shape == "chain" else [LARGE - 1])
