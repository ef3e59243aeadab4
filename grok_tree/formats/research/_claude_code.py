"""Sessions of Claude Code: JSON Lines in which every line with a ``uuid`` is a message.

An answer of the model may take several lines, which have the ``message.id`` in common; each is a
response, and the last has the usage, which every line repeats. What sub-agents said has no parent,
so it makes further roots, flagged ``sidechain``. Lines without a ``uuid`` are kept with the message
before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import MAX_FIELD_BYTES, FinishReason, Sender, Usage
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import raw_json
from grok_tree.formats._loose import count_of, object_of, without
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats._times import from_iso
from grok_tree.formats.research._blocks import Json, key_of, said_in, text_of
from grok_tree.formats.research._sessions import files, lines

LEFT = "lines_left: {n:,} lines that are no messages are too many to be kept"

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "context",
    "tool_use": "tool_calls",
}
_TAKEN = ("uuid", "parentUuid", "timestamp", "type", "message", "isSidechain", "isMeta")
_MESSAGE_TAKEN = ("id", "role", "type", "content", "model", "stop_reason", "usage")
_USAGE_TAKEN = ("input_tokens", "cache_read_input_tokens", "output_tokens")
_TITLES = ("customTitle", "aiTitle", "summary")
_SPOKEN = ("user", "assistant", "system")


def _detect_file(source: Opened) -> bool:
    return "type" in source.first and b'"parentUuid"' in source.head


def _detect(source: Opened) -> bool:
    return bool(files(source, _detect_file, first=True))


def _read(source: Opened) -> Iterator[Found]:
    for index, one in enumerate(files(source, _detect_file)):
        try:
            yield _conversation(one)
        except MalformedDocument as error:
            yield Skipped(index, one.name, str(error))


def _conversation(source: Opened) -> SourceConversation:
    session = _Session()
    for line in lines(source, session.repairs):
        session.add(line)
    return session.conversation()


class _Session:
    def __init__(self) -> None:
        self.repairs: list[str] = []
        self._nodes: list[SourceNode] = []
        self._beside: dict[int, list[Json]] = {}
        self._titles: dict[str, str] = {}
        self._last_of: dict[str, tuple[int, Usage]] = {}
        self._id = ""
        self._agent = ""
        self._leaf: str | None = None

    def add(self, line: Json) -> None:
        if key_of(line.get("uuid")) is None:
            self._add_beside(line)
            return
        one = _node(line)
        self._id = text_of(line.get("sessionId")) or self._id
        if line.get("isSidechain"):
            self._agent = self._agent or text_of(line.get("agentId"))
        else:
            self._leaf = one.key
        message = object_of(line.get("message"))
        reply = text_of(message.get("id"))
        if one.said.sender == "assistant" and isinstance(message.get("usage"), dict):
            self._last_of[reply or text_of(one.key)] = len(self._nodes), _usage(message["usage"])
        self._nodes.append(one)

    def _add_beside(self, line: Json) -> None:
        for name in _TITLES:
            if isinstance(line.get(name), str):
                self._titles[name] = line[name]
        place = len(self._nodes) - 1
        self._beside.setdefault(place, []).append(line)

    def conversation(self) -> SourceConversation:
        for place, usage in self._last_of.values():
            one = self._nodes[place]
            one.said = msgspec.structs.replace(one.said, usage=usage)
        self._keep_beside()
        # A sub-agent's file has the session of who sent it.
        agent = self._agent if self._leaf is None else ""
        return SourceConversation(
            nodes=self._nodes,
            key=f"{self._id}:{agent}" if agent else self._id or None,
            title=next((self._titles[name] for name in _TITLES if name in self._titles), ""),
            create_time=_time(self._nodes),
            leaf=self._leaf,
            repairs=tuple(self.repairs),
        )

    def _keep_beside(self) -> None:
        """Keep lines that are no messages with the message before them, as many as fit."""
        n_left = 0
        for place, others in self._beside.items() if self._nodes else ():
            one = self._nodes[max(0, place)]
            room = MAX_FIELD_BYTES // 2 - len(one.raw)
            fitting = []
            for line in others:
                room -= len(raw_json(line))
                if room < 0:
                    n_left += 1
                else:
                    fitting.append(line)
            kept = object_of(msgspec.json.decode(one.raw)) if one.raw else {}
            name = "before" if place < 0 else "beside"
            one.raw = raw_json({**kept, **({name: fitting} if fitting else {})})
        if n_left:
            self.repairs.append(LEFT.format(n=n_left))


def _node(line: Json) -> SourceNode:
    message = object_of(line.get("message"))
    kind = text_of(line.get("type"))
    said = said_in(message["content"] if "content" in message else line.get("content"))
    sender = _sender(kind, text_of(message.get("role")), tool=said.only_results)
    taken = {*_TAKEN, "content"} if "content" not in message else set(_TAKEN)
    rest: dict[str, Any] = {
        name: value
        for name, value in line.items()
        if name not in taken and value not in (None, False)
    }
    rest["message"] = {
        name: value
        for name, value in message.items()
        if name not in _MESSAGE_TAKEN and value is not None
    }
    used = without(object_of(message.get("usage")), *_USAGE_TAKEN)
    if any(used.values()):
        rest["message"]["usage"] = used
    reason = message.get("stop_reason")
    if reason is not None and text_of(reason) not in _REASONS:
        rest["stop_reason"] = reason
    if said.rest:
        rest["blocks"] = said.rest
    if line.get("timestamp") and from_iso(line["timestamp"]) is None:
        rest["timestamp"] = line["timestamp"]
    if kind not in ("user", "assistant"):
        rest["type"] = kind
    facts = {"message_id": text_of(message.get("id"))}
    facts["logical_parent"] = text_of(line.get("logicalParentUuid"))
    return node(
        sender,
        said.message,
        key=key_of(line.get("uuid")),
        parent=key_of(line.get("parentUuid")),
        create_time=from_iso(line.get("timestamp")),
        model_name=text_of(message.get("model")) if sender == "assistant" else "",
        finish_reason=_REASONS.get(text_of(reason)),
        flags=_flags(line, kind),
        raw=raw_json({name: value for name, value in rest.items() if value}),
        facts={name: fact for name, fact in facts.items() if fact},
        **said.fields,
    )


def _sender(kind: str, role: str, *, tool: bool) -> Sender:
    if kind == "assistant":
        return "assistant"
    if kind == "user" or (kind not in _SPOKEN and role == "user"):
        return "tool" if tool else "human"
    return "system"


def _flags(line: Json, kind: str) -> list[str]:
    flags = ["hidden"] if line.get("isMeta") or kind not in _SPOKEN else []
    return [*flags, "sidechain"] if line.get("isSidechain") else flags


def _usage(told: Json) -> Usage:
    cached = count_of(told.get("cache_read_input_tokens"))
    written = count_of(told.get("cache_creation_input_tokens"))
    return Usage(
        prompt_tokens=count_of(told.get("input_tokens")) + cached + written,
        cached_prompt_tokens=cached,
        completion_tokens=count_of(told.get("output_tokens")),
    )


def _time(nodes: list[SourceNode]) -> datetime | None:
    return next((one.said.create_time for one in nodes if one.said.create_time), None)


FORMAT = Format(
    name="claude_code",
    title="Claude Code session (JSON Lines, or a folder of them)",
    detect=_detect,
    read=_read,
)
