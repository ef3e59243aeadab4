"""Node-link JSON, as networkx and drawing libraries read it; a graph on each line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Forest
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, json_lines, raw_json
from grok_tree.formats._lines import MAX_LINE_BYTES
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation
from grok_tree.formats.pictures._fields import (
    GRAPH_LOSSES,
    attributes_of,
    attributes_of_conversation,
    found_conversation,
    found_node,
)


def _detect(source: Opened) -> bool:
    keys = source.keys
    ours = {"directed", "multigraph", "nodes"} <= keys
    drawn = "nodes.item.id" in keys and "links.item.source" in keys
    return ours or drawn


def _read(source: Opened) -> Iterator[Found]:
    with source.open() as file:
        lines = source.first != {}
        graphs = (line for _, line in json_lines(file, longest=MAX_LINE_BYTES)) if lines else None
        for index, content in enumerate([file.read()] if graphs is None else graphs):
            mended: list[str] = []
            try:
                found = _conversation(decoded_json(content, Any, mended))
            except MalformedDocument as error:
                yield Skipped(index, "", str(error))
                continue
            found.repairs = tuple(mended)
            yield found


def _conversation(graph: Any) -> SourceConversation:
    if not isinstance(graph, dict) or not isinstance(graph.get("nodes"), list):
        raise MalformedDocument("it is no graph: it has no list of 'nodes'")
    edges = graph.get("edges", graph.get("links"))
    parents: dict[str, list[str]] = {}
    for edge in edges if isinstance(edges, list) else ():
        if isinstance(edge, dict) and "source" in edge and "target" in edge:
            parents.setdefault(_name(edge["target"]), []).append(_name(edge["source"]))
    nodes = []
    for number, one in enumerate(graph["nodes"]):
        attributes = dict(one) if isinstance(one, dict) else {"id": one}
        key = _name(attributes.pop("id", number))
        # What comes twice has its edges once; the second keeps its place in the list.
        nodes.append(found_node(key, attributes, parents.get(key, ())))
    about = graph.get("graph")
    return found_conversation(nodes, about if isinstance(about, dict) else {})


def _name(value: Any) -> str:
    return value if isinstance(value, str) else raw_json([value])[1:-1]


def _write(forests: Iterable[Forest], file: BinaryIO) -> int:
    written = 0
    for forest in forests:
        for part in _parts(forest):
            file.write(part)
        written += len(forest)
    return written


def _parts(forest: Forest) -> Iterator[bytes]:
    leaf = forest.leaf
    about = attributes_of_conversation(
        forest.conversation, None if leaf is None else leaf.response_id
    )
    yield b'{"directed":true,"multigraph":false,"graph":' + msgspec.json.encode(about)
    yield b',"nodes":['
    for number, response in enumerate(forest):
        one = {"id": response.response_id, **attributes_of(response)}
        yield (b"," if number else b"") + msgspec.json.encode(one)
    yield b'],"edges":['
    comma = b""
    for response in forest:
        if response.parent_response_id is not None:
            edge = {"source": response.parent_response_id, "target": response.response_id}
            yield comma + msgspec.json.encode(edge)
            comma = b","
    yield b"]}\n"


FORMAT = Format(
    name="nodelink",
    title="node-link JSON, as networkx reads it, a graph a line",
    suffix=".json",
    detect=_detect,
    read=_read,
    write=_write,
    losses=GRAPH_LOSSES,
)
