"""LibreChat: an exported conversation, as a list of messages or as messages inside messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from grok_tree.forest import Attachment, FinishReason, Sender, ToolCall
from grok_tree.formats._elements import iter_elements
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, raw_json
from grok_tree.formats._loose import (
    count_of,
    key_of,
    list_of,
    name_of,
    object_of,
    objects_in,
    raw_with,
    text_of,
    without,
)
from grok_tree.formats._opening import Opened
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats._times import from_iso
from grok_tree.formats.chats._values import read_safely, unread_times, unreadable, without_empty

_NO_PARENT = "00000000-0000-0000-0000-000000000000"
_ENDINGS: dict[str, FinishReason] = {"stop": "stop", "length": "length", "tool_calls": "tool_calls"}
_HELD = ("conversationId", "title", "messages", "messagesTree", "branches", "recursive")
_PATH_ONLY = "path_only: other branches of the conversation were not exported"


class _Placed(msgspec.Struct):
    """A message, and the place of the one that it stands in."""

    value: Any
    inside: int | None


class _Said(msgspec.Struct):
    """What the parts of a message say."""

    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ToolCall] = []
    rest: list[Any] = []


def _detect(source: Opened) -> bool:
    keys = source.keys
    for place in ("", "item."):
        named = {f"{place}messages", f"{place}messagesTree"} & keys
        if named and f"{place}conversationId" in keys:
            return True
    return False


def _read(source: Opened) -> Iterator[Found]:
    with source.open() as file:
        for index, element in enumerate(iter_elements(file)):
            yield read_safely(element, index, _found)


def _found(element: bytes, index: int) -> Found:
    mended: list[str] = []
    found = decoded_json(element, dict[str, Any], mended)
    key = key_of(found.get("conversationId"))
    tops = found.get("messages", found.get("messagesTree"))
    if not isinstance(tops, list):
        return Skipped(index, key or "", "it has no 'messages'")
    placed = _flat(tops)
    options = object_of(found.get("options"))
    nodes = _nodes(placed, name_of(options.get("model")))
    if nodes:
        nodes[0].raw = raw_with(nodes[0].raw, "conversation", without(found, *_HELD))
    if found.get("branches") is False:
        mended.append(_PATH_ONLY)
    times = [one.said.create_time for one in nodes if one.said.create_time is not None]
    return SourceConversation(
        nodes=nodes,
        key=key,
        title=name_of(found.get("title")),
        create_time=min(times, default=None),
        modify_time=max(times, default=None),
        system_prompt=name_of(options.get("promptPrefix")),
        repairs=tuple(mended),
    )


def _flat(tops: list[Any]) -> list[_Placed]:
    """Return all messages in file order, each before those inside of it."""
    placed: list[_Placed] = []
    waiting = [_Placed(top, None) for top in reversed(tops)]
    while waiting:
        one = waiting.pop()
        placed.append(one)
        below = list_of(object_of(one.value).get("children"))
        waiting += [_Placed(child, len(placed) - 1) for child in reversed(below)]
    return placed


def _nodes(placed: list[_Placed], model: str) -> list[SourceNode]:
    keys = {key_of(object_of(one.value).get("messageId")) for one in placed}
    nodes = []
    for one in placed:
        if isinstance(one.value, dict):
            found = _node(one.value, model)
        else:
            found = unreadable(msgspec.json.encode(one.value))
        # A message may stand inside of another one without naming it.
        if found.parent is None or found.parent not in keys:
            found.parent = one.inside if one.inside is not None else found.parent
        nodes.append(found)
    return nodes


def _node(message: dict[str, Any], model: str) -> SourceNode:
    rest = without(message, "children", "conversationId", "createdAt")
    rest |= unread_times(message, "createdAt")
    mended: list[str] = []
    sender = _sender(rest, mended)
    said = _said(rest.pop("content", None))
    text = text_of(rest.pop("text", None), mended)
    if said.texts and text not in ("", "\n".join(said.texts)):
        rest["text"] = text
    rest["content"] = said.rest
    parent = key_of(rest.pop("parentMessageId", None))
    partial = rest.pop("unfinished", None) is True
    named = name_of(rest.pop("model", None)) or model
    return node(
        sender,
        "\n".join(said.texts) or text,
        key=key_of(rest.pop("messageId", None)),
        parent=None if parent == _NO_PARENT else parent,
        create_time=from_iso(message.get("createdAt")),
        reasoning="\n\n".join(said.thoughts),
        tool_calls=tuple(said.calls),
        model_name=named if sender == "assistant" else "",
        partial=partial,
        finish_reason=_ending(rest, sender, partial=partial),
        attachments=tuple(_attachment(one) for one in objects_in(rest.get("files"))),
        repairs=mended,
        raw=raw_json(without_empty(rest)),
    )


def _sender(rest: dict[str, Any], mended: list[str]) -> Sender:
    match rest.pop("isCreatedByUser", None):
        case True:
            return "human"
        case False:
            return "assistant"
        case _:
            return sender_of(rest.get("role", rest.get("sender")), mended)


def _ending(rest: dict[str, Any], sender: Sender, *, partial: bool) -> FinishReason | None:
    if partial:
        return "cancelled"
    if rest.get("error") is True:
        return "failed"
    return _ENDINGS.get(name_of(rest.get("finish_reason"))) if sender == "assistant" else None


def _said(content: Any) -> _Said:
    said = _Said()
    for part in list_of(content):
        found = object_of(part)
        kind = name_of(found.get("type"))
        text = found.get("text")
        text = object_of(text).get("value") if isinstance(text, dict) else text
        if kind == "text" and isinstance(text, str):
            said.texts.append(text)
            _keep_left(said, found, kind)
        elif kind == "think" and isinstance(found.get("think"), str):
            said.thoughts.append(found["think"])
            _keep_left(said, found, kind)
        else:
            if kind == "tool_call" and isinstance(found.get("tool_call"), dict):
                said.calls.append(_call(found["tool_call"], len(said.calls)))
            said.rest.append(part)
    return said


def _keep_left(said: _Said, part: dict[str, Any], kind: str) -> None:
    """Keep what a part says beside its text."""
    left = without_empty(without(part, "type", kind))
    if isinstance(part[kind], dict):
        left |= without_empty(without(part[kind], "value"))
    if left:
        said.rest.append({"type": kind, **left})


def _call(call: dict[str, Any], number: int) -> ToolCall:
    given = call.get("args", "")
    return ToolCall(
        call_id=key_of(call.get("id")) or str(number),
        name=name_of(call.get("name")),
        arguments=given if isinstance(given, str) else msgspec.json.encode(given).decode(),
    )


def _attachment(one: dict[str, Any]) -> Attachment:
    url = name_of(one.get("filepath")) or name_of(one.get("file_id"))
    return Attachment(
        url="" if url.startswith("data:") else url,
        name=name_of(one.get("filename")),
        media_type=name_of(one.get("type")),
        n_bytes=count_of(one.get("bytes")),
    )


FORMAT = Format(
    name="librechat",
    title="LibreChat conversation (JSON)",
    suffix=".json",
    detect=_detect,
    read=_read,
)
