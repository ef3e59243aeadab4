"""GraphML: any forest in, ours out with all that its attributes can hold.

Nothing that a document declares is ever expanded: one with a DTD or entities is refused. Control
characters, which XML cannot hold, are written as backslash escapes, and the node says where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Forest, Response
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import SourceConversation
from grok_tree.formats.pictures._fields import (
    GRAPH_LOSSES,
    TEXTS,
    attributes_of,
    attributes_of_conversation,
    found_conversation,
    found_node,
)
from grok_tree.formats.pictures._showing import shortened

_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
_PIECE = 1 << 16
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"\\(?:\\|u([0-9a-f]{4}))")
_MORE, _ESCAPES = "more", "escaped"
_MADE_BY, _US = "made_by", "grok_tree"
_ONLY_SHOWN = ("label", "starred")
_LONGEST_LABEL = 60


def _detect(source: Opened) -> bool:
    head = source.head[:4096].lstrip()
    return head.startswith(b"<") and re.search(rb"<(\w+:)?graphml[\s>]", head) is not None


def _read(source: Opened) -> Iterator[Found]:
    parser = _Parser()
    with source.open() as file:
        while piece := file.read(_PIECE):
            yield from parser.feed(piece)
    yield from parser.feed(b"", last=True)


class _Graph:
    """One graph as it is read."""

    def __init__(self) -> None:
        self.about: dict[str, str] = {}
        self._nodes: list[tuple[str, dict[str, str]]] = []
        self._edges: list[tuple[str, str, dict[str, str]]] = []

    def node(self, key: str) -> dict[str, str]:
        """Add a node, and return what takes its attributes."""
        self._nodes.append((key, {}))
        return self._nodes[-1][1]

    def edge(self, source: str, target: str) -> dict[str, str]:
        """Add an edge, and return what takes its attributes."""
        self._edges.append((source, target, {}))
        return self._edges[-1][2]

    def conversation(self, defaults: Mapping[str, str]) -> SourceConversation:
        """Return it as a conversation.

        Args:
            defaults: Attributes of nodes that do not say otherwise.
        """
        parents: dict[str, list[str]] = {}
        edges: dict[str, list[dict[str, str]]] = {}
        for source, target, said in self._edges:
            parents.setdefault(target, []).append(source)
            if said:
                edges.setdefault(target, []).append({"from": source, **said})
        ours = self.about.pop(_MADE_BY, "") == _US
        nodes = []
        for key, said in self._nodes:
            attributes = _unpacked({**defaults, **said}, ours=ours)
            if key in edges:
                attributes["edges"] = edges[key]
            nodes.append(found_node(key, attributes, parents.get(key, ())))
        return found_conversation(nodes, _unpacked(self.about, ours=ours))


class _Parser:
    """Takes a document piece by piece, and gives each graph when it ends."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._defaults: dict[str, str] = {}
        self._path: list[str] = []
        self._owners: list[dict[str, str]] = [{}]
        self._graph = _Graph()
        self._done: list[SourceConversation] = []
        self._key = ""
        self._is_of_nodes = False
        self._text: list[str] = []
        self._label: list[str] = []
        self._xml = expat.ParserCreate()
        self._xml.buffer_text = True
        self._xml.StartElementHandler = self._start
        self._xml.EndElementHandler = self._end
        self._xml.CharacterDataHandler = self._said
        self._xml.StartDoctypeDeclHandler = _refuse
        self._xml.EntityDeclHandler = _refuse

    def feed(self, piece: bytes, *, last: bool = False) -> Iterator[SourceConversation]:
        """Take the next piece, and yield the graphs that ended in it.

        Raises:
            MalformedDocument: It is no XML, or declares something.
        """
        try:
            self._xml.Parse(piece, last)
        except MalformedDocument:
            raise
        except (expat.ExpatError, LookupError, ValueError) as error:
            # The last two are what is said of an encoding that is not known.
            raise MalformedDocument(f"it cannot be read: {error}") from None
        done, self._done = self._done, []
        yield from done

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._path.append(name)
        match name:
            case "key":
                self._key = attributes.get("id", "")
                self._names[self._key] = attributes.get("attr.name") or self._key
                self._is_of_nodes = attributes.get("for", "node") in ("node", "all")
            case "node":
                self._owners.append(self._graph.node(attributes.get("id", "")))
            case "edge":
                source, target = attributes.get("source", ""), attributes.get("target", "")
                self._owners.append(self._graph.edge(source, target))
            case "graph":
                inside = self._path.count("graph") > 1
                self._owners.append({} if inside else self._graph.about)
            case "data":
                self._key, self._text, self._label = attributes.get("key", ""), [], []
            case "default":
                self._text = []
            case _:
                pass

    def _end(self, _tag: str) -> None:
        name = self._path.pop()
        match name:
            case "data":
                self._take_data()
            case "default" if self._is_of_nodes:
                self._defaults[self._names[self._key]] = "".join(self._text)
            case "node" | "edge":
                self._owners.pop()
            case "graph":
                self._owners.pop()
                if "graph" not in self._path:
                    self._done.append(self._graph.conversation(self._defaults))
                    self._graph = _Graph()
            case _:
                pass

    def _take_data(self) -> None:
        owner = self._owners[-1]
        if label := "".join(self._label).strip():
            # Programs that draw put the label deep inside, between what it looks like.
            owner.setdefault("label", label)
        else:
            owner[self._names.get(self._key, self._key)] = "".join(self._text)

    def _said(self, text: str) -> None:
        if "NodeLabel" in self._path:
            self._label.append(text)
        elif self._path[-1] in ("data", "default"):
            self._text.append(text)


