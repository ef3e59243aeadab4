"""Writes trees that pyloom opens, one a line, of any depth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from grok_tree.forest import NO_PARENT, NO_TIME, Conversation, Forest, Marks, Response
from grok_tree.formats._json import raw_json
from grok_tree.formats._kept import kept as kept_of
from grok_tree.formats._kept import keys_for
from grok_tree.formats._loose import object_of, without

BOOKMARK = "bookmark"
"""The tag that stands for a star."""
ROOTS = "grok_tree_roots"
"""Set in a node that only holds several roots together, or none."""
WHOLE = "tree"
"""In what is kept of the first node: what belongs to the tree as a whole."""

_NAME = "pyloom"

LOSSES = (
    "sender other than human and assistant: it becomes human",
    "reasoning, tool_calls, tool_call_id, query, query_type, citations and attachments",
    "encrypted_reasoning, settings, usage, timing and logprobs",
    "model_name and finish_reason of what no assistant said",
    "manual, partial and shared",
    "scores and times of marks, and the tag 'bookmark', which is a star there",
    "origin, but for what came from pyloom",
    "parts of a second of create_time",
    "create_time, modify_time, starred, model_name and system_prompt_name of the conversation",
    "a leaf_response_id that is None",
    "order of creation across branches",
)


def write_pyloom(forests: Iterable[Forest], file: BinaryIO) -> int:
    """Write each forest as a tree on a line of its own; return the number of responses."""
    written = 0
    for forest in forests:
        responses = list(forest)
        for piece in _Tree(forest, responses).pieces():
            file.write(piece)
        written += len(responses)
    return written


class _Tree:
    """One forest as a tree."""

    def __init__(self, forest: Forest, responses: Sequence[Response]) -> None:
        self._conversation = forest.conversation
        self._responses = responses
        self._parents = forest.parent_numbers
        self._ids = keys_for(forest, _NAME)
        self._children: list[list[int]] = [[] for _ in range(len(responses) + 1)]
        for number, parent in enumerate(self._parents):
            # NO_PARENT is -1: the roots are the last list.
            self._children[parent].append(number)

    def pieces(self) -> Iterator[bytes]:
        """Yield the line piece by piece."""
        roots = self._children[NO_PARENT]
        if len(roots) == 1:
            root_id = self._ids[roots[0]]
            top = b""
        else:
            root_id = f"roots-{self._conversation.conversation_id}"
            top = _opened({ROOTS: True, "id": root_id, "text": "", "open": True})
        yield b'{"root":' + top
        yield from self._subtrees(roots, None if len(roots) == 1 else root_id)
        if top:
            yield b"]}"
        for name, value in self._whole(root_id).items():
            yield b"," + raw_json({name: value}).encode()[1:-1]
        yield b"}\n"

    def _subtrees(self, roots: Sequence[int], parent_id: str | None) -> Iterator[bytes]:
        waiting: list[int | bytes] = _separated(roots)
        while waiting:
            one = waiting.pop()
            if isinstance(one, bytes):
                yield one
                continue
            above = self._parents[one]
            above_id = parent_id if above == NO_PARENT else self._ids[above]
            yield _opened(self._node(one, above_id))
            waiting.append(b"]}")
            waiting += _separated(self._children[one])

    def _node(self, number: int, parent_id: str | None) -> dict[str, Any]:
        response = self._responses[number]
        kept = without(kept_of(response, _NAME), WHOLE, "id", "parent_id", "text", "children")
        node: dict[str, Any] = {"id": self._ids[number]}
        if parent_id is not None:
            node["parent_id"] = parent_id
        node |= {"text": response.message, "open": True, "visited": True, "mutable": True}
        tags = _tags(response.marks)
        if tags or "tags" not in kept:
            kept["tags"] = tags
        if response.marks.note:
            kept["notes"] = [response.marks.note]
        if _was_sampled(response):
            kept["generation"] = {"id": response.response_id, "index": 0}
        return {**node, **kept, "meta": {**_meta(response), **object_of(kept.get("meta"))}}

    def _whole(self, root_id: str) -> dict[str, Any]:
        """Return what stands beside the root."""
        conversation = self._conversation
        kept = object_of(kept_of(self._responses[0], _NAME).get(WHOLE)) if self._responses else {}
        settings = object_of(kept.get("generation_settings"))
        if conversation.system_prompt or settings:
            settings = {**settings, "global_context": conversation.system_prompt}
        answers = {one.response_id: _answer(one) for one in self._responses if _was_sampled(one)}
        return {
            "canonical": [],
            "memories": {},
            "summaries": {},
            **kept,
            "generation_settings": settings,
            "chapters": _chapters(object_of(kept.get("chapters")), conversation, root_id),
            "tags": {**_tags_of(self._responses), **object_of(kept.get("tags"))},
            "model_responses": {**object_of(kept.get("model_responses")), **answers},
            "selected_node_id": self._leaf_id() or root_id,
        }

    def _leaf_id(self) -> str:
        leaf = self._conversation.leaf_response_id
        for number, one in enumerate(self._responses):
            if one.response_id == leaf:
                return self._ids[number]
        return ""


def _meta(response: Response) -> dict[str, Any]:
    meta: dict[str, Any] = {"source": "AI" if response.sender == "assistant" else "prompt"}
    if response.create_time != NO_TIME:
        meta["creation_timestamp"] = _timestamp(response.create_time)
    return meta


def _timestamp(time: datetime) -> str:
    # Not strftime, which writes early years with fewer digits.
    day = f"{time.year:04}-{time.month:02}-{time.day:02}"
    return f"{day}-{time.hour:02}.{time.minute:02}.{time.second:02}"


def _tags(marks: Marks) -> list[str]:
    return [*marks.tags, *([BOOKMARK] if marks.starred else [])]


def _tags_of(responses: Sequence[Response]) -> dict[str, Any]:
    """Return what pyloom must know of each tag that is used."""
    names = sorted({name for one in responses for name in _tags(one.marks)})
    return {
        name: {
            "name": name,
            "scope": "node",
            "hide": False,
            "show_only": False,
            "toggle_key": "b" if name == BOOKMARK else "None",
            "icon": "bookmark-black" if name == BOOKMARK else "None",
        }
        for name in names
    }


def _chapters(kept: dict[str, Any], conversation: Conversation, root_id: str) -> dict[str, Any]:
    """Return chapters, of which the one that begins at the root has the title."""
    chapters = {key: one for key, one in kept.items() if object_of(one).get("root_id") != root_id}
    if conversation.title:
        key = f"title-{conversation.conversation_id}"
        own = (key for key, one in kept.items() if key not in chapters)
        key = next(own, key)
        chapters[key] = {"id": key, "root_id": root_id, "title": conversation.title}
    return chapters


def _was_sampled(response: Response) -> bool:
    """Return whether there is something to say of a model."""
    return response.sender == "assistant" and bool(response.model_name or response.finish_reason)


def _answer(response: Response) -> dict[str, Any]:
    completion: dict[str, Any] = {
        "text": response.message,
        "tokens": [],
        "finishReason": response.finish_reason,
    }
    return {
        "id": response.response_id,
        "model": response.model_name,
        "prompt": {"text": "", "tokens": []},
        "completions": [completion],
    }


def _opened(node: dict[str, Any]) -> bytes:
    """Return a node as far as its children."""
    return raw_json(node).encode()[:-1] + b',"children":['


def _separated(numbers: Sequence[int]) -> list[int | bytes]:
    """Return siblings and the commas between them, the last first."""
    waiting: list[int | bytes] = []
    for number in reversed(numbers):
        waiting += [number, b","]
    return waiting[:-1]
