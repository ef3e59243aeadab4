"""Portable AI memory: conversations in its neutral interchange format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from grok_tree.forest import Attachment, Citation, ToolCall
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
from grok_tree.formats._source import (
    Skipped,
    SourceConversation,
    SourceNode,
    chained,
    node,
)
from grok_tree.formats._times import from_iso
from grok_tree.formats.chats._values import read_safely, unread_times, unreadable, without_empty

_SCHEMA = b'"portable-ai-memory-conversation"'
_TIMES = ("created_at", "updated_at")
_HELD = ("schema", "id", "title", "temporal", "messages", "system_instruction")


def _detect(source: Opened) -> bool:
    keys = source.keys
    known = {"schema", "messages"} <= keys or {"item.schema", "item.messages"} <= keys
    return known and _SCHEMA in source.head


def _read(source: Opened) -> Iterator[Found]:
    with source.open() as file:
        for index, element in enumerate(iter_elements(file)):
            yield read_safely(element, index, _found)


def _found(element: bytes, index: int) -> Found:
    mended: list[str] = []
    found = decoded_json(element, dict[str, Any], mended)
    key = key_of(found.get("id"))
    messages = found.get("messages")
    if not isinstance(messages, list):
        return Skipped(index, key or "", "it has no 'messages'")
    model = name_of(found.get("model"))
    nodes = [_node(one, model) for one in messages]
    if all(one.parent is None for one in nodes):
        nodes = chained(nodes)
    temporal = object_of(found.get("temporal"))
    if nodes:
        about = without(found, *_HELD)
        about["temporal"] = without(temporal, *_TIMES) | unread_times(temporal, *_TIMES)
        nodes[0].raw = raw_with(nodes[0].raw, "conversation", about)
    return SourceConversation(
        nodes=nodes,
        key=key,
        title=name_of(found.get("title")),
        create_time=from_iso(temporal.get("created_at")),
        modify_time=from_iso(temporal.get("updated_at")),
        system_prompt=name_of(found.get("system_instruction")),
        order=_order(messages),
        repairs=tuple(mended),
    )


def _order(messages: list[Any]) -> dict[str | None, list[str]]:
    order: dict[str | None, list[str]] = {}
    for message in objects_in(messages):
        children = list_of(message.get("children_ids"))
        if len(children) > 1 and (key := key_of(message.get("id"))):
            order[key] = [child for child in children if isinstance(child, str)]
    return order


def _node(message: Any, model: str) -> SourceNode:
    if not isinstance(message, dict):
        return unreadable(msgspec.json.encode(message))
    rest = without(message, "children_ids", "created_at") | unread_times(message, "created_at")
    mended: list[str] = []
    sender = sender_of(rest.pop("role", None), mended)
    text = _text(rest, mended)
    thought = rest.pop("is_thought", None) is True
    calls = objects_in(rest.get("tool_calls"))
    named = name_of(rest.pop("model", None)) or model
    return node(
        sender,
        "" if thought else text,
        key=key_of(rest.pop("id", None)),
        parent=key_of(rest.pop("parent_id", None)),
        create_time=from_iso(message.get("created_at")),
        reasoning=text if thought else "",
        model_name=named if sender == "assistant" else "",
        tool_calls=tuple(_call(one, number) for number, one in enumerate(calls)),
        attachments=tuple(_attachment(one) for one in objects_in(rest.get("attachments"))),
        citations=tuple(
            Citation(url=one["url"], title=name_of(one.get("title")))
            for one in objects_in(rest.get("citations"))
            if name_of(one.get("url"))
        ),
        repairs=mended,
        raw=raw_json(without_empty(rest)),
    )


def _text(rest: dict[str, Any], mended: list[str]) -> str:
    """Return the text of a message, and leave in `rest` what it does not hold."""
    content = rest.pop("content", None)
    if not isinstance(content, dict):
        return text_of(content, mended)
    if isinstance(content.get("text"), str):
        left = without(content, "text")
        rest["content"] = {} if left == {"type": "text"} else left
        return str(content["text"])
    rest["content"] = content
    parts = (name_of(part.get("text")) for part in objects_in(content.get("parts")))
    return "\n".join(part for part in parts if part)


def _call(call: dict[str, Any], number: int) -> ToolCall:
    given = call.get("arguments", call.get("input", ""))
    return ToolCall(
        call_id=key_of(call.get("id")) or str(number),
        name=name_of(call.get("name")),
        arguments=given if isinstance(given, str) else msgspec.json.encode(given).decode(),
    )


def _attachment(one: dict[str, Any]) -> Attachment:
    name = name_of(one.get("filename")) or name_of(one.get("name"))
    url = name_of(one.get("url")) or f"pam:{key_of(one.get('id')) or name}"
    return Attachment(
        url=f"pam:{name}" if url.startswith("data:") else url,
        name=name,
        media_type=name_of(one.get("mime_type")),
        n_bytes=count_of(one.get("size_bytes", one.get("size"))),
    )


FORMAT = Format(
    name="pam",
    title="Portable AI memory conversations (JSON)",
    suffix=".json",
    detect=_detect,
    read=_read,
)
