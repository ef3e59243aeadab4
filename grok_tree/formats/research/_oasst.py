"""OpenAssistant trees: JSON Lines, gzipped or not, of trees, threads or messages.

A line is a tree (``message_tree_id`` and ``prompt``), a thread (``thread_id`` and ``thread``) or a
message (``message_id``), which has its answers in it or stands before them on lines of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import NO_TIME, Forest, Marks, Response
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, json_lines, raw_json
from grok_tree.formats._lines import MAX_LINE_BYTES
from grok_tree.formats._loose import number_of
from grok_tree.formats._opening import Opened
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats._times import from_iso

NAME = "oasst"

_ORDER = (
    "message_id",
    "parent_id",
    "user_id",
    "created_date",
    "text",
    "role",
    "lang",
    "review_count",
    "review_result",
    "deleted",
    "rank",
    "synthetic",
    "model_name",
    "emojis",
    "labels",
    "events",
    "detoxify",
)
_ROLES = {"human": "prompter"}
_TREE = "tree"
_EMOJI = "emoji:"

_Json = dict[str, Any]


class _Group:
    """A tree whose messages come one after another."""

    def __init__(self, key: str | None) -> None:
        self.key = key
        self.ids: set[str] = set()
        self.nodes: list[SourceNode] = []
        self.mended: list[str] = []

    def takes(self, message: _Json) -> bool:
        """Whether a message on a line of its own belongs to this tree."""
        tree = message.get("message_tree_id")
        if tree is not None:
            return bool(tree == self.key)
        return _text(message.get("parent_id")) in self.ids

    def add(self, message: _Json, parent: str | int | None, about: _Json) -> None:
        """Add a message with all that hangs on it; `about` is told of the tree as a whole."""
        waiting: list[tuple[Any, str | int | None]] = [(message, parent)]
        while waiting:
            one, above = waiting.pop()
            if not isinstance(one, dict):
                one = {"text": one}
            replies = one.pop("replies", None)
            place = len(self.nodes)
            self.nodes.append(_node(one, above, about))
            about = {}
            if (key := self.nodes[-1].key) is not None:
                self.ids.add(key)
            if isinstance(replies, list):
                waiting += [(reply, place) for reply in reversed(replies)]

    def conversation(self) -> SourceConversation:
        return SourceConversation(
            nodes=self.nodes,
            key=self.key,
            create_time=self.nodes[0].said.create_time if self.nodes else None,
            repairs=tuple(self.mended),
        )


def _detect(source: Opened) -> bool:
    keys = source.keys
    return (
        {"message_id", "role", "text"} <= keys
        or {"thread_id", "thread.item.message_id"} <= keys
        or ("message_tree_id" in keys and not {"prompt", "message_id"}.isdisjoint(keys))
    )


def _read(source: Opened) -> Iterator[Found]:
    for index, found in enumerate(_groups(source)):
        yield found.conversation() if isinstance(found, _Group) else Skipped(index, "", found)


def _groups(source: Opened) -> Iterator[_Group | str]:
    """Yield the trees of a file, and why a line is none."""
    growing: _Group | None = None
    with source.open() as file:
        for number, line in json_lines(file, longest=MAX_LINE_BYTES):
            mended: list[str] = []
            try:
                told = decoded_json(line, _Json, mended)
                if growing is not None and "message_id" in told and growing.takes(told):
                    growing.mended += mended
                    _add_flat(growing, told)
                    continue
                if growing is not None:
                    yield growing
                    growing = None
                growing = _begun(told)
                growing.mended += mended
            except MalformedDocument as error:
                yield f"line {number}: {error}"
    if growing is not None:
        yield growing


def _begun(told: _Json) -> _Group:
    """Return the tree that a line holds or begins.

    Raises:
        MalformedDocument: It holds none.
    """
    if "message_id" in told:
        group = _Group(_text(told.get("message_tree_id")) or _text(told["message_id"]))
        _add_flat(group, told)
        return group
    if isinstance(told.get("prompt"), dict):
        prompt = told.pop("prompt")
        group = _Group(_text(told.pop("message_tree_id", None)))
        group.add(prompt, _text(prompt.get("parent_id")), told)
        return group
    thread = told.pop("thread", None)
    if not isinstance(thread, list):
        raise MalformedDocument("it has neither 'prompt' nor 'thread' nor 'message_id'")
    group = _Group(_text(told.pop("thread_id", None)))
    for message in thread:
        # A thread is one path, whatever else its messages hung on.
        group.add(message, len(group.nodes) - 1 if group.nodes else None, told)
        told = {}
    return group


def _add_flat(group: _Group, message: _Json) -> None:
    message.pop("message_tree_id", None)
    state = message.pop("tree_state", None)
    about = {"tree_state": state} if state is not None and not group.nodes else {}
    group.add(message, _text(message.get("parent_id")), about)


def _node(message: _Json, parent: str | int | None, about: _Json) -> SourceNode:
    mended: list[str] = []
    sender = sender_of(message.pop("role", None), mended)
    time = from_iso(message.get("created_date"))
    if time is not None:
        del message["created_date"]
    text = message.pop("text", None)
    model = message.pop("model_name", None) if sender == "assistant" else None
    deleted = message.get("deleted")
    if isinstance(deleted, bool):
        del message["deleted"]
    key = _text(message.pop("message_id", None))
    message.pop("parent_id", None)
    scores = _scores(message)
    rest = {name: value for name, value in message.items() if value is not None}
    return node(
        sender,
        text if isinstance(text, str) else raw_json(text),
        key=key,
        parent=parent,
        create_time=time,
        model_name=_text(model) or "",
        marks=Marks(scores=scores),
        flags=("deleted",) if deleted is True else (),
        repairs=mended,
        raw=raw_json({**rest, **({_TREE: about} if about else {})}),
    )


def _scores(message: _Json) -> dict[str, float]:
    """Take rank, emojis and labels out of a message, as far as they are numbers."""
    scores: dict[str, float] = {}
    if _is_number(message.get("rank")):
        scores["rank"] = float(message.pop("rank"))
    emojis = _object(message.get("emojis"))
    for name, count in emojis.items():
        if _is_number(count):
            scores[_EMOJI + name] = float(message["emojis"].pop(name))
    if emojis and not message["emojis"]:
        del message["emojis"]
    labels = message.get("labels")
    for name, label in labels.items() if isinstance(labels, dict) else ():
        free = name.strip() and name != "rank" and not name.startswith(_EMOJI)
        if free and isinstance(label, dict) and _is_number(label.get("value")):
            scores[name] = float(label.pop("value"))
    return scores


def _is_number(value: object) -> bool:
    return number_of(value) is not None


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else raw_json([value])[1:-1]


def _write(forests: Iterable[Forest], file: BinaryIO) -> int:
    n_written = 0
    for forest in forests:
        for root in forest.roots:
            _write_tree(forest, root, file)
        n_written += len(forest)
    return n_written


def _write_tree(forest: Forest, root: Response, file: BinaryIO) -> None:
    """Write one line, piece by piece: the tree may be larger than memory, or deep."""
    about = {"tree_state": "ready_for_export", **_kept(root).get(_TREE, {})}
    head = json.dumps({"message_tree_id": _id(root), **about})
    file.write(f'{head[:-1]}, "prompt": '.encode())
    # What is still to be written: a response under its parent, or a piece of text.
    waiting: list[tuple[Response, Response | None] | str] = [(root, None)]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            file.write(one.encode())
            continue
        response, parent = one
        message = _message(response, parent, root)
        file.write(f'{json.dumps(message)[:-1]}, "replies": ['.encode())
        children = list(forest.children(response.response_id))
        waiting.append("]}")
        for number, child in reversed(list(enumerate(children))):
            waiting.append((child, response))
            if number:
                waiting.append(", ")
    file.write(b"}\n")


def _message(response: Response, parent: Response | None, root: Response) -> _Json:
    kept = _kept(response)
    kept.pop(_TREE, None)
    said = {
        "message_id": _id(response),
        "parent_id": None if parent is None else _id(parent),
        "text": response.message,
        "role": _ROLES.get(response.sender, response.sender),
        "deleted": "deleted" in response.origin.flags,
        "model_name": response.model_name or None,
    }
    above = {NO_TIME} if parent is None else {parent.create_time, root.create_time}
    if above != {response.create_time}:
        # Without it, a message has the time of its parent when it is read.
        said["created_date"] = response.create_time.isoformat()
    kept |= {name: value for name, value in said.items() if value is not None}
    _put_scores(kept, response.marks.scores)
    known = {name: kept.pop(name) for name in _ORDER if name in kept}
    return {**known, **kept}


def _put_scores(message: _Json, scores: Mapping[str, float]) -> None:
    emojis, labels = _object(message.get("emojis")), _object(message.get("labels"))
    for name, value in scores.items():
        whole = int(value) if value.is_integer() else value
        if name == "rank":
            message["rank"] = whole
        elif name.startswith(_EMOJI):
            emojis[name.removeprefix(_EMOJI)] = whole
        else:
            labels[name] = {"value": value, **_object(labels.get(name, {"count": 1}))}
    for name, found in (("emojis", emojis), ("labels", labels)):
        if found:
            message[name] = found


def _id(response: Response) -> str:
    origin = response.origin
    return (origin.original_id if origin.format == NAME else None) or response.response_id


def _kept(response: Response) -> _Json:
    """Return what this format said of a response that no field holds."""
    if response.origin.format != NAME or not response.origin.raw:
        return {}
    try:
        kept = _object(msgspec.json.decode(response.origin.raw))
    except (msgspec.DecodeError, RecursionError):
        return {}
    kept.pop("replies", None)
    return {**kept, _TREE: _object(kept.get(_TREE))}


def _object(value: object) -> _Json:
    return dict(value) if isinstance(value, dict) else {}


FORMAT = Format(
    name=NAME,
    title="OpenAssistant trees, threads or messages (JSON Lines)",
    suffix=".jsonl",
    detect=_detect,
    read=_read,
    write=_write,
    losses=(
        "title, star, times, system prompt and leaf of the conversation",
        "that several roots are one conversation: each becomes a tree",
        "order of creation across branches",
        "reasoning, attachments, tool calls, citations and searches",
        "settings, usage, timing, finish reason and whether a text is partial",
        "stars, tags, notes and times of marks",
        "origin, except what this format said itself",
        "model names of responses that are not the assistant's",
        "log-probabilities",
    ),
)
