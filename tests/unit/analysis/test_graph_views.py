"""Parts of a graph: views without copies, and the skeleton."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree import analysis
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis._graphs import LARGE, LARGE_SHAPES, parents


def test_views_of_a_small_forest() -> None:
    graph = forest_of("a>b>c, a>d, e").graph()
    assert list(analysis.below(graph, "a")) == ["a", "b", "c", "d"]
    assert list(analysis.path_to(graph, "c").edges) == [("a", "b"), ("b", "c")]
    assert list(analysis.only(graph, sender="human")) == ["a", "c", "e"]
    assert list(analysis.only(graph, lambda node: node["depth"] < 3).edges) == [
        ("a", "b"),
        ("a", "d"),
    ]
    assert list(analysis.only(graph, lambda node: node["depth"] < 3, is_tip=True)) == ["d", "e"]


def test_views_show_what_changes_and_cannot_be_changed() -> None:
    graph = forest_of("a>b>c").graph()
    view = analysis.below(graph, "b")
    graph.nodes["c"]["colour"] = "red"
    assert view.nodes["c"]["colour"] == "red"
    with pytest.raises(nx.NetworkXError):
        view.add_node("d")
    view.copy().add_node("d")


def test_a_response_may_be_given_as_its_value() -> None:
    forest = forest_of("a>b, a>c")
    assert list(analysis.below(forest.graph(), forest["b"])) == ["b"]


def test_the_skeleton_joins_runs_without_forks() -> None:
    # a ─ b ─ c ┬ d ─ e      the runs a-b-c, c-d-e and c-f-g become an edge of two steps each
    #           └ f ─ g
    graph = forest_of("a>b>c>d>e, c>f>g, h").graph()
    bones = analysis.skeleton(graph)
    assert list(bones) == ["a", "c", "e", "g", "h"]
    assert list(bones.edges(data="length")) == [("a", "c", 2), ("c", "e", 2), ("c", "g", 2)]
    assert bones.nodes["c"] == graph.nodes["c"]
    assert bones.graph == graph.graph


def test_the_skeleton_of_one_sender_joins_over_the_others() -> None:
    bones = analysis.skeleton(forest_of("a>b>c>d, c>e").graph(), sender="assistant")
    assert list(bones.edges(data="length")) == [("b", "d", 2), ("b", "e", 2)]


def test_the_skeleton_is_a_graph_of_its_own() -> None:
    graph = forest_of("a>b").graph()
    analysis.skeleton(graph).nodes["a"]["colour"] = "red"
    assert "colour" not in graph.nodes["a"]


@given(parents(), st.integers(0, 23))
def test_views_agree_with_networkx(above: list[int], at: int) -> None:
    if at >= len(above):
        return
    forest = forest_from_parents(above)
    graph = forest.graph()
    one = forest.responses[at].response_id
    assert set(analysis.below(graph, one).edges) == set(nx.dfs_edges(graph, one))
    assert list(analysis.path_to(graph, one)) == forest.path(one).ids


@given(parents(least=1))
def test_the_skeleton_keeps_forks_tips_and_lengths(above: list[int]) -> None:
    graph = forest_from_parents(above).graph()
    bones = analysis.skeleton(graph)
    tips = [node for node, degree in graph.out_degree if degree == 0]
    assert len(bones) < 3 * len(tips)
    assert [node for node, degree in bones.out_degree if degree == 0] == tips
    assert sum(length for _, _, length in bones.edges(data="length")) == graph.number_of_edges()
    for upper, lower, length in bones.edges(data="length"):
        assert nx.shortest_path_length(graph, upper, lower) == length
    assert nx.is_isomorphic(analysis.skeleton(bones), bones)


def test_what_is_not_in_the_graph_is_named() -> None:
    with pytest.raises(ResponseNotFound, match="nobody is not among the 1"):
        analysis.below(forest_of("a").graph(), "nobody")


@pytest.mark.parametrize("part", [analysis.only, analysis.skeleton])
def test_an_attribute_that_no_node_has_is_refused(part: object) -> None:
    graph = forest_of("a>b").graph(attributes="shape")
    with pytest.raises(InvalidOperationError, match="'sender'; make the graph with"):
        part(graph, sender="human")  # type: ignore[operator]
    assert list(analysis.only(nx.DiGraph(), sender="human")) == []


@pytest.mark.parametrize("shape", LARGE_SHAPES)
def test_parts_of_a_hundred_thousand(shape: str) -> None:
    forest = forest_from_parents(LARGE_SHAPES[shape](LARGE))
    graph = forest.graph(attributes=())
    root, last = forest.roots.ids[0], forest.tips.ids[-1]
    assert len(analysis.below(graph, root)) == LARGE
    assert len(analysis.path_to(graph, last)) == (LARGE if shape == "chain" else 2)
    assert len(analysis.skeleton(graph)) == (2 if shape == "chain" else LARGE)
