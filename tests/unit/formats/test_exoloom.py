"""Trees of Exoloom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.unit.formats._made import by_key, raw_of, read_json
from tests.unit.formats._samples import documents


def test_marks_pruned_nodes_titles_and_times_are_read() -> None:
    (document,) = documents("exoloom/export.json")
    nodes = by_key(document)
    assert document.conversation.title == "exo 2"
    assert document.conversation.create_time == datetime(2025, 12, 17, 10, tzinfo=UTC)
    assert [key for key, one in nodes.items() if one.marks.starred] == ["2"]
    assert document.flag_counts == {"hidden": 1}
    assert (nodes["1"].sender, nodes["2"].sender) == ("human", "assistant")
    assert document.repair_counts == {}


def one_node(**fields: Any) -> dict[str, Any]:
    return {"content": "x", "authorType": "LLM", "parentId": None, "childrenIds": []} | fields


def test_the_author_of_an_answer_is_its_model() -> None:
    nodes = {"1": one_node(authorName="m"), "2": one_node(authorType="USER", authorName="Jo")}
    tree = {"nodes": nodes, "description": "why"}
    (document,) = read_json({"loomType": "Exoloom", "schemaVersion": 1, "tree": tree})
    found = by_key(document)
    assert (found["1"].model_name, found["2"].model_name) == ("m", "")
    assert raw_of(found["2"]) == {"authorName": "Jo"}
    assert raw_of(found["1"])["tree"] == {
        "loomType": "Exoloom",
        "schemaVersion": 1,
        "description": "why",
    }


def test_children_lists_say_the_order_and_nothing_else() -> None:
    nodes = {
        "1": one_node(childrenIds=[3, 2, 99]),
        "2": one_node(parentId=1),
        "3": one_node(parentId=1),
        "4": one_node(parentId=1),
        "5": one_node(parentId=77, childrenIds=[2]),
    }
    (document,) = read_json({"loomType": "Exoloom", "tree": {"nodes": nodes}})
    root = document.responses[0]
    children = document.forest.children(root.response_id)
    assert [one.origin.original_id for one in children] == ["3", "2", "4"]
    assert document.repair_counts == {"orphan": 1}
