"""The Claude.ai account export: a ZIP, its folder, several batches, or one of its files.

Only conversations are read: never what else the export holds of projects, users and memories.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from grok_tree.forest import Attachment, Citation, FinishReason, ToolCall
from grok_tree.formats._elements import iter_elements
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, raw_json
from grok_tree.formats._loose import count_of, key_of, name_of, objects_in, text_of, without
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
from grok_tree.formats.chats._values import (
    keep_about,
    members,
    read_safely,
    unread_times,
    unreadable,
    without_empty,
)

_FILES = r"conversations(-\d+)?\.json"
_NO_PARENT = "00000000-0000-4000-8000-000000000000"
_ENDINGS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "user_canceled": "cancelled",
    "user_cancelled": "cancelled",
}
_IN_FIELDS = (
    *("uuid", "name", "chat_messages", "is_starred", "current_leaf_message_uuid", "account"),
    *("created_at", "updated_at"),
)
"""What is not kept of a conversation as it is: what fields hold, and whose it is."""
_UNSHOWN = "```\nThis block is not supported on your current device yet.\n```"
"""What the flat copy of a message has in place of a block that is no text."""
_HELD = {
    "text": ("text",),
    "thinking": ("thinking",),
    "tool_use": ("id", "name", "input"),
}
"""Types of blocks to what fields of a response hold of them."""


class _Said(msgspec.Struct):
    """What the blocks of a message say."""

    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ToolCall] = []
    citations: list[Citation] = []
    rest: list[Any] = []
    n_characters: int = 0


def _detect(source: Opened) -> bool:
    return any(
        not {"item.chat_messages", "chat_messages"}.isdisjoint(one.keys)
        for one in members(source, _FILES)
    )


def _read(source: Opened) -> Iterator[Found]:
    index = 0
    for part in members(source, _FILES):
        with part.open() as file:
            for element in iter_elements(file):
                yield read_safely(element, index, _found)
                index += 1


def _found(element: bytes, index: int) -> Found:
    mended: list[str] = []
    conversation = decoded_json(element, dict[str, Any], mended)
    key = key_of(conversation.get("uuid"))
    messages = conversation.get("chat_messages")
    if not isinstance(messages, list):
        return Skipped(index, key or "", "it has no 'chat_messages'")
    model = name_of(conversation.get("model"))
    nodes = [_node(one, model) for one in messages]
    if all(one.parent is None for one in nodes):
        nodes = chained(nodes)
    for one in nodes:
        if one.parent == _NO_PARENT:
            one.parent = None
    about = without(conversation, *_IN_FIELDS)
    about |= unread_times(conversation, "created_at", "updated_at")
    keep_about(nodes, about)
    return SourceConversation(
        nodes=nodes,
        key=key,
        title=name_of(conversation.get("name")),
        create_time=from_iso(conversation.get("created_at")),
        modify_time=from_iso(conversation.get("updated_at")),
        starred=conversation.get("is_starred") is True,
        leaf=key_of(conversation.get("current_leaf_message_uuid")),
        order=_order(nodes),
        repairs=tuple(mended),
    )


def _order(nodes: list[SourceNode]) -> dict[str | None, list[str]]:
    """Return siblings by their times, because the export does not promise an order."""
    groups: dict[str | None, list[tuple[datetime, int, str]]] = {}
    for place, one in enumerate(nodes):
        time = one.said.create_time
        if one.key is not None and time is not None and not isinstance(one.parent, int):
            groups.setdefault(one.parent, []).append((time, place, one.key))
    return {parent: [key for _, _, key in sorted(group)] for parent, group in groups.items()}


def _node(message: Any, model: str) -> SourceNode:
    if not isinstance(message, dict):
        return unreadable(msgspec.json.encode(message))
    rest = dict(message)
    key = key_of(rest.pop("uuid", None))
    text, content = rest.pop("text", None), rest.pop("content", None)
    said = _said(content, key or "")
    mended: list[str] = []
    if not (said.texts or said.thoughts or said.calls):
        said.texts.append(text_of(text, mended))
    elif isinstance(text, str) and _says_more(text, said):
        rest["text"] = text
    if said.rest:
        rest["content"] = said.rest
    sender = sender_of(rest.pop("sender", None), mended)
    rest = without(rest, "created_at") | unread_times(rest, "created_at")
    ending = _ENDINGS.get(name_of(rest.get("stop_reason"))) if sender == "assistant" else None
    return node(
        sender,
        "\n".join(said.texts),
        key=key,
        parent=key_of(rest.pop("parent_message_uuid", None)),
        reasoning="\n\n".join(said.thoughts),
        create_time=from_iso(message.get("created_at")),
        tool_calls=tuple(said.calls),
        citations=tuple(said.citations),
        attachments=_attachments(rest),
        model_name=(name_of(rest.get("model")) or model) if sender == "assistant" else "",
        partial=ending == "cancelled",
        finish_reason=ending,
        repairs=mended,
        flags=("truncated",) if message.get("truncated") is True else (),
        raw=raw_json(without_empty(rest)),
    )


def _says_more(text: str, said: _Said) -> bool:
    """Whether the flat copy of a message has something that its blocks do not have."""
    for one in sorted((*said.texts, *said.thoughts, _UNSHOWN), key=len, reverse=True):
        text = text.replace(one.strip() or " ", "")
    return bool(text.strip())


def _said(content: Any, key: str) -> _Said:
    said = _Said()
    for block in content if isinstance(content, list) else [content]:
        if not isinstance(block, dict):
            said.rest += [] if block is None else [block]
            continue
        kind = name_of(block.get("type"))
        match kind:
            case "text" if isinstance(block.get("text"), str):
                _add_text(said, block)
            case "thinking" if isinstance(block.get("thinking"), str):
                said.thoughts.append(block["thinking"])
            case "tool_use":
                said.calls.append(_call(block, f"{key}.{len(said.calls)}"))
            case _:
                said.rest.append(block)
                continue
        left = {name: one for name, one in block.items() if name not in _HELD[kind]}
        said.rest.append(without_empty(left))
    only_text = all(one == {"type": "text"} for one in said.rest) and len(said.rest) <= 1
    return msgspec.structs.replace(said, rest=[]) if only_text else said


def _add_text(said: _Said, block: dict[str, Any]) -> None:
    text = block["text"]
    begin = said.n_characters
    for one in objects_in(block.get("citations")):
        details = one.get("details")
        source = {**(details if isinstance(details, dict) else {}), **one}
        if url := name_of(source.get("url")):
            first, last = _span(one, len(text))
            said.citations.append(
                Citation(
                    url=url,
                    title=name_of(source.get("title")),
                    begin=None if first is None else begin + first,
                    end=None if last is None else begin + last,
                )
            )
    said.texts.append(text)
    said.n_characters += len(text) + 1


def _span(one: dict[str, Any], length: int) -> tuple[int, int] | tuple[None, None]:
    """Return where a citation belongs, if that is inside of the text."""
    first, last = one.get("start_index"), one.get("end_index")
    if isinstance(first, int) and isinstance(last, int) and 0 <= first < last <= length:
        return first, last
    return None, None


def _call(block: dict[str, Any], name: str) -> ToolCall:
    given = block.get("input")
    return ToolCall(
        call_id=key_of(block.get("id")) or name,
        name=name_of(block.get("name")),
        arguments="" if given is None else msgspec.json.encode(given).decode(),
    )


def _attachments(rest: dict[str, Any]) -> tuple[Attachment, ...]:
    """Return the files of a message, and leave in `rest` what an attachment does not hold."""
    found: list[Attachment] = []
    for kind in ("attachments", "files"):
        several = rest.get(kind)
        if not isinstance(several, list) or not all(isinstance(one, dict) for one in several):
            continue
        left = [dict(one) for one in several]
        found += [_attachment(one) for one in left]
        rest[kind] = left if any(left) else []
    return tuple(found)


def _attachment(one: dict[str, Any]) -> Attachment:
    name, id = name_of(one.pop("file_name", None)), key_of(one.pop("file_uuid", None))
    # Older exports have the ending of a file there instead.
    kind = name_of(one.pop("file_type") if "/" in name_of(one.get("file_type")) else None)
    n_bytes = count_of(one.pop("file_size", None))
    return Attachment(url=f"claude:{id or name}", name=name, media_type=kind, n_bytes=n_bytes)


FORMAT = Format(
    name="claude",
    title="Claude.ai account export (ZIP, folder or JSON)",
    suffix=".json",
    detect=_detect,
    read=_read,
)
