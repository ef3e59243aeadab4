"""Chatbot UI: its history, in which every conversation is one chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.formats._elements import iter_elements, values_beside
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, raw_json
from grok_tree.formats._loose import key_of, name_of, object_of, raw_with, text_of, without
from grok_tree.formats._opening import Opened
from grok_tree.formats._roles import sender_of
from grok_tree.formats._settings import settings_of
from grok_tree.formats._source import (
    Skipped,
    SourceConversation,
    SourceNode,
    chained,
    node,
)
from grok_tree.formats.chats._values import read_safely, unreadable

_HELD = ("id", "name", "messages", "prompt", "temperature")


def _detect(source: Opened) -> bool:
    return {"version", "history.item.messages"} <= source.keys


def _read(source: Opened) -> Iterator[Found]:
    beside = _beside(source)
    with source.open() as file:
        for index, element in enumerate(iter_elements(file, "history")):
            found = read_safely(element, index, _found)
            if not index and isinstance(found, SourceConversation) and found.nodes:
                # Folders and prompts are of all conversations; the first one keeps them.
                first = found.nodes[0]
                first.raw = raw_with(first.raw, "file", without(beside, "version"))
            yield found


def _beside(source: Opened) -> dict[str, Any]:
    """Return what the file says beside the conversations."""
    try:
        with source.open() as file:
            return values_beside(file, "history")
    except MalformedDocument:
        return {}  # it was cut; the conversations before the cut are read


def _found(element: bytes, index: int) -> Found:
    mended: list[str] = []
    found = decoded_json(element, dict[str, Any], mended)
    key = key_of(found.get("id"))
    messages = found.get("messages")
    if not isinstance(messages, list):
        return Skipped(index, key or "", "it has no 'messages'")
    nodes = chained(_node(one, found) for one in messages)
    if nodes:
        nodes[0].raw = raw_with(nodes[0].raw, "conversation", without(found, *_HELD))
    return SourceConversation(
        nodes=nodes,
        key=key,
        title=name_of(found.get("name")),
        system_prompt=name_of(found.get("prompt")),
        repairs=tuple(mended),
    )


def _node(message: Any, conversation: dict[str, Any]) -> SourceNode:
    if not isinstance(message, dict):
        return unreadable(msgspec.json.encode(message))
    rest = without(message, "role", "content")
    mended: list[str] = []
    sender = sender_of(message.get("role"), mended)
    text = text_of(message.get("content"), mended)
    raw = raw_json(without(rest, "type") if rest.get("type") == "text" else rest)
    if sender != "assistant":
        return node(sender, text, repairs=mended, raw=raw)
    settings, _ = settings_of({"temperature": conversation.get("temperature")})
    model = name_of(object_of(conversation.get("model")).get("id"))
    return node(sender, text, model_name=model, settings=settings, repairs=mended, raw=raw)


FORMAT = Format(
    name="chatbotui",
    title="Chatbot UI history (JSON)",
    suffix=".json",
    detect=_detect,
    read=_read,
)
