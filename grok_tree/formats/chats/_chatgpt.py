"""The ChatGPT account export: a ZIP, its folder, or one of its files; also a single conversation.

A conversation is a ``mapping`` of nodes with parents; `tree-formats` 3.1 has the details.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Attachment, Sender
from grok_tree.formats._elements import iter_elements
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json
from grok_tree.formats._opening import Opened
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats._times import from_seconds

_FILES = r"conversations(-\d+)?\.json"
_NO_DATA: dict[str, Any] = {}


class _Author(msgspec.Struct, frozen=True):
    role: Any = None
    name: Any = None


class _Message(msgspec.Struct):
    id: Any = None
    author: _Author = _Author()
    create_time: Any = None
    content: Any = None
    status: Any = None
    end_turn: Any = None
    weight: Any = None
    metadata: dict[str, Any] | None = None
    recipient: Any = None
    channel: Any = None


class _Node(msgspec.Struct):
    message: _Message | None = None
    parent: str | None = None
    children: list[str] | None = None


class _Conversation(msgspec.Struct):
    mapping: dict[str, _Node] | None = None
    id: str | None = None
    conversation_id: str | None = None
    title: str | None = None
    create_time: Any = None
    update_time: Any = None
    current_node: str | None = None
    default_model_slug: str | None = None
    is_starred: bool | None = None


def _detect(source: Opened) -> bool:
    if source.is_folder or source.is_archive:
        return any("item.mapping" in one.keys for one in source.matching(_FILES))
    return not {"item.mapping", "mapping"}.isdisjoint(source.keys)


def _read(source: Opened) -> Iterator[Found]:
    index = 0
    for part in source.matching(_FILES) if len(source.files) > 1 else source.files:
        with part.open() as file:
            for element in iter_elements(file):
                yield _found(element, index)
                index += 1


def _found(element: bytes, index: int) -> Found:
    mended: list[str] = []
    try:
        conversation = decoded_json(element, _Conversation, mended)
    except MalformedDocument as error:
        return Skipped(index, "", str(error))
    key = conversation.conversation_id or conversation.id
    if conversation.mapping is None:
        return Skipped(index, key or "", "it has no 'mapping', so no messages")
    return SourceConversation(
        nodes=[_node(id, one, conversation) for id, one in conversation.mapping.items()],
        key=key,
        title=conversation.title or "",
        create_time=from_seconds(conversation.create_time),
        modify_time=from_seconds(conversation.update_time),
        starred=bool(conversation.is_starred),
        leaf=conversation.current_node,
        order={id: one.children for id, one in conversation.mapping.items() if one.children},
        repairs=tuple(mended),
    )


def _node(key: str, one: _Node, conversation: _Conversation) -> SourceNode:
    message = one.message
    if message is None:
        return node("system", "", key=key, parent=one.parent, structural=True)
    mended: list[str] = []
    sender = sender_of(message.author.role, mended)
    metadata = message.metadata or _NO_DATA
    said, reasoning, plain = _texts(message.content)
    return node(
        sender,
        said,
        key=key,
        parent=one.parent,
        reasoning=reasoning,
        create_time=from_seconds(message.create_time),
        partial=message.status == "in_progress",
        finish_reason="failed" if message.status == "in_progress" else None,
        model_name=_model(sender, metadata, conversation),
        attachments=_attachments(metadata),
        flags=("hidden",) if metadata.get("is_visually_hidden_from_conversation") else (),
        repairs=mended,
        raw=_raw(message, plain=plain),
    )


def _model(sender: Sender, metadata: Mapping[str, Any], conversation: _Conversation) -> str:
    if sender != "assistant":
        return ""
    found = metadata.get("model_slug") or metadata.get("default_model_slug")
    return str(found or conversation.default_model_slug or "")


def _texts(content: Any) -> tuple[str, str, bool]:
    """Return message, reasoning, and whether they hold all of the content."""
    if not isinstance(content, dict):
        return str(content or ""), "", not content
    match content.get("content_type"):
        case "text":
            parts = content.get("parts") or []
            plain = all(isinstance(part, str) for part in parts)
            return "\n".join(part for part in parts if isinstance(part, str)), "", plain
        case _:
            return "", "", False


def _attachments(metadata: Mapping[str, Any]) -> tuple[Attachment, ...]:
    found = metadata.get("attachments")
    return tuple(
        Attachment(
            name=str(one.get("name") or ""),
            media_type=str(one.get("mime_type") or ""),
            url=f"chatgpt:{one.get('id', '')}",
        )
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict)
    )


def _raw(message: _Message, *, plain: bool) -> str:
    """Return what has no field of ours; plain text is not kept twice."""
    rest: dict[str, Any] = {
        name: value
        for name, value in msgspec.structs.asdict(message).items()
        if value not in (None, {}, [], "all") and name not in ("author", "create_time", "content")
    }
    if message.author.name:
        rest["author_name"] = message.author.name
    if not plain:
        rest["content"] = message.content
    return msgspec.json.encode(rest).decode()


FORMAT = Format(
    name="chatgpt",
    title="ChatGPT account export (ZIP, folder or JSON)",
    suffix=".json",
    detect=_detect,
    read=_read,
)
