"""Notes of loomsidian: the plug-in's data file with all of them, or one that was exported.

The data file also holds the plug-in's settings with the keys of providers; they are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grok_tree.forest import Marks
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import BYTE_ORDER_MARK, decoded_json, raw_json
from grok_tree.formats._loose import key_of, object_of, raw_with, text_of, without
from grok_tree.formats._opening import Opened
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats.looms._repairs import UNKNOWN_SENDER, unreadable


def _detect(source: Opened) -> bool:
    keys = source.keys
    if "nodes" in keys:
        single = not {"current", "generating"}.isdisjoint(keys)
        return single and keys.isdisjoint(("edges", "loomType", "root", "messages"))
    # A note is called by its path, which may have dots in it.
    ends = {key.rsplit(".", 1)[-1] for key in keys if key.startswith("state.")}
    return {"nodes", "current"} <= ends


def _read(source: Opened) -> Iterator[Found]:
    mended: list[str] = []
    with source.open() as file:
        data = file.read().removeprefix(BYTE_ORDER_MARK)
    found = decoded_json(data, dict[str, Any], mended)
    if "nodes" in found or not isinstance(found.get("state"), dict):
        yield _note("", found, 0, mended)
        return
    for index, (path, note) in enumerate(found["state"].items()):
        yield _note(path, note, index, mended)


def _note(path: str, note: Any, index: int, mended: list[str]) -> Found:
    nodes = object_of(note).get("nodes")
    if isinstance(nodes, list):
        listed = [(key_of(object_of(one).get("id")), one) for one in nodes]
    elif isinstance(nodes, dict):
        listed = list(nodes.items())
    else:
        return Skipped(index, path, "it has no 'nodes', so no text")
    found = [_node(key, one) for key, one in listed]
    told = list(mended)
    if n_unknown := sum("author" not in object_of(one) for _, one in listed):
        told.append(UNKNOWN_SENDER.format(n=n_unknown))
    if found:
        found[0].raw = raw_with(found[0].raw, "note", without(note, "nodes", "current"))
    return SourceConversation(
        nodes=found,
        key=path or None,
        title=path,
        leaf=key_of(note.get("current")),
        repairs=tuple(told),
    )


def _node(key: str | None, value: Any) -> SourceNode:
    if not isinstance(value, dict):
        return unreadable(value, key=key)
    mended: list[str] = []
    author = value.get("author")
    text_at = "text" if "text" in value else "value"
    return node(
        "human" if author is None else sender_of(author, mended, default="human"),
        text_of(value.get(text_at), mended),
        key=key,
        parent=key_of(value.get("parentId")),
        marks=Marks(starred=value.get("bookmarked") is True),
        repairs=mended,
        raw=raw_json(without(value, "id", text_at, "parentId", "bookmarked")),
    )


FORMAT = Format(
    name="loomsidian",
    title="Notes of the loom for Obsidian (JSON)",
    detect=_detect,
    read=_read,
)
