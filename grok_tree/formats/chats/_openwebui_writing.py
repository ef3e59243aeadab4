"""Writing forests as Open WebUI takes them back: whole trees, and a copy of the active path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from grok_tree.forest import NO_PARENT, NO_TIME, Attachment, Citation, Forest, Response
from grok_tree.formats._kept import JsonArray, kept, kept_about, keys_for
from grok_tree.formats._loose import object_of, without
from grok_tree.formats._roles import ROLES
from grok_tree.formats._times import to_seconds
from grok_tree.formats._usage import usage_as_told
from grok_tree.formats.chats._openwebui_output import content_of, needs_output, output_of

LOSSES = (
    "ids, in their own form",
    "contents of attachments",
    "where in a message a citation belongs",
    "finish_reason other than stop and failed",
    "query and query_type",
    "settings and timing",
    "whether usage is estimated",
    "logprobs",
    "marks, but for stars and a score named rating",
    "origin, but for what came from Open WebUI",
    "reasoning, tool_calls and model_name of what no assistant said",
    "tool_call_id of what no tool said",
    "manual and shared",
    "model_name and system_prompt_name of the conversation",
    "times more exact than a number of seconds can be",
)

_encoder = msgspec.json.Encoder()


def write_openwebui(forests: Iterable[Forest], file: BinaryIO) -> int:
    """Write forests as one list of chats; return the number of responses."""
    array = JsonArray(file)
    written = 0
    for forest in forests:
        array.add(_item(forest))
        written += len(forest)
    array.close()
    return written


def _item(forest: Forest) -> Iterator[bytes]:
    conversation = forest.conversation
    writer = _Writer(forest)
    created = _seconds(conversation.create_time)
    about = kept_about(forest, "openwebui")
    was = object_of(about.pop("chat", None))
    head: dict[str, Any] = {
        "id": conversation.conversation_id,
        "user_id": "",
        "title": conversation.title,
        "created_at": created,
        "updated_at": _seconds(conversation.modify_time),
        "share_id": None,
        "archived": False,
        "pinned": conversation.starred,
        "meta": {"tags": []},
        "folder_id": None,
    } | about
    params = object_of(was.pop("params", None))
    if conversation.system_prompt:
        params["system"] = conversation.system_prompt
    chat = {
        "id": conversation.conversation_id,
        "title": conversation.title,
        "models": writer.models(range(len(forest))),
        "params": params,
        "tags": [],
        "timestamp": None if created is None else int(created * 1000),
        "files": [],
    } | was
    yield _encoder.encode(head)[:-1] + b',"chat":' + _encoder.encode(chat)[:-1]
    yield b',"history":{"currentId":' + _encoder.encode(writer.current) + b',"messages":{'
    for number, response in enumerate(forest):
        key = _encoder.encode(writer.keys[number])
        comma = b"," if number else b""
        yield comma + b"\n" + key + b":" + _encoder.encode(writer.message(number, response))
    yield b'}},"messages":['
    for place, number in enumerate(writer.active):
        response = forest.responses[number]
        yield (b"," if place else b"") + _encoder.encode(writer.message(number, response))
    yield b"]}}"


class _Writer:
    """Makes the messages of one chat.

    Attributes:
        keys: The id of each response.
        active: The numbers of the responses on the path to the current one.
    """

    def __init__(self, forest: Forest) -> None:
        self.keys = keys_for(forest, "openwebui")
        self._parents = forest.parent_numbers
        self._children: dict[int, list[int]] = {}
        self._models: list[str] = []
        self._model_places: list[int] = []
        seen: Counter[int] = Counter()
        for number, response in enumerate(forest):
            parent = self._parents[number]
            model = response.model_name if response.sender == "assistant" else ""
            self._children.setdefault(parent, []).append(number)
            self._models.append(model)
            self._model_places.append(seen[parent])
            seen[parent] += bool(model)
        leaf = forest.conversation.leaf_response_id
        at = len(forest) - 1
        if leaf is not None and leaf in forest:
            at = forest.responses.ids.index(leaf)
        self.active: list[int] = []
        while at != NO_PARENT:
            self.active.append(at)
            at = self._parents[at]
        self.active.reverse()

    @property
    def current(self) -> str | None:
        """The id of the message that the chat goes on from."""
        return self.keys[self.active[-1]] if self.active else None

    def models(self, numbers: Iterable[int]) -> list[str]:
        """Return the models of some responses, each once."""
        return list(dict.fromkeys(name for number in numbers if (name := self._models[number])))

    def message(self, number: int, response: Response) -> dict[str, Any]:
        """Return a response as a message."""
        parent = self._parents[number]
        below = self._children.get(number, [])
        return {
            **without(kept(response, "openwebui"), "conversation"),
            "id": self.keys[number],
            "parentId": None if parent == NO_PARENT else self.keys[parent],
            "childrenIds": [self.keys[child] for child in below],
            "role": ROLES[response.sender],
            "timestamp": _exactly(response.create_time),
            **self._spoken(number, response, below),
            **_beside(response),
        }

    def _spoken(self, number: int, response: Response, below: Sequence[int]) -> dict[str, Any]:
        was = kept(response, "openwebui")
        if response.sender == "tool" and response.tool_call_id:
            return {"content": response.message, "tool_call_id": response.tool_call_id}
        if response.sender != "assistant":
            asked = was.get("models") or self.models(below)
            return {"content": response.message, **({"models": asked} if asked else {})}
        found: dict[str, Any] = {"content": was.get("content", content_of(response))}
        if needs_output(response) and "content" not in was and "output" not in was:
            found["output"] = output_of(response)
        if response.model_name:
            name = was.get("modelName", response.model_name)
            index = was.get("modelIdx", self._model_places[number])
            found |= {"model": response.model_name, "modelName": name, "modelIdx": index}
        return found


def _beside(response: Response) -> dict[str, Any]:
    """Return what a message has beside its text."""
    was = kept(response, "openwebui")
    found: dict[str, Any] = {}
    if response.finish_reason is not None or response.partial:
        found["done"] = not response.partial
    if usage := usage_as_told(response.usage):
        found["usage"] = {**was.get("usage", {}), **usage}
    if response.attachments and "files" not in was:
        found["files"] = [_file(one) for one in response.attachments]
    if response.citations and "sources" not in was and "citations" not in was:
        found["sources"] = [_source(one) for one in response.citations]
    if response.marks.starred:
        found["favorite"] = True
    if "rating" in response.marks.scores:
        found["annotation"] = {
            **was.get("annotation", {}),
            "rating": response.marks.scores["rating"],
        }
    return found


def _file(one: Attachment) -> dict[str, Any]:
    kind = "image" if one.is_image else "file"
    where = one.url or one.file_id
    known = {"name": one.name, "content_type": one.media_type, "size": one.n_bytes}
    return {"type": kind, "url": where, **{name: value for name, value in known.items() if value}}


def _source(one: Citation) -> dict[str, Any]:
    source = {"name": one.title or one.url, "url": one.url}
    return {"source": source, "document": [], "metadata": []}


def _seconds(time: datetime) -> float | int | None:
    return None if time == NO_TIME else _exactly(time)


def _exactly(time: datetime) -> float | int:
    seconds = to_seconds(time)
    return int(seconds) if seconds.is_integer() else seconds
