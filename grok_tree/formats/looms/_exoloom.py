"""Trees of Exoloom: nodes by number, with what the reader marked or pruned kept beside them."""

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
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats._times import from_iso
from grok_tree.formats.looms._repairs import unreadable


def _detect(source: Opened) -> bool:
    return "loomType" in source.keys


def _read(source: Opened) -> Iterator[Found]:
    mended: list[str] = []
    with source.open() as file:
        data = file.read().removeprefix(BYTE_ORDER_MARK)
    yield _tree(decoded_json(data, dict[str, Any], mended), mended)


def _tree(found: dict[str, Any], mended: list[str]) -> Found:
    tree, lens = object_of(found.get("tree")), object_of(found.get("lens"))
    if not isinstance(tree.get("nodes"), dict):
        return Skipped(0, "", "it has no 'nodes', so no text")
    starred, pruned = _named(lens.get("bookmarks")), _named(lens.get("prunedNodes"))
    nodes = [
        _node(key, one, starred=key in starred, pruned=key in pruned)
        for key, one in tree["nodes"].items()
    ]
    if nodes:
        rest = without(found, "tree", "lens") | without(tree, "title", "nodes", "createdAt")
        beside = {"lens": _unread_lens(lens, tree["nodes"])} | rest
        nodes[0].raw = raw_with(nodes[0].raw, "tree", beside)
    return SourceConversation(
        nodes=nodes,
        title=name_of(tree.get("title")),
        create_time=from_iso(tree.get("createdAt")),
        order=_order(tree["nodes"]),
        repairs=tuple(mended),
    )


def _unread_lens(lens: dict[str, Any], nodes: dict[str, Any]) -> dict[str, Any]:
    """Return what the lens says beside which nodes are marked or pruned."""
    rest = dict(lens)
    for name in ("bookmarks", "prunedNodes"):
        marks = [(one, object_of(one)) for one in list_of(lens.get(name))]
        rest[name] = [
            one
            for one, mark in marks
            if without(mark, "nodeId") or key_of(mark.get("nodeId")) not in nodes
        ]
    return {name: one for name, one in rest.items() if one not in (None, "", [], {})}


def _named(marks: Any) -> set[str | None]:
    return {key_of(object_of(one).get("nodeId")) for one in list_of(marks)}


def _order(nodes: dict[str, Any]) -> dict[str | None, list[str]]:
    order: dict[str | None, list[str]] = {}
    for key, one in nodes.items():
        children = [key_of(child) for child in list_of(object_of(one).get("childrenIds"))]
        order[key] = [child for child in children if child is not None]
    return order


def _node(key: str, value: Any, *, starred: bool, pruned: bool) -> SourceNode:
    if not isinstance(value, dict):
        return unreadable(value, key=key)
    mended: list[str] = []
    sender = sender_of(value.get("authorType"), mended, default="human")
    rest = without(value, "content", "parentId", "childrenIds")
    time = from_iso(value.get("createdAt"))
    if time is not None:
        del rest["createdAt"]
    if not mended:
        del rest["authorType"]
    model = name_of(rest.pop("authorName", None)) if sender == "assistant" else ""
    return node(
        sender,
        text_of(value.get("content"), mended),
        key=key,
        parent=key_of(value.get("parentId")),
        create_time=time,
        model_name=model,
        marks=Marks(starred=starred),
        flags=("hidden",) if pruned else (),
        repairs=mended,
        raw=raw_json({name: one for name, one in rest.items() if one is not None}),
    )


FORMAT = Format(
    name="exoloom",
    title="Tree of Exoloom (JSON)",
    detect=_detect,
    read=_read,
)