def _refuse(*_declared: object) -> None:
    raise MalformedDocument(
        "it declares a document type or entities, which are never expanded here;"
        " take the declaration out if you trust the file"
    )


def _unpacked(attributes: Mapping[str, str], *, ours: bool) -> dict[str, Any]:
    """Return attributes with what our writer put together taken apart again."""
    found: dict[str, Any] = dict(attributes)
    if not ours:
        return found
    for name in _ONLY_SHOWN:
        found.pop(name, None)
    for name in found.pop(_ESCAPES, "").split():
        if name in found:
            found[name] = _ESCAPED.sub(_meant, found[name])
    if _MORE in found:
        found |= decoded_json(found.pop(_MORE).encode(), dict[str, Any])
    return found


def _meant(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16)) if escaped[1] else "\\"


def _write(forests: Iterable[Forest], file: BinaryIO) -> int:
    written = 0
    file.write(_HEAD.encode())
    for number, forest in enumerate(forests):
        for part in _parts(forest, number):
            file.write(part.encode())
        written += len(forest)
    file.write(b"</graphml>\n")
    return written


def _parts(forest: Forest, number: int) -> Iterator[str]:
    leaf = forest.leaf
    about = attributes_of_conversation(
        forest.conversation, None if leaf is None else leaf.response_id
    )
    yield f'<graph id="g{number}" edgedefault="directed">\n'
    yield from _data("g", {_MADE_BY: _US, **_packed(about, ("title", "system_prompt"))})
    for response in forest:
        yield f"<node id={_quoted(response.response_id)}>"
        yield from _data("", _shown(response) | _packed(attributes_of(response), TEXTS))
        yield "</node>\n"
    for response in forest:
        if response.parent_response_id is not None:
            source, target = response.parent_response_id, response.response_id
            yield f"<edge source={_quoted(source)} target={_quoted(target)}/>\n"
    yield "</graph>\n"


def _shown(response: Response) -> dict[str, str]:
    label = shortened(response.message, _LONGEST_LABEL) or response.sender
    return {"label": label, "starred": str(response.marks.starred).lower()}


def _packed(attributes: dict[str, Any], plain: Iterable[str]) -> dict[str, str]:
    """Return attributes as texts that XML can hold: some as they are, the rest as JSON."""
    texts = {name: attributes.pop(name) for name in plain if name in attributes}
    if attributes:
        texts[_MORE] = msgspec.json.encode(attributes).decode()
    escaped = [name for name, text in texts.items() if _ILLEGAL.search(text)]
    for name in escaped:
        texts[name] = _ILLEGAL.sub(_as_escape, texts[name].replace("\\", "\\\\"))
    return texts | ({_ESCAPES: " ".join(escaped)} if escaped else {})


def _as_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _data(prefix: str, attributes: Mapping[str, str]) -> Iterator[str]:
    for name, text in attributes.items():
        # A parser turns a bare carriage return into a line feed.
        held = escape(text, {"\r": "&#13;"})
        yield f'<data key="{prefix}{name}">{held}</data>'


def _quoted(text: str) -> str:
    return quoteattr(_ILLEGAL.sub("\ufffd", text), {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


def _declared(prefix: str, whose: str, names: Iterable[str]) -> str:
    return "".join(
        f'<key id="{prefix}{name}" for="{whose}" attr.name="{name}"'
        f' attr.type="{"boolean" if name == "starred" else "string"}"/>\n'
        for name in names
    )


_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<graphml xmlns="{_NAMESPACE}">\n'
    f"{_declared('', 'node', (*_ONLY_SHOWN, *TEXTS, _MORE, _ESCAPES))}"
    f"{_declared('g', 'graph', (_MADE_BY, 'title', 'system_prompt', _MORE, _ESCAPES))}"
)

FORMAT = Format(
    name="graphml",
    title="GraphML, a graph for each conversation",
    suffix=".graphml",
    detect=_detect,
    read=_read,
    write=_write,
    losses=GRAPH_LOSSES,
)
