"""Notes of loomsidian."""

from __future__ import annotations

from tests.unit.formats._made import by_key, raw_of, read_json
from tests.unit.formats._samples import documents


def test_the_node_that_was_looked_at_is_the_leaf() -> None:
    (document,) = documents("loomsidian/single_export.json")
    assert document.forest.leaf is not None
    assert document.forest.leaf.origin.original_id == "463bdba6-12a1-49d3-adb1-045792a9d981"


def test_every_note_of_the_data_file_is_a_conversation_and_keys_are_not_kept() -> None:
    first = {
        "current": "b",
        "hoisted": ["a"],
        "nodes": {
            "a": {"text": "one", "parentId": None, "bookmarked": True, "author": "ai"},
            "b": {"value": "two", "parentId": "a", "unread": True},
        },
    }
    second = {"current": "x", "nodes": [{"id": "x", "text": "three", "parentId": None}]}
    data = {
        "settings": {"openaiApiKey": "sk-secret"},
        "state": {"Notes/a.b.md": first, "c.md": second, "broken.md": {"nodes": []}},
    }
    found = read_json(data)
    assert [one.conversation.title for one in found] == ["Notes/a.b.md", "c.md", "broken.md"]
    nodes = by_key(found[0])
    assert (nodes["a"].sender, nodes["a"].marks.starred) == ("assistant", True)
    assert nodes["b"].message == "two"
    assert raw_of(nodes["a"]) == {"author": "ai", "note": {"hoisted": ["a"]}}
    assert raw_of(nodes["b"]) == {"unread": True}
    assert found[1].counts.nodes == 1
    assert not any("secret" in one.origin.raw for document in found for one in document.responses)


def test_several_nodes_without_a_parent_are_several_roots() -> None:
    nodes = {"a": {"text": "", "parentId": None}, "b": {"text": "x", "parentId": None}}
    (document,) = read_json({"current": "b", "nodes": nodes, "generating": None})
    assert document.counts.roots == 2
    assert document.responses[0].origin.flags == ("empty",)
