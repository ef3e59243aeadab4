"""The ChatGPT account export: a ZIP, its folder, or one of its files; also a single conversation.

A conversation is a ``mapping`` of nodes with parents. What is only kept is never decoded: the
exports are large, and most of them is metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import FinishReason, ResponseDraft, Sender, ToolCall
from grok_tree.formats._elements import iter_elements
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json
from grok_tree.formats._loose import name_of, object_of, without
from grok_tree.formats._opening import Opened
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats._times import from_seconds
from grok_tree.formats.chats._chatgpt_content import Said, attachments, citations, said_in
from grok_tree.formats.chats._chatgpt_shapes import (
    Author,
    Conversation,
    Dirty,
    Message,
    Metadata,
    Node,
    StrictConversation,
    StrictNode,
    Unread,
)
from grok_tree.formats.chats._chatgpt_words import OUT_OF_CONTEXT
from grok_tree.formats.chats._chatgpt_writing import LOSSES, write_chatgpt
from grok_tree.formats.chats._values import keep_about, members, read_safely

_FILES = r"conversations(-\d+)?\.json"
_NOTHING = (b"", b"null", b"{}")
_HELD = (
    *("mapping", "id", "conversation_id", "title", "create_time", "update_time", "current_node"),
    *("is_starred", "user_id"),
)
"""What is not kept of a conversation as it is: what fields hold, and whose it is."""
_USUAL: dict[str, tuple[Any, ...]] = {
    "update_time": (None,),
    "status": (None, "finished_successfully", "in_progress"),
    "weight": (None, 0, 1),
    "recipient": (None, "all"),
    "channel": (None,),
}
"""Fields of a message to the values that other fields tell, or that tell nothing."""
_UNREADABLE = "unreadable: its fields cannot be read; it is kept as it is"


_strict = msgspec.json.Decoder(StrictConversation)
_strict_nodes = msgspec.json.Decoder(dict[str, StrictNode | None] | None)
_raws = msgspec.json.Decoder(dict[str, msgspec.Raw])
_UNDECODED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_metadata = msgspec.json.Decoder(Metadata)
_encoder = msgspec.json.Encoder()
_KEPT = [name for name in Conversation.__struct_fields__ if name not in _HELD]
_NO_METADATA = Metadata()
_NO_AUTHOR = Author()


def _detect(source: Opened) -> bool:
    return any(
        not {"item.mapping", "mapping"}.isdisjoint(one.keys) for one in members(source, _FILES)
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
    unreadable: list[SourceNode] = []
    conversation, unread = _conversation(element, mended, unreadable)
    key = str(conversation.conversation_id or conversation.id or "")
    if conversation.mapping is None:
        return Skipped(index, key, "it has no 'mapping', so no messages")
    reader = _Reader(conversation, unread.nodes)
    nodes = [reader.node(id, one) for id, one in conversation.mapping.items()]
    about = {name: getattr(conversation, name) for name in _KEPT}
    for name in ("create_time", "update_time"):
        if from_seconds(getattr(conversation, name)) is None:
            about[name] = getattr(conversation, name)
    if conversation.id != conversation.conversation_id and conversation.conversation_id:
        about["id"] = conversation.id
    keep_about(nodes, {**about, **unread.about, "nodes": reader.unread})
    return SourceConversation(
        nodes=nodes + unreadable,
        key=key or None,
        title=name_of(conversation.title),
        create_time=from_seconds(conversation.create_time),
        modify_time=from_seconds(conversation.update_time),
        starred=conversation.is_starred is True,
        leaf=name_of(conversation.current_node) or None,
        order=reader.order,
        repairs=tuple(mended),
    )


def _conversation(
    element: bytes, mended: list[str], unreadable: list[SourceNode]
) -> tuple[Conversation, Unread]:
    if rb"\u0000" not in element:
        try:
            return _strict.decode(element), Unread()
        except _UNDECODED:
            pass
        try:
            return _with_new_fields(element)
        except _UNDECODED:
            pass
    return _loosely(element, mended, unreadable), _unread(element)


def _with_new_fields(element: bytes) -> tuple[Conversation, Unread]:
    """Return a conversation of which only fields of its own are new, as newer exports have."""
    raws = _raws.decode(element)
    nodes = _strict_nodes.decode(raws.pop("mapping", b"null"))
    values = {name: msgspec.json.decode(raw) for name, raw in raws.items()}
    known = {name: values.pop(name) for name in Conversation.__struct_fields__ if name in values}
    mapping: Any = nodes
    return Conversation(**known, mapping=mapping), Unread(about=values)


def _unread(element: bytes) -> Unread:
    """Look through a conversation for what is new in it."""
    try:
        found = decoded_json(element, dict[str, Any])
    except MalformedDocument:
        return Unread()  # what is new in it is nested too deeply
    nodes = {}
    for key, value in object_of(found.get("mapping")).items():
        message = object_of(object_of(value).get("message"))
        author = object_of(message.get("author"))
        told = {
            **without(message, *Message.__struct_fields__),
            "node": without(object_of(value), *Node.__struct_fields__),
            "author": without(author, *Author.__struct_fields__),
        }
        if kept := {name: one for name, one in told.items() if one not in (None, {})}:
            nodes[key] = kept
    return Unread(about=without(found, *Conversation.__struct_fields__), nodes=nodes)


def _loosely(element: bytes, mended: list[str], unreadable: list[SourceNode]) -> Conversation:
    try:
        return decoded_json(element, Conversation, mended)
    except MalformedDocument:
        mended.clear()
        dirty = decoded_json(element, Dirty, mended)
    nodes: dict[str, Node | None] = {}
    for key, data in (dirty.mapping or {}).items():
        try:
            nodes[key] = None if bytes(data) == b"null" else decoded_json(bytes(data), Node)
        except MalformedDocument:
            unreadable.append(_unreadable(key, bytes(data)))
    values = {name: getattr(dirty, name) for name in Conversation.__struct_fields__}
    return Conversation(**{**values, "mapping": None if dirty.mapping is None else nodes})


def _unreadable(key: str, data: bytes) -> SourceNode:
    try:
        found = decoded_json(data, Any)
    except MalformedDocument:
        found = None
    parent = found.get("parent") if isinstance(found, dict) else None
    return node(
        "system",
        "",
        key=key,
        parent=parent if isinstance(parent, str) else None,
        repairs=(_UNREADABLE,),
        raw=data.decode("utf-8", "replace"),
    )


class _Reader:
    """Reads the nodes of one conversation.

    Attributes:
        order: The children of each node that has several.
        unread: What is new in nodes, by their keys; what is in messages goes to these.
    """

    def __init__(self, conversation: Conversation, unread: dict[str, dict[str, Any]]) -> None:
        self.order: dict[str | None, list[str]] = {}
        self.unread = unread
        self._default_model = name_of(conversation.default_model_slug)
        self._calls: dict[str, str] = {}

    def node(self, key: str, one: Node | None) -> SourceNode:
        """Return one entry of the mapping."""
        if one is None:
            return node("system", "", key=key, structural=True)
        if isinstance(one.children, list) and len(one.children) > 1:
            self.order[key] = [child for child in one.children if isinstance(child, str)]
        parent = one.parent if one.parent is None else str(one.parent)
        if one.message is None:
            return node("system", "", key=key, parent=parent, structural=True)
        return self._message(key, parent, one.message)

    def _message(self, key: str, parent: str | None, message: Message) -> SourceNode:
        said = said_in(message.content)
        metadata = _metadata_of(message)
        author = message.author or _NO_AUTHOR
        mended = [*said.repairs]
        sender = sender_of(author.role, mended)
        calls = _calls(key, sender, message, said)
        partial, finish_reason = _ending(message, metadata, sender)
        # Made directly, because this is done for every message of very large files.
        draft = ResponseDraft(
            sender=sender,
            message="" if calls else said.text,
            reasoning=said.reasoning,
            create_time=from_seconds(message.create_time),
            partial=partial,
            finish_reason="tool_calls" if calls and not partial else finish_reason,
            model_name=self._model(metadata) if sender == "assistant" else "",
            attachments=attachments(metadata.attachments, said.attachments),
            citations=said.citations
            or citations(metadata.citations, metadata.content_references, said.text),
            tool_calls=calls,
            tool_call_id=self._answered(key, parent, sender, calls),
        )
        return SourceNode(
            said=draft,
            key=key,
            parent=parent,
            flags=_flags(message, metadata, said),
            repairs=tuple(mended),
            facts={"tool": author.name} if author.name and isinstance(author.name, str) else {},
            raw=_raw(key, message, said, calls=calls, unread=self.unread.pop(key, {})),
        )

    def _answered(
        self, key: str, parent: str | None, sender: Sender, calls: tuple[ToolCall, ...]
    ) -> str:
        """Return the call that a message of a tool answers, through other messages of tools."""
        if calls:
            self._calls[key] = calls[0].call_id
        elif sender == "tool" and parent in self._calls:
            self._calls[key] = self._calls[parent]
            return self._calls[key]
        return ""

    def _model(self, metadata: Metadata) -> str:
        return (
            name_of(metadata.model_slug)
            or name_of(metadata.default_model_slug)
            or self._default_model
        )


def _metadata_of(message: Message) -> Metadata:
    if bytes(message.metadata) in _NOTHING:
        return _NO_METADATA
    try:
        return _metadata.decode(message.metadata)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _dirty_metadata(bytes(message.metadata))


def _dirty_metadata(data: bytes) -> Metadata:
    try:
        found = decoded_json(data, dict[str, Any])
    except MalformedDocument:
        return _NO_METADATA
    sources = ("citations", "content_references")
    names = [name for name in Metadata.__struct_fields__ if name not in sources]
    return Metadata(**{name: found.get(name) for name in names})


def _calls(key: str, sender: Sender, message: Message, said: Said) -> tuple[ToolCall, ...]:
    """Return the call that a message to a tool is; the format gives calls no ids of their own."""
    to = message.recipient
    if sender != "assistant" or to in (None, "", "all", "assistant") or not isinstance(to, str):
        return ()
    return (ToolCall(call_id=key, name=to, arguments=said.text),)


def _ending(
    message: Message, metadata: Metadata, sender: Sender
) -> tuple[bool, FinishReason | None]:
    if message.status == "in_progress":
        return True, "failed"
    if sender != "assistant":
        return False, None
    details = metadata.finish_details
    kind = details.get("type") if isinstance(details, dict) else None
    match kind:
        case "max_tokens":
            return False, "length"
        case "interrupted":
            return True, "cancelled"
        case _:
            return False, "stop"


def _flags(message: Message, metadata: Metadata, said: Said) -> tuple[str, ...]:
    hidden = said.hidden or metadata.is_visually_hidden_from_conversation is True
    out = message.weight == 0 and isinstance(message.weight, float | int)
    if not hidden and not out:
        return ()
    return (*(("hidden",) if hidden else ()), *((OUT_OF_CONTEXT,) if out else ()))


def _raw(
    key: str,
    message: Message,
    said: Said,
    *,
    calls: tuple[ToolCall, ...],
    unread: dict[str, Any],
) -> str:
    """Return what has no field of ours, in the words of the format."""
    rest = {} if _is_usual(message) else _unusual(message)
    rest |= unread
    if message.create_time is not None and from_seconds(message.create_time) is None:
        rest["create_time"] = message.create_time
    if message.end_turn is not None:
        rest["end_turn"] = message.end_turn
    if calls:
        del rest["recipient"]
    if message.id not in (None, key):
        rest["id"] = message.id
    if said.rest is not None:
        rest["content"] = said.rest
    if bytes(message.metadata) not in _NOTHING:
        rest["metadata"] = message.metadata
    if message.author is not None and bytes(message.author.metadata) not in _NOTHING:
        rest["author_metadata"] = message.author.metadata
    return _encoder.encode(rest).decode("utf-8", "replace") if rest else ""


def _is_usual(message: Message) -> bool:
    """Whether nothing but its end can be said of a message, as of nearly all."""
    return (
        message.status == "finished_successfully"
        and message.weight == 1
        and message.recipient == "all"
        and message.channel is None
        and message.update_time is None
    )


def _unusual(message: Message) -> dict[str, Any]:
    values = {name: getattr(message, name) for name in _USUAL}
    return {name: value for name, value in values.items() if value not in _USUAL[name]}


FORMAT = Format(
    name="chatgpt",
    title="ChatGPT account export (ZIP, folder or JSON)",
    suffix=".json",
    detect=_detect,
    read=_read,
    write=write_chatgpt,
    losses=LOSSES,
)
