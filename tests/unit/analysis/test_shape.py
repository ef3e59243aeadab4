"""Shapes: figures by hand, networkx and brute force as references, and what must not matter."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, cast

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.analysis import Shape, shape, tree_table
from grok_tree.errors import ResponseNotFound
from grok_tree.forest import Conversation, Forest, ResponseSource
from grok_tree.testing import CONVERSATION_ID, EPOCH, forest_from_parents, forest_of
from tests.strategies import parents_of_forests

FOREST = "a>b>c, b>d, a>e, x"


def test_the_figures_of_a_small_forest_by_hand() -> None:
    found = shape(forest_of(FOREST))
    # Fork a shares 3 tips out as 2 and 1, fork b its 2 evenly; J1 = (3 H(2/3, 1/3) + 2 * 1) / 5.
    entropy = -(2 / 3) * math.log2(2 / 3) - (1 / 3) * math.log2(1 / 3)
    assert found.balance == pytest.approx((3 * entropy + 2) / 5)
    assert found == Shape(
        responses=6,
        roots=2,
        tips=4,
        forks=2,
        max_depth=3,
        max_fanout=2,
        width=2,
        largest_tree=5,
        diameter=3,  # c, b, a, e
        chains=6,
        longest_chain=1,
        mean_chain=1.0,
        mean_tip_depth=(3 + 3 + 2 + 1) / 4,
        mean_fanout=(2 + 2) / 2,
        mean_fork_fanout=2.0,
        sackin=2 + 2 + 1 + 0,
        balance=found.balance,
        depths=(2, 2, 2),
        fanouts=((0, 4), (2, 2)),
        chain_lengths=((1, 6),),
    )


def test_chains_end_at_forks_and_tips() -> None:
    # The chains: a b c, d e, f; c is a fork and the last of its chain.
    found = shape(forest_of("a>b>c>d>e, c>f"))
    assert found.chain_lengths == ((1, 1), (2, 1), (3, 1))
    assert (found.chains, found.longest_chain, found.mean_chain) == (3, 3, 2.0)


def test_of_nothing_everything_is_nothing_or_not_a_number() -> None:
    found = shape(forest_of(""))
    means = {found.mean_chain, found.mean_tip_depth, found.mean_fanout, found.mean_fork_fanout}
    assert all(math.isnan(mean) for mean in {*means, found.balance})
    counts = (found.responses, found.tips, found.max_depth, found.diameter, found.chains)
    assert counts == (0, 0, 0, 0, 0)
    assert (found.depths, found.fanouts, found.chain_lengths) == ((), (), ())
    assert "nan" not in str(found)


def test_a_single_response_is_a_tip_a_chain_and_no_fork() -> None:
    found = shape(forest_of("a"))
    assert (found.tips, found.chains, found.max_depth, found.diameter) == (1, 1, 1, 0)
    assert (found.mean_tip_depth, found.sackin, found.max_fanout) == (1.0, 0, 0)
    assert math.isnan(found.balance)


@given(parents_of_forests())
def test_depth_sizes_and_diameter_are_those_of_networkx(above: list[int]) -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(above)))
    graph.add_edges_from((parent, child) for child, parent in enumerate(above) if parent >= 0)
    trees = [graph.subgraph(found) for found in nx.weakly_connected_components(graph)]

    found = shape(forest_from_parents(above))

    assert found.max_depth == (nx.dag_longest_path_length(graph) + 1 if above else 0)
    assert found.largest_tree == max(map(len, trees), default=0)
    assert found.diameter == max((nx.diameter(tree.to_undirected()) for tree in trees), default=0)
    assert dict(found.fanouts) == Counter(degree for _, degree in graph.out_degree())
    layers = Counter(len(nx.ancestors(graph, node)) + 1 for node in graph)
    assert found.depths == tuple(layers[depth] for depth in range(1, found.max_depth + 1))
    assert found.width == max(layers.values(), default=0)


@given(parents_of_forests())
def test_balance_and_sackin_are_those_of_their_definitions(above: list[int]) -> None:
    children: dict[int, list[int]] = {place: [] for place in range(len(above))}
    for child, parent in enumerate(above):
        if parent >= 0:
            children[parent].append(child)
    tips = [0] * len(above)
    for place in reversed(range(len(above))):
        tips[place] = sum(tips[child] for child in children[place]) or 1
    part = whole = 0.0
    for fork in (place for place in children if len(children[place]) > 1):
        shares = [tips[child] / tips[fork] for child in children[fork]]
        part += tips[fork] * -sum(share * math.log(share, len(shares)) for share in shares)
        whole += tips[fork]

    found = shape(forest_from_parents(above))

    assert found.balance == (
        pytest.approx(part / whole) if whole else pytest.approx(math.nan, nan_ok=True)
    )
    assert found.sackin == sum(
        _depth(above, place) - 1 for place in children if not children[place]
    )


def _depth(above: list[int], place: int) -> int:
    depth = 0
    while place >= 0:
        place, depth = above[place], depth + 1
    return depth


@given(parents_of_forests(), st.randoms(use_true_random=False))
def test_neither_the_order_of_siblings_nor_of_creation_matters(
    above: list[int], random: Random
) -> None:
    renumbered: dict[int, int] = {-1: -1}
    shuffled: list[int] = []
    while len(shuffled) < len(above):
        ready = [n for n in range(len(above)) if n not in renumbered and above[n] in renumbered]
        chosen = random.choice(ready)
        renumbered[chosen] = len(shuffled)
        shuffled.append(renumbered[above[chosen]])
    first, second = shape(forest_from_parents(above)), shape(forest_from_parents(shuffled))
    assert first.balance == pytest.approx(second.balance, nan_ok=True)
    assert _comparable(first) == _comparable(second)


def _comparable(found: Shape) -> str:
    return repr(replace(found, balance=0.0))


@given(parents_of_forests(), st.data())
def test_another_child_changes_what_it_must(above: list[int], data: st.DataObject) -> None:
    parent = data.draw(st.integers(-1, len(above) - 1))
    before, after = shape(forest_from_parents(above)), shape(forest_from_parents([*above, parent]))
    fanout = above.count(parent)
    root = parent < 0
    assert after.responses == before.responses + 1 == sum(after.depths)
    assert after.roots == before.roots + root
    assert after.tips == before.tips + (root or fanout > 0)
    assert after.forks == before.forks + (not root and fanout == 1)
    # A first child lengthens a chain; a second one is one, and cuts another in two.
    assert after.chains == before.chains + (1 if root else {0: 0, 1: 2}.get(fanout, 1))
    assert after.max_depth >= before.max_depth
    assert after.diameter >= before.diameter
    assert sum(length * n for length, n in after.chain_lengths) == after.responses


@given(parents_of_forests())
def test_the_trees_of_a_forest_have_the_shapes_that_they_have_alone(above: list[int]) -> None:
    forest = forest_from_parents(above)
    rows = tree_table(forest).to_records()
    assert [row["root_id"] for row in rows] == forest.roots.ids
    for row in rows:
        alone = shape(forest, below=row["root_id"])
        assert row == {"root_id": row["root_id"]} | {
            name: getattr(alone, name) for name in row if name != "root_id"
        }


def test_below_a_response_the_rest_does_not_count() -> None:
    forest = forest_of(FOREST)
    assert shape(forest, below="b") == shape(forest_of("b>c, b>d"))
    assert shape(forest, below=forest["e"]).responses == 1
    with pytest.raises(ResponseNotFound):
        shape(forest, below="nowhere")


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        (range(-1, 99_999), {"max_depth": 100_000, "diameter": 99_999, "chains": 1, "width": 1}),
        ([-1, *[0] * 99_999], {"max_depth": 2, "diameter": 2, "chains": 100_000, "width": 99_999}),
        ([-1] * 100_000, {"max_depth": 1, "diameter": 0, "chains": 100_000, "roots": 100_000}),
    ],
    ids=["chain", "star", "roots"],
)
def test_a_hundred_thousand_of_any_shape(above: Sequence[int], expected: dict[str, int]) -> None:
    found = shape(forest_from_parents(above))
    assert {name: getattr(found, name) for name in expected} == expected
    assert len(str(found).splitlines()) == 6


class _Untouchable:
    """A source that has no answers."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a shape needs no {name}")


def test_no_text_and_no_id_is_touched() -> None:
    conversation = Conversation(
        conversation_id=CONVERSATION_ID, create_time=EPOCH, modify_time=EPOCH
    )
    forest = Forest(conversation, [-1, 0, 0], cast(ResponseSource, _Untouchable()))
    assert forest.shape().forks == 1


def test_rows_leave_the_profiles_to_a_table_of_their_own() -> None:
    found = shape(forest_of(FOREST))
    (row,) = found.to_records()
    assert row["diameter"] == 3
    assert all(isinstance(value, int | float) for value in row.values())
    assert found.depth_records() == [{"depth": n, "responses": 2} for n in (1, 2, 3)]


def test_a_shape_shows_itself_in_a_few_words_and_in_a_notebook() -> None:
    forest = forest_from_parents(range(-1, 9_999))
    assert len(repr(shape(forest))) < 500
    words = " ".join(re.sub("<[^>]*>", " ", shape(forest_of(FOREST))._repr_html_()).split())
    assert "diameter 3" in words
    assert words.endswith("depth responses 1 2 2 2 3 2")
    assert repr(tree_table(forest_of(FOREST))) == "<TreeTable: 2 trees>"
