"""The web interface of llama.cpp, and session traces of the same form: JSON Lines.

A line with the session begins a conversation; a line for each message follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Attachment, Timing, ToolCall, Usage
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json, json_lines, raw_json
from grok_tree.formats._lines import MAX_LINE_BYTES
from grok_tree.formats._loose import (
    count_of,
    key_of,
    list_of,
    name_of,
    number_of,
    object_of,
    objects_in,
    raw_with,
    text_of,
    without,
)
from grok_tree.formats._opening import Opened
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import SourceConversation, SourceNode, chained, node
from grok_tree.formats._times import from_iso, from_milliseconds
from grok_tree.formats.chats._llama_ui_writing import LOSSES, write_llama_ui
from grok_tree.formats.chats._values import unreadable, without_empty

_HELD = ("type", "id", "name", "lastModified", "currNode", "harness")
_TIMED = ("prompt_n", "predicted_n", "cache_n", "prompt_ms", "predicted_ms")
_MOST_SECONDS = 1e9


def _detect(source: Opened) -> bool:
    return source.first.get("type") == "session" and "harness" in source.first


def _read(source: Opened) -> Iterator[Found]:
    with source.open() as file:
        session: dict[str, Any] | None = None
        nodes: list[SourceNode] = []
        order: dict[str | None, list[str]] = {}
        for _, line in json_lines(file, longest=MAX_LINE_BYTES):
            record = _record(line)
            if isinstance(record, dict) and record.get("type") == "session":
                if session is not None or nodes:
                    yield _conversation(session or {}, nodes, order)
                session, nodes, order = record, [], {}
                continue
            nodes.append(_safe_node(line, record, order))
        if session is not None or nodes:
            yield _conversation(session or {}, nodes, order)


def _record(line: bytes) -> Any:
    try:
        return decoded_json(line, Any)
    except MalformedDocument:
        return None


def _safe_node(line: bytes, record: Any, order: dict[str | None, list[str]]) -> SourceNode:
    message = object_of(record).get("message")
    try:
        if not isinstance(message, dict):
            return unreadable(line)
        found = _node(message, order)
        found.raw = raw_with(found.raw, "line", without(object_of(record), "type", "message"))
        return found
    except (MalformedDocument, RecursionError):
        return unreadable(line)


def _conversation(
    session: dict[str, Any], nodes: list[SourceNode], order: dict[str | None, list[str]]
) -> SourceConversation:
    if all(one.parent is None for one in nodes):
        nodes = chained(nodes)
    kept = [one for one in nodes if not one.structural]
    if kept:
        about = without(session, *_HELD)
        if session.get("harness") != "llama.app":
            about["harness"] = session.get("harness")
        kept[0].raw = raw_with(kept[0].raw, "session", about)
    times = [one.said.create_time for one in nodes if one.said.create_time is not None]
    return SourceConversation(
        nodes=nodes,
        key=key_of(session.get("id")),
        title=name_of(session.get("name")),
        create_time=min(times, default=None),
        modify_time=from_milliseconds(session.get("lastModified")),
        leaf=key_of(session.get("currNode")),
        order=order,
    )


def _node(message: dict[str, Any], order: dict[str | None, list[str]]) -> SourceNode:
    rest = without(message, "convId", "children")
    key = key_of(rest.pop("id", None))
    children = list_of(message.get("children"))
    if key is not None and len(children) > 1:
        order[key] = [child for child in children if isinstance(child, str)]
    parent = key_of(rest.pop("parent", None))
    if rest.get("type") == "root":
        return node("system", "", key=key, parent=parent, structural=True)
    if rest.get("type") == "text":
        del rest["type"]
    mended: list[str] = []
    sender = sender_of(rest.pop("role", None), mended)
    usage, timing = _timings(rest)
    model = name_of(rest.pop("model", None))
    return node(
        sender,
        _text(rest, mended),
        key=key,
        parent=parent,
        create_time=_time(rest),
        reasoning=name_of(rest.pop("reasoningContent", None))
        or name_of(rest.pop("thinking", None)),
        tool_calls=_calls(rest),
        tool_call_id=name_of(rest.pop("toolCallId", None)) if sender == "tool" else "",
        model_name=model if sender == "assistant" else "",
        usage=usage,
        timing=timing,
        attachments=_attachments(rest),
        repairs=mended,
        raw=raw_json(without_empty(rest)),
    )


def _text(rest: dict[str, Any], mended: list[str]) -> str:
    """Return the text of a message; traces of other programs may have it in parts."""
    content = rest.pop("content", None)
    parts = objects_in(content)
    if not parts or len(parts) != len(content):
        return text_of(content, mended)
    if any(part.get("type") != "text" for part in parts):
        rest["content"] = content
    return "\n".join(name_of(part.get("text")) for part in parts if part.get("type") == "text")


def _time(rest: dict[str, Any]) -> Any:
    value = rest.pop("timestamp", None)
    time = from_iso(value) or from_milliseconds(value)
    if time is None:
        rest["timestamp"] = value
    return time


def _timings(rest: dict[str, Any]) -> tuple[Usage, Timing]:
    found = object_of(rest.get("timings"))
    if found:
        rest["timings"] = without(found, *_TIMED)
    cached = count_of(found.get("cache_n"))
    seconds = [_seconds(found.get(name)) for name in ("prompt_ms", "predicted_ms")]
    usage = Usage(
        # What was in the cache is not among what was read.
        prompt_tokens=count_of(found.get("prompt_n")) + cached,
        cached_prompt_tokens=cached,
        completion_tokens=count_of(found.get("predicted_n")),
    )
    return usage, Timing(duration_s=sum(seconds))


def _seconds(milliseconds: Any) -> float:
    found = number_of(milliseconds)
    return found / 1000 if found is not None and 0 <= found <= _MOST_SECONDS * 1000 else 0.0


def _calls(rest: dict[str, Any]) -> tuple[ToolCall, ...]:
    """Return the calls of a message, which stand in it as JSON inside of JSON."""
    found = rest.get("toolCalls")
    if isinstance(found, str) and found:
        try:
            found = decoded_json(found.encode("utf-8", "replace"), Any)
        except MalformedDocument:
            return ()
    several = [(number, one, object_of(one.get("function"))) for number, one in _numbered(found)]
    if several:
        del rest["toolCalls"]
    return tuple(
        ToolCall(
            call_id=key_of(one.get("id")) or str(number),
            name=name_of(function.get("name")),
            arguments=name_of(function.get("arguments")),
        )
        for number, one, function in several
    )


def _numbered(found: Any) -> list[tuple[int, dict[str, Any]]]:
    return list(enumerate(objects_in(found)))


def _attachments(rest: dict[str, Any]) -> tuple[Attachment, ...]:
    """Return what is attached by name; its contents stay in the raw record."""
    return tuple(
        Attachment(
            url=f"llama_ui:{name_of(one.get('name'))}",
            name=name_of(one.get("name")),
            media_type=name_of(one.get("mimeType")),
            n_bytes=count_of(one.get("size")),
        )
        for one in objects_in(rest.get("extra"))
    )


FORMAT = Format(
    name="llama_ui",
    title="llama.cpp web interface, and session traces (JSON Lines)",
    suffix=".jsonl",
    detect=_detect,
    read=_read,
    write=write_llama_ui,
    losses=LOSSES,
)
