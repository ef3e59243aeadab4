"""Trees of pyloom: nodes inside nodes, with the model's answers kept beside them.

A file may be a whole tree (``root`` and what belongs to it), a node, a list of nodes, a tree of
nothing but ``text`` and ``children``, or JSON Lines of nodes that name their parents. Several
whole trees may follow one another, each on a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Marks, Sender
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, json_lines, raw_json
from grok_tree.formats._loose import key_of, name_of, object_of, raw_with, text_of, without
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats.looms._pyloom_answers import Answer, Answers
from grok_tree.formats.looms._pyloom_writing import (
    BOOKMARK,
    LOSSES,
    ROOTS,
    WHOLE,
    write_pyloom,
)
from grok_tree.formats.looms._repairs import UNKNOWN_SENDER, unreadable
from grok_tree.formats.looms._tokens import placed
from grok_tree.formats.looms._unfolding import Flat, Placed, unfolded

LONGEST_LINE = 2**31
LINE = "line_skipped: line {number} was passed over: {why}"

_FLAT_KEYS = frozenset(("id", "text", "parent_id"))
_FOREIGN = frozenset(
    ("messages", "mapping", "nodes", "role", "logprob", "message_id", "messageId", "from")
)
_WINDOW = (
    "chat_preferences",
    "model_config",
    "module_settings",
    "preferences",
    "visualization_settings",
    "workspace",
)
"""How the program looks and connects, which is no part of a conversation."""

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)-(\d\d)\.(\d\d)\.(\d\d)")


def _detect(source: Opened) -> bool:
    keys = source.keys
    if _is_flat(source):
        return True
    if "root" in keys:
        return "nodes" not in keys and not {"root.text", "root.children"}.isdisjoint(keys)
    for above in ("", "item."):
        if {f"{above}text", f"{above}children"} <= keys:
            return keys.isdisjoint(f"{above}{one}" for one in _FOREIGN)
    return False


def _is_flat(source: Opened) -> bool:
    keys = source.first.keys()
    return {"id", "text"} <= keys and keys <= _FLAT_KEYS and b'"parent_id"' in source.head


def _read(source: Opened) -> Iterator[Found]:
    with source.open() as file:
        lines = json_lines(file, longest=LONGEST_LINE)
        number, first = next(lines, (0, b""))
        mended: list[str] = []
        tree = _whole(first, mended)
        if tree is None:
            data = b"\n".join([first, *(line for _, line in lines)])
            yield _conversation(decoded_json(data, Any, mended), 0, mended)
        elif tree.keys() <= _FLAT_KEYS and "children" not in tree:
            yield _from_lines(tree, lines, mended)
        else:
            yield _conversation(tree, 0, mended)
            for index, (number, line) in enumerate(lines, start=1):
                yield _from_line(line, index, number)


def _whole(line: bytes, mended: list[str]) -> dict[str, Any] | None:
    """Return the object that a line holds, None where it goes on on the next."""
    if not (line.startswith(b"{") and line.endswith(b"}")):
        return None
    try:
        tree = decoded_json(line, Any, mended)
    except MalformedDocument:
        return None
    return tree if isinstance(tree, dict) else None


def _from_line(line: bytes, index: int, number: int) -> Found:
    mended: list[str] = []
    try:
        return _conversation(decoded_json(line, Any, mended), index, mended)
    except MalformedDocument as error:
        return Skipped(index, "", f"line {number}: {error}")


def _from_lines(
    first: dict[str, Any], lines: Iterator[tuple[int, bytes]], mended: list[str]
) -> SourceConversation:
    found = [_flat_node(first)]
    for number, line in lines:
        told: list[str] = []
        try:
            found.append(_flat_node(decoded_json(line, dict[str, Any], told)))
        except MalformedDocument as error:
            mended.append(LINE.format(number=number, why=error))
            continue
        mended += told
    mended.append(UNKNOWN_SENDER.format(n=len(found)))
    return SourceConversation(nodes=found, repairs=tuple(dict.fromkeys(mended)))


def _flat_node(value: dict[str, Any]) -> SourceNode:
    mended: list[str] = []
    return node(
        "human",
        text_of(value.get("text"), mended),
        key=key_of(value.get("id")),
        parent=key_of(value.get("parent_id")),
        repairs=mended,
        raw=raw_json(without(value, *_FLAT_KEYS)),
    )


def _conversation(tree: Any, index: int, mended: list[str]) -> Found:
    whole = tree if isinstance(tree, dict) and "root" in tree else {}
    top = whole["root"] if whole else tree
    if not isinstance(top, dict | list):
        return Skipped(index, "", "it is no tree: it has neither 'root' nor 'text' and 'children'")
    try:
        return _Reading(whole).conversation(top if isinstance(top, list) else [top], mended)
    except MalformedDocument as error:
        return Skipped(index, "", str(error))


class _Reading:
    """Reads one tree.

    Args:
        whole: The object around the root, empty for a node without one.
    """

    def __init__(self, whole: dict[str, Any]) -> None:
        self._whole = whole
        self._answers = Answers(whole.get("model_responses"))
        self._nodes: list[SourceNode] = []
        self._n_unknown = 0

    def conversation(self, tops: list[Any], mended: list[str]) -> SourceConversation:
        flat = unfolded(tops, mended)
        for one in flat.nodes:
            self._nodes.append(self._node(one, flat))
        if self._n_unknown:
            mended.append(UNKNOWN_SENDER.format(n=self._n_unknown))
        first = self._nodes[0] if self._nodes else None
        if first is not None:
            first.raw = raw_with(first.raw, WHOLE, self._rest())
        settings = object_of(self._whole.get("generation_settings"))
        return SourceConversation(
            nodes=self._nodes,
            title="" if first is None else self._title(first),
            system_prompt=name_of(settings.get("global_context")),
            create_time=None if first is None else first.said.create_time,
            leaf=flat.end_of(key_of(self._whole.get("selected_node_id"))),
            repairs=tuple(mended),
        )

    def _title(self, first: SourceNode) -> str:
        for chapter in object_of(self._whole.get("chapters")).values():
            if first.key and key_of(object_of(chapter).get("root_id")) == first.key:
                return name_of(chapter.get("title"))
        return ""

    def _rest(self) -> dict[str, Any]:
        """Return what belongs to the tree as a whole."""
        rest = without(self._whole, "root", "selected_node_id", "model_responses", *_WINDOW)
        return {**rest, "model_responses": self._answers.unused()}

    def _node(self, place: Placed, flat: Flat) -> SourceNode:
        value = place.value
        if not isinstance(value, dict):
            return unreadable(value, parent=place.parent)
        if value.get(ROOTS) is True and not value.get("text") and place.parent is None:
            return node("system", "", key=key_of(value.get("id")), structural=True)
        mended: list[str] = []
        text = text_of(value.get("text"), mended)
        rest = without(value, "id", "text", "children")
        if self._is_parent(rest.get("parent_id"), place.parent, flat):
            rest.pop("parent_id", None)
        meta = dict(object_of(rest.get("meta")))
        answer = self._answers.of(rest, meta)
        sender = self._sender(meta, answer)
        said: dict[str, Any] = {"marks": _marks(rest), "create_time": _time(meta)}
        if answer is not None:
            said |= answer.said if sender == "assistant" else {}
            if answer.prompt and not self._ends_with(answer.prompt, place.parent):
                rest["prompt"] = answer.prompt
            if answer.text not in ("", text):
                rest["sampled_text"] = answer.text
            if answer.rest:
                rest["model_response"] = answer.rest
        if isinstance(rest.get("meta"), dict):
            rest.pop("meta")
            rest |= {"meta": meta} if meta else {}
        return node(
            sender,
            text,
            key=key_of(value.get("id")),
            parent=place.parent,
            logprobs=placed(text, answer.tokens, mended) if answer else (),
            repairs=mended,
            raw=raw_json(rest),
            **said,
        )

    def _is_parent(self, named: Any, parent: int | None, flat: Flat) -> bool:
        """Return whether a node's own word for its parent says no more than where it stands."""
        if parent is None:
            return named is None
        return flat.end_of(key_of(named)) == self._nodes[parent].key

    def _sender(self, meta: dict[str, Any], answer: Answer | None) -> Sender:
        source = meta.get("source")
        if source in ("AI", "prompt"):
            del meta["source"]
        if source == "prompt":
            return "human"
        if answer is not None or source in ("AI", "mixed"):
            return "assistant"
        self._n_unknown += 1
        return "human"

    def _ends_with(self, prompt: str, parent: int | None) -> bool:
        """Return whether a prompt is just how the text of the path ends."""
        end: int = len(prompt)
        at: str | int | None = parent
        while end and isinstance(at, int):
            text = self._nodes[at].said.message
            if len(text) >= end:
                return text.endswith(prompt[:end])
            if not prompt.endswith(text, 0, end):
                return False
            end -= len(text)
            at = self._nodes[at].parent
        return not end


def _time(meta: dict[str, Any]) -> datetime | None:
    """Return when a node was made, which names no zone; it is taken out of `meta`."""
    found = _TIME.fullmatch(name_of(meta.get("creation_timestamp")))
    if found is None:
        return None
    try:
        time = datetime(*map(int, found.groups()), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    del meta["creation_timestamp"]
    return time


def _marks(rest: dict[str, Any]) -> Marks:
    """Return what people said about a node; that is taken out of `rest`."""
    tags: set[str] = set()
    starred = rest.get("bookmark") is True
    if starred:
        del rest["bookmark"]
    listed = rest.get("tags")
    if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
        tags = set(rest.pop("tags"))
    note = ""
    notes = rest.get("notes")
    if isinstance(notes, list) and len(notes) == 1 and isinstance(notes[0], str):
        note = rest.pop("notes")[0]
    return Marks(
        starred=starred or BOOKMARK in tags, tags=tuple(sorted(tags - {BOOKMARK})), note=note
    )


FORMAT = Format(
    name="pyloom",
    title="Tree of the loom in Python (JSON or JSON Lines)",
    suffix=".json",
    detect=_detect,
    read=_read,
    write=write_pyloom,
    losses=LOSSES,
)
