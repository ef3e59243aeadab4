"""Graphs of Bonsai."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from grok_tree.forest import TokenLogprob
from tests.unit.formats._made import by_key, raw_of, read_json
from tests.unit.formats._samples import documents


def node(id: str, *parents: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "text": id, "parentIds": list(parents), "childrenIds": []} | fields


def test_focus_title_and_times_are_read() -> None:
    (document,) = documents("bonsai/graph.json")
    assert document.conversation.title == "graph_2"
    assert document.forest.leaf == document.responses[0]
    assert document.responses[0].create_time == datetime(2023, 3, 28, 10, 40, tzinfo=UTC)
    assert raw_of(document.responses[0])["graph"]["pathNodes"]


def test_the_first_parent_is_the_trees_and_the_others_are_kept() -> None:
    nodes = [node("a"), node("b"), node("c", "b", "a"), node("d", "c")]
    (document,) = read_json({"nodes": nodes, "edges": []})
    found = by_key(document)
    assert document.forest.parent(found["c"].response_id) == found["b"]
    assert raw_of(found["c"])["parentIds"] == ["b", "a"]
    assert document.repair_counts["extra_parent"] == 1


def test_a_node_that_names_no_parent_takes_that_of_its_edge() -> None:
    edges = [{"from": "a", "to": "b", "relation": "parentId"}]
    (document,) = read_json({"nodes": [node("a"), node("b")], "edges": edges})
    assert document.counts.roots == 1


def test_a_cycle_is_broken_and_named() -> None:
    (document,) = read_json({"nodes": [node("a", "b"), node("b", "a")], "edges": []})
    assert (document.counts.roots, document.repair_counts["cycle_broken"]) == (1, 1)


def test_what_was_sampled_has_its_model_tokens_and_tags() -> None:
    said = node(
        "hi",
        generationSettings={"model": "m", "temperature": 1},
        logprobs={"content": [{"token": "hi", "logprob": -0.5, "top_logprobs": []}]},
        tags=["t"],
        visible=False,
        label="L",
    )
    (document,) = read_json({"nodes": [said], "edges": []})
    (one,) = document.responses
    assert (one.sender, one.model_name, one.marks.tags) == ("assistant", "m", ("t",))
    assert one.origin.flags == ("hidden",)
    assert document.logprobs[one.response_id] == [TokenLogprob("hi", -0.5)]
    assert raw_of(one)["label"] == "L"
    assert document.repair_counts == {}
