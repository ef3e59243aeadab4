"""A forest as a graph of networkx: what nodes say, and what that costs to ask."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import networkx as nx
import pytest
from hypothesis import given

from grok_tree import analysis
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    Conversation,
    ConversationId,
    Forest,
    HeldResponses,
    Marks,
    Response,
    ResponseId,
    Settings,
    Timing,
    Usage,
)
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis._graphs import LARGE, LARGE_SHAPES, parents

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Unread(HeldResponses):
    """A source whose responses nobody may read."""

    def responses(self, numbers: Sequence[int]) -> list[Response]:
        raise AssertionError(f"{len(numbers)} responses were read")


def with_source(forest: Forest, source: HeldResponses) -> Forest:
    return Forest(forest.conversation, forest.parent_numbers, source)


def one_of_everything() -> Forest:
    conversation = Conversation(
        conversation_id=ConversationId("c"),
        create_time=NOON,
        modify_time=NOON,
        title="A title",
        revision=7,
        leaf_response_id=ResponseId("a"),
    )
    asked = Response(
        response_id=ResponseId("q"),
        conversation_id=conversation.conversation_id,
        parent_response_id=None,
        sender="human",
        message="Q",
        create_time=NOON,
    )
    answer = Response(
        response_id=ResponseId("a"),
        conversation_id=conversation.conversation_id,
        parent_response_id=ResponseId("q"),
        sender="assistant",
        message="A",
        create_time=NOON,
        partial=True,
        model_name="scripted/varied",
        finish_reason="length",
        settings=Settings(temperature=0.5, seed=3),
        usage=Usage(prompt_tokens=5, completion_tokens=2, cost_usd=0.25),
        timing=Timing(duration_s=1.5),
        marks=Marks(starred=True, tags=("good", "short"), scores={"taste": 0.75}),
        position=1,
    )
    return Forest(conversation, [-1, 0], HeldResponses([asked, answer]))


def test_nodes_are_in_order_of_creation_and_edges_lead_from_parent_to_child() -> None:
    graph = forest_of("a>b>c, a>d").graph()
    assert isinstance(graph, nx.DiGraph)
    assert list(graph) == ["a", "b", "c", "d"]
    assert list(graph.edges) == [("a", "b"), ("a", "d"), ("b", "c")]
    assert [graph.edges[edge]["order"] for edge in graph.edges] == [0, 1, 0]


def test_the_shape_of_a_small_forest_stands_at_its_nodes() -> None:
    graph = forest_of("a>b>c, a>d", leaf="b").graph(attributes="shape")
    assert graph.nodes["a"] == {
        "position": 0,
        "depth": 1,
        "n_children": 2,
        "n_tips": 2,
        "is_root": True,
        "is_fork": True,
        "is_tip": False,
        "is_leaf": False,
    }
    assert [node for node, leaf in graph.nodes(data="is_leaf") if leaf] == ["b"]
    assert nx.get_node_attributes(graph, "depth") == {"a": 1, "b": 2, "c": 3, "d": 2}


def test_the_shape_reads_no_response() -> None:
    forest = forest_of("a>b>c, a>d")
    unread = with_source(forest, Unread(forest))
    assert len(unread.graph(attributes="shape")) == len(unread.graph(attributes=())) == 4
    with pytest.raises(AssertionError, match="were read"):
        unread.graph()


def test_short_facts_come_without_being_asked_for_and_texts_only_when_asked_for() -> None:
    forest = one_of_everything()
    cheap = forest.graph()
    assert (
        cheap.nodes["a"].items()
        >= {
            "sender": "assistant",
            "model_name": "scripted/varied",
            "finish_reason": "length",
            "partial": True,
            "manual": False,
            "starred": True,
        }.items()
    )
    assert "message" not in cheap.nodes["a"]
    everything = forest.graph(attributes="all").nodes["a"]
    assert everything.items() >= cheap.nodes["a"].items()
    assert (
        everything.items()
        >= {
            "create_time": "2026-05-01T12:00:00+00:00",
            "prompt_tokens": 5,
            "completion_tokens": 2,
            "cost_usd": 0.25,
            "duration_s": 1.5,
            "temperature": 0.5,
            "seed": 3,
            "tags": "good, short",
            "score:taste": 0.75,
            "message": "A",
        }.items()
    )


def test_what_is_not_known_of_a_response_its_node_leaves_out() -> None:
    graph = one_of_everything().graph(attributes=["cost_usd", "finish_reason"])
    assert dict(graph.nodes(data=True)) == {
        "q": {"finish_reason": ""},
        "a": {"cost_usd": 0.25, "finish_reason": "length"},
    }


def test_the_graph_says_which_conversation_it_is_of() -> None:
    assert one_of_everything().graph().graph == {
        "conversation_id": "c",
        "title": "A title",
        "revision": 7,
    }


@pytest.mark.parametrize("wrong", ["everything", ["depth", "colour"]], ids=str)
def test_an_unknown_attribute_is_refused_with_those_there_are(wrong: str | list[str]) -> None:
    with pytest.raises(InvalidOperationError, match=r"(everything|colour).*shape, cheap, all"):
        analysis.graph(forest_of("a>b"), attributes=wrong)


@pytest.mark.parametrize("kind", ["graphml", "gexf"])
def test_files_of_graphs_can_hold_all_that_nodes_say(kind: str) -> None:
    graph = one_of_everything().graph(attributes="all")
    file = io.BytesIO()
    getattr(nx, f"write_{kind}")(graph, file)
    file.seek(0)
    back = getattr(nx, f"read_{kind}")(file)
    assert back.nodes["a"]["message"] == "A"
    assert back.nodes["a"]["cost_usd"] == 0.25
    assert set(back.edges) == set(graph.edges)


@given(parents())
def test_what_nodes_say_agrees_with_networkx(above: list[int]) -> None:
    forest = forest_from_parents(above)
    graph = forest.graph()
    assert len(above) == 0 or nx.is_branching(graph)
    assert [node for node, d in graph.in_degree if d == 0] == truly(graph, "is_root")
    assert [node for node, d in graph.out_degree if d == 0] == truly(graph, "is_tip")
    assert [node for node, d in graph.out_degree if d > 1] == truly(graph, "is_fork")
    for node, said in graph.nodes.items():
        below = nx.descendants(graph, node) | {node}
        assert said["n_tips"] == sum(graph.out_degree(one) == 0 for one in below)
        assert said["depth"] == len(nx.ancestors(graph, node)) + 1
        assert said["n_children"] == graph.out_degree(node)
        assert said["sender"] == forest[node].sender
        orders = [graph.edges[node, child]["order"] for child in graph[node]]
        assert orders == list(range(len(orders)))


def truly(graph: nx.DiGraph, name: str) -> list[str]:
    said: Iterable[tuple[str, bool]] = graph.nodes(data=name)
    return [node for node, value in said if value]


@pytest.mark.parametrize("shape", LARGE_SHAPES)
def test_a_hundred_thousand_become_a_graph(shape: str) -> None:
    forest = forest_from_parents(LARGE_SHAPES[shape](LARGE))
    graph = forest.graph(attributes="shape")
    assert graph.number_of_edges() == LARGE - 1
    assert graph.nodes[forest.tips[-1].response_id]["depth"] == (LARGE if shape == "chain" else 2)
