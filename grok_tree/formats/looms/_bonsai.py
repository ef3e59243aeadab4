"""Graphs of Bonsai, in which a node may have several parents: the first is the tree's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grok_tree.forest import Marks
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import BYTE_ORDER_MARK, decoded_json, raw_json
from grok_tree.formats._loose import (
    key_of,
    list_of,
    name_of,
    object_of,
    raw_with,
    text_of,
    without,
)
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats._times import from_milliseconds
from grok_tree.formats.looms._repairs import UNKNOWN_SENDER, unreadable
from grok_tree.formats.looms._tokens import loose_tokens, placed

EXTRA_PARENT = "extra_parent: it also hangs on {others}, which a tree cannot say; they are kept raw"


def _detect(source: Opened) -> bool:
    return {"nodes.item.parentIds", "nodes.item.text"} <= source.keys


def _read(source: Opened) -> Iterator[Found]:
    mended: list[str] = []
    with source.open() as file:
        data = file.read().removeprefix(BYTE_ORDER_MARK)
    yield _graph(decoded_json(data, dict[str, Any], mended), mended)


def _graph(found: dict[str, Any], mended: list[str]) -> Found:
    if not isinstance(found.get("nodes"), list):
        return Skipped(0, "", "it has no list of 'nodes', so no text")
    edges = _edges(found.get("edges"))
    nodes = [_node(one, edges) for one in found["nodes"]]
    unknown = [one for one in nodes if one.said.sender == "human"]
    if unknown:
        mended.append(UNKNOWN_SENDER.format(n=len(unknown)))
    if nodes:
        rest = without(found, "nodes", "edges", "name", "focusedId")
        rest["edges"] = _unread_edges(found.get("edges"), nodes)
        nodes[0].raw = raw_with(nodes[0].raw, "graph", rest)
    return SourceConversation(
        nodes=nodes,
        title=name_of(found.get("name")),
        leaf=key_of(found.get("focusedId")),
        order=_order(found["nodes"]),
        repairs=tuple(mended),
    )


def _edges(value: Any) -> dict[str, list[str]]:
    """Return the parents that the edges say."""
    parents: dict[str, list[str]] = {}
    for edge in map(object_of, list_of(value)):
        above, below = key_of(edge.get("from")), key_of(edge.get("to"))
        if above is not None and below is not None:
            parents.setdefault(below, []).append(above)
    return parents


def _unread_edges(value: Any, nodes: list[SourceNode]) -> list[Any]:
    """Return the edges that say more than that one node is the parent of another."""
    known = {(one.parent, one.key) for one in nodes}
    return [
        edge
        for edge in list_of(value)
        if without(object_of(edge), "id", "from", "to", "relation")
        or object_of(edge).get("relation", "parentId") != "parentId"
        or (key_of(object_of(edge).get("from")), key_of(object_of(edge).get("to"))) not in known
    ]


def _order(nodes: list[Any]) -> dict[str | None, list[str]]:
    order: dict[str | None, list[str]] = {}
    for one in map(object_of, nodes):
        children = [key_of(child) for child in list_of(one.get("childrenIds"))]
        order[key_of(one.get("id"))] = [child for child in children if child is not None]
    return order


def _node(value: Any, edges: dict[str, list[str]]) -> SourceNode:
    if not isinstance(value, dict):
        return unreadable(value)
    mended: list[str] = []
    key = key_of(value.get("id"))
    rest = without(value, "id", "text", "childrenIds", "parentIds", "tags")
    text = text_of(value.get("text"), mended)
    named = [key_of(one) for one in list_of(value.get("parentIds"))]
    parents = [one for one in named if one is not None] or edges.get(key or "", [])
    if len(parents) > 1:
        mended.append(EXTRA_PARENT.format(others=", ".join(parents[1:])))
        rest["parentIds"] = parents
    time = from_milliseconds(value.get("createdAt"))
    if time is not None:
        del rest["createdAt"]
    asked = value.get("generationSettings")
    tokens = loose_tokens(value.get("logprobs"))
    if tokens:
        del rest["logprobs"]
    tags = [one for one in list_of(value.get("tags")) if isinstance(one, str)]
    sampled = bool(asked or value.get("logprobs"))
    return node(
        "assistant" if sampled else "human",
        text,
        key=key,
        parent=parents[0] if parents else None,
        create_time=time,
        model_name=name_of(object_of(asked).get("model")) if sampled else "",
        marks=Marks(tags=tuple(sorted(set(tags)))),
        flags=("hidden",) if value.get("visible") is False else (),
        logprobs=placed(text, tokens, mended),
        repairs=mended,
        raw=raw_json({name: one for name, one in rest.items() if one not in (None, "")}),
    )


FORMAT = Format(
    name="bonsai",
    title="Graph of Bonsai (JSON)",
    detect=_detect,
    read=_read,
)
