"""Open WebUI: exported chats in and out.

Only a message's own parent says what it hangs on: lists of children are often empty, and the
current message may be one that lost its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from grok_tree.forest import Attachment, Citation, FinishReason, Marks
from grok_tree.formats._elements import iter_elements
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, raw_json
from grok_tree.formats._loose import (
    count_of,
    key_of,
    list_of,
    name_of,
    number_of,
    object_of,
    objects_in,
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
from grok_tree.formats._times import from_milliseconds, from_seconds
from grok_tree.formats._usage import usage_of
from grok_tree.formats.chats._openwebui_output import Said, said_in_output, said_in_text
from grok_tree.formats.chats._openwebui_writing import LOSSES, write_openwebui
from grok_tree.formats.chats._values import keep_about, read_safely, unreadable, without_empty

_PLACES = ("item.chat.history", "chat.history", "item.history", "history")
_HELD = (
    *("id", "title", "chat", "history", "messages", "models", "user_id", "userId"),
    *("created_at", "updated_at", "timestamp", "pinned"),
)
"""What is not kept of a chat as it is: what fields hold, and whose it is."""
_LAST_SECOND = 3e11
"""Larger times are in milliseconds."""
_LOST = "leaf_unknown: the message it was left at has lost its place; the newest tip is"


def _detect(source: Opened) -> bool:
    return any(f"{place}.messages" in source.keys for place in _PLACES)


def _read(source: Opened) -> Iterator[Found]:
    with source.open() as file:
        for index, element in enumerate(iter_elements(file)):
            yield read_safely(element, index, _found)


def _found(element: bytes, index: int) -> Found:
    mended: list[str] = []
    item = decoded_json(element, dict[str, Any], mended)
    chat = item["chat"] if isinstance(item.get("chat"), dict) else item
    key = key_of(item.get("id")) or key_of(chat.get("id"))
    history = object_of(chat.get("history"))
    messages = history.get("messages")
    if isinstance(messages, dict) and messages:
        nodes = [_node(id, message) for id, message in messages.items()]
        nodes += _unlisted(chat.get("messages"), messages)
    elif isinstance(chat.get("messages"), list):
        several = [(object_of(one).get("id"), one) for one in chat["messages"]]
        nodes = chained(_node(key_of(id), message) for id, message in several)
    elif isinstance(messages, dict):
        nodes = []
    else:
        return Skipped(index, key or "", "it has no messages")
    about = {} if chat is item else without(item, *_HELD)
    about["meta"] = without_empty(object_of(item.get("meta")))
    inside = without(chat, *_HELD)
    # The item says these too, as a rule the same.
    for name in ("id", "title") if chat is not item else ():
        inside[name] = chat.get(name) if chat.get(name) != item.get(name) else None
    inside["params"] = without(object_of(chat.get("params")), "system")
    inside["history"] = without_empty(without(history, "messages", "currentId"))
    about["chat"] = without_empty(inside)
    keep_about(nodes, about)
    leaf = key_of(history.get("currentId"))
    if leaf is not None and _has_no_place(object_of(object_of(messages).get(leaf))):
        leaf = None
        mended.append(_LOST)
    return SourceConversation(
        nodes=nodes,
        key=key,
        title=name_of(item.get("title")) or name_of(chat.get("title")),
        create_time=_time(item.get("created_at")) or _time(chat.get("timestamp")),
        modify_time=_time(item.get("updated_at")),
        starred=item.get("pinned") is True,
        system_prompt=name_of(object_of(chat.get("params")).get("system")),
        leaf=leaf,
        order=_order(object_of(messages)),
        repairs=tuple(mended),
    )


def _unlisted(copies: Any, messages: dict[str, Any]) -> list[SourceNode]:
    """Return messages that only the list of the active path has."""
    several = [(key_of(one.get("id")), one) for one in objects_in(copies)]
    return [_node(key, one) for key, one in several if key is not None and key not in messages]


def _has_no_place(message: dict[str, Any]) -> bool:
    """Whether a message was saved without what it hangs on and whose it is."""
    return bool(message) and "role" not in message and key_of(message.get("parentId")) is None


def _order(messages: dict[str, Any]) -> dict[str | None, list[str]]:
    order: dict[str | None, list[str]] = {}
    for key, message in messages.items():
        children = list_of(object_of(message).get("childrenIds"))
        if len(children) > 1:
            order[key] = [child for child in children if isinstance(child, str)]
    return order


def _node(key: str | None, message: Any) -> SourceNode:
    if not isinstance(message, dict):
        found = unreadable(msgspec.json.encode(message))
        found.key = key
        return found
    rest = dict(message)
    for name in ("childrenIds", "lastSentence"):
        rest.pop(name, None)
    if rest.get("id") == key:
        rest.pop("id", None)
    mended: list[str] = []
    sender = sender_of(rest.pop("role", None), mended)
    said = _said(rest, mended, is_answer=sender == "assistant")
    time = _time(rest.get("timestamp"))
    if time is not None:
        del rest["timestamp"]
    partial, finish_reason = _ending(rest, is_answer=sender == "assistant")
    usage, left = usage_of(rest.pop("usage", None))
    rest["usage"] = left
    return node(
        sender,
        "\n".join(text for text in said.texts if text),
        key=key,
        parent=key_of(rest.pop("parentId", None)),
        create_time=time,
        reasoning="\n\n".join(thought for thought in said.thoughts if thought),
        encrypted_reasoning=said.encrypted,
        tool_calls=tuple(said.calls),
        tool_call_id=name_of(rest.pop("tool_call_id", None)) if sender == "tool" else "",
        model_name=name_of(rest.pop("model", None)) if sender == "assistant" else "",
        partial=partial,
        finish_reason=finish_reason,
        usage=usage,
        attachments=_attachments(rest),
        citations=_citations(rest.get("sources") or rest.get("citations")),
        marks=_marks(rest),
        repairs=mended,
        raw=raw_json(without_empty(rest)),
    )


def _said(rest: dict[str, Any], mended: list[str], *, is_answer: bool) -> Said:
    """Return what a message says, and leave in `rest` what that does not hold."""
    output = rest.get("output")
    if is_answer and isinstance(output, list) and output:
        said = said_in_output(output)
        if said.texts or said.thoughts or said.calls:
            del rest["output"]
            if not said.whole:
                rest["output"] = output
            rest.pop("content", None)
            return said
    content = text_of(rest.pop("content", None), mended)
    said = said_in_text(content) if is_answer else Said([content])
    if not said.whole:
        rest["content"] = content
    return said


def _ending(rest: dict[str, Any], *, is_answer: bool) -> tuple[bool, FinishReason | None]:
    done = rest.pop("done", None)
    if done is False:
        return True, "failed"
    if is_answer and rest.get("error"):
        return False, "failed"
    return False, "stop" if is_answer and done is True else None


def _attachments(rest: dict[str, Any]) -> tuple[Attachment, ...]:
    """Return the files of a message, and leave in `rest` those that say more than a field does."""
    several = list_of(rest.get("files"))
    found = [_attachment(one) for one in several if isinstance(one, dict)]
    known = {"type", "id", "url", "name", "content_type", "size"}
    if all(isinstance(one, dict) and known.issuperset(one) and _url(one) for one in several):
        rest.pop("files", None)
    return tuple(one for one in found if one.url)


def _attachment(one: dict[str, Any]) -> Attachment:
    media_type = name_of(one.get("content_type"))
    if not media_type and one.get("type") == "image":
        media_type = "image/*"
    return Attachment(
        url=_url(one),
        name=name_of(one.get("name")),
        media_type=media_type,
        n_bytes=count_of(one.get("size")),
    )


def _url(one: dict[str, Any]) -> str:
    """Return where a file is; one that is inside of its own address stays in the raw record."""
    url = name_of(one.get("url")) or name_of(one.get("id"))
    return "" if url.startswith("data:") else url


def _citations(sources: Any) -> tuple[Citation, ...]:
    found = []
    for one in objects_in(sources):
        source = object_of(one.get("source"))
        places = [source, *objects_in(one.get("metadata"))]
        urls = [name_of(place.get("url")) or name_of(place.get("source")) for place in places]
        title = name_of(source.get("name"))
        found += [
            Citation(url=url, title=title if title != url else "")
            for url in dict.fromkeys(url for url in urls if "://" in url)
        ]
    return tuple(found)


def _marks(rest: dict[str, Any]) -> Marks:
    score = number_of(object_of(rest.get("annotation")).get("rating"))
    starred = rest.pop("favorite", None) is True
    return Marks(starred=starred, scores={} if score is None else {"rating": score})


def _time(value: Any) -> datetime | None:
    if isinstance(value, int | float) and value > _LAST_SECOND:
        return from_milliseconds(value)
    return from_seconds(value)


FORMAT = Format(
    name="openwebui",
    title="Open WebUI chats (JSON)",
    suffix=".json",
    detect=_detect,
    read=_read,
    write=write_openwebui,
    losses=LOSSES,
)
