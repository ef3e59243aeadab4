"""Sessions of the Pi agent: JSON Lines, a header and entries that hang on each other.

Every entry is a response, those that say nothing too: they hold the tree together. Labels become
tags of what they name. Entries of the first version have no ids and are a chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import FinishReason, Marks, Sender, Usage
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import raw_json
from grok_tree.formats._loose import count_of, number_of, object_of, raw_with, without
from grok_tree.formats._opening import Opened
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats._times import from_iso, from_milliseconds
from grok_tree.formats.research._blocks import Json, key_of, said_in, text_of
from grok_tree.formats.research._sessions import files, lines

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "toolUse": "tool_calls",
    "error": "failed",
    "aborted": "cancelled",
}
_SENDERS: dict[str, Sender] = {
    "bashExecution": "human",
    "custom": "human",
    "branchSummary": "human",
    "compactionSummary": "human",
}
"""What a model is shown as if its user had said it."""

_TAKEN = ("type", "id", "parentId", "timestamp", "message", "summary", "content")
_MESSAGE_TAKEN = (
    "role",
    "content",
    "timestamp",
    "provider",
    "model",
    "usage",
    "stopReason",
    "toolCallId",
)
_USAGE_TAKEN = ("input", "output", "cacheRead", "totalTokens", "cost")
_SHOWN = ("message", "compaction", "branch_summary", "custom_message")


def _detect_file(source: Opened) -> bool:
    first = source.first
    known = "version" in first or "cwd" in first
    return first.get("type") == "session" and known and "harness" not in first


def _detect(source: Opened) -> bool:
    return bool(files(source, _detect_file, first=True))


def _read(source: Opened) -> Iterator[Found]:
    for index, one in enumerate(files(source, _detect_file)):
        try:
            yield _conversation(one)
        except MalformedDocument as error:
            yield Skipped(index, one.name, str(error))


def _conversation(source: Opened) -> SourceConversation:
    repairs: list[str] = []
    header: Json = {}
    title = ""
    nodes: list[SourceNode] = []
    labels: dict[str, str] = {}
    for line in lines(source, repairs):
        kind = line.get("type")
        if kind == "session" and not header:
            header = line
            continue
        if kind == "session_info":
            title = text_of(line.get("name")) or title
        if kind == "label":
            labels[text_of(line.get("targetId"))] = text_of(line.get("label"))
        nodes.append(_node(line, len(nodes) - 1))
    _tag(nodes, labels)
    if nodes:
        rest = without(header, "type", "id", "timestamp", "cwd", "parentSession")
        nodes[0].raw = raw_with(nodes[0].raw, "session", rest)
        told = {name: text_of(header.get(name)) for name in ("cwd", "parentSession")}
        nodes[0].facts = {name: fact for name, fact in told.items() if fact}
    return SourceConversation(
        nodes=nodes,
        key=key_of(header.get("id")),
        title=title,
        create_time=from_iso(header.get("timestamp")),
        # An entry is written under the one at which the user is.
        leaf=(nodes[-1].key or len(nodes) - 1) if nodes else None,
        repairs=tuple(repairs),
    )


def _tag(nodes: list[SourceNode], labels: dict[str, str]) -> None:
    """Tag what labels name; the last label counts, and an empty one takes it away."""
    for one in nodes:
        label = labels.get(one.key or "", "").strip()
        if label:
            one.said = msgspec.structs.replace(one.said, marks=Marks(tags=(label,)))


def _node(entry: Json, before: int) -> SourceNode:
    key = key_of(entry.get("id"))
    parent: str | int | None = key_of(entry.get("parentId"))
    if key is None and parent is None and before >= 0:
        parent = before
    if entry.get("type") == "message" and isinstance(entry.get("message"), dict):
        return _message(entry, entry["message"], key, parent)
    rest = {
        name: value for name, value in entry.items() if name not in _TAKEN[1:] and value is not None
    }
    said = said_in(entry.get("content"))
    summary = text_of(entry.get("summary"))
    if said.rest:
        rest["blocks"] = said.rest
    if "message" in entry:
        rest["message"] = entry["message"]
    return node(
        "system",
        "\n\n".join(part for part in (summary, said.message) if part),
        key=key,
        parent=parent,
        create_time=from_iso(entry.get("timestamp")),
        flags=() if entry.get("type") in _SHOWN else ("hidden",),
        raw=raw_json(rest),
        **said.fields,
    )


def _message(entry: Json, message: Json, key: str | None, parent: str | int | None) -> SourceNode:
    mended: list[str] = []
    role = message.get("role")
    known = _SENDERS.get(role) if isinstance(role, str) else None
    sender = known or sender_of(role, mended)
    said = said_in(message.get("content"))
    rest = {
        name: value
        for name, value in message.items()
        if name not in _MESSAGE_TAKEN and value not in (None, False)
    }
    if known:
        rest["role"] = role
        for name in ("command", "output", "summary"):
            if name in rest:
                said.texts.append(text_of(rest.pop(name)))
    reason = message.get("stopReason")
    if reason is not None and text_of(reason) not in _REASONS:
        rest["stopReason"] = reason
    if said.rest:
        rest["blocks"] = said.rest
    if used := _unread_usage(object_of(message.get("usage"))):
        rest["usage"] = used
    time = from_iso(entry.get("timestamp")) or from_milliseconds(message.get("timestamp"))
    rest |= _unread_around(entry, message, time)
    fields = {**said.fields}
    if sender == "tool":
        fields["tool_call_id"] = text_of(message.get("toolCallId"))
    if sender == "assistant":
        fields["usage"] = _usage(object_of(message.get("usage")))
        fields["model_name"] = "/".join(
            part
            for part in (text_of(message.get("provider")), text_of(message.get("model")))
            if part
        )
    return node(
        sender,
        said.message,
        key=key,
        parent=parent,
        create_time=time,
        partial=reason in ("error", "aborted"),
        finish_reason=_REASONS.get(text_of(reason)),
        repairs=mended,
        raw=raw_json(rest),
        **fields,
    )


def _unread_around(entry: Json, message: Json, time: datetime | None) -> Json:
    """Return what an entry says beside its message, and the time that is not the response's."""
    rest: Json = {}
    if message.get("timestamp") and from_milliseconds(message["timestamp"]) != time:
        rest["timestamp"] = message["timestamp"]
    beside = {name: value for name, value in entry.items() if name not in _TAKEN}
    if entry.get("timestamp") and from_iso(entry["timestamp"]) is None:
        beside["timestamp"] = entry["timestamp"]
    return {**rest, "entry": beside} if beside else rest


def _usage(told: Json) -> Usage:
    cached = count_of(told.get("cacheRead"))
    cost = number_of(object_of(told.get("cost")).get("total"))
    return Usage(
        prompt_tokens=count_of(told.get("input")) + cached + count_of(told.get("cacheWrite")),
        cached_prompt_tokens=cached,
        completion_tokens=count_of(told.get("output")),
        cost_usd=cost if cost is not None and cost >= 0 else None,
    )


def _unread_usage(told: Json) -> Json:
    """Return what of the usage has no field: what was written to a cache, the parts of costs."""
    rest = without(told, *_USAGE_TAKEN)
    rest["cost"] = without(object_of(told.get("cost")), "total")
    rest["cost"] = rest["cost"] if any(rest["cost"].values()) else None
    return {name: value for name, value in rest.items() if value}


FORMAT = Format(
    name="pi",
    title="Pi agent session (JSON Lines, or a folder of them)",
    detect=_detect,
    read=_read,
)
