"""Databases of `llm` from 0.32 on: messages named by their contents, and the calls that made them.

Equal messages under one parent are one row there, however often a model gave that answer; the rows
of ``turns`` say how often. So the first turn that leads from one message to another stands for the
rows themselves, and every further one adds a copy of the answer beside it, named by the turn. What
was said after an answer hangs on the rows, that is on the first of equal answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from grok_tree.forest import Attachment, Tool, ToolCall
from grok_tree.formats._json import raw_json
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import SourceConversation, SourceNode, node
from grok_tree.formats.research._llm_facts import (
    Making,
    attachment,
    call_of,
    json_of,
    schemas,
    time_of,
    tools_of,
)
from grok_tree.formats.research._sqlite import Database, Row, text_of

_THREAD_TAKEN = ("id", "name", "tip_message_hash")
_Parents = dict[str, str | None]


def conversations(base: Database) -> Iterator[Making]:
    """Yield a conversation for each first message, with all threads that begin with it."""
    parents: _Parents = {}
    for row in base.rows("messages"):
        above = row.get("parent_hash")
        parents[text_of(row.get("hash"))] = None if above is None else text_of(above)
    tops = _tops(parents)
    turns = _by_top(base.rows("turns", order="datetime_utc, id"), tops)
    threads = _by_top(base.rows("threads", order="datetime_utc, id"), tops)
    members: dict[str, list[str]] = {}
    for key, top in tops.items():
        members.setdefault(top, []).append(key)
    tools = tools_of(base, base.rows("turn_tools"), "turn_id")
    known = schemas(base)

    def make(top: str) -> SourceConversation:
        tree = _Tree(base, members[top], parents, turns.get(top, []), tools=tools, schemas=known)
        return tree.conversation(top, threads.get(top, []))

    for top in members:
        yield top, partial(make, top)


def _said(row: Row) -> dict[str, Any]:
    """Return the columns of a row in which something stands, as JSON can hold it."""
    return {
        name: one if isinstance(one, int | float) else text_of(one)
        for name, one in row.items()
        if one is not None
    }


def _by_top(rows: Iterable[Row], tops: Mapping[str, str]) -> dict[str, list[Row]]:
    """Return rows by the first message above the one at which they end."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        top = tops.get(text_of(row.get("tip_message_hash")))
        if top is not None:
            found.setdefault(top, []).append(row)
    return found


def _tops(parents: _Parents) -> dict[str, str]:
    """Return the first message above each, in the order of the messages."""
    tops: dict[str, str] = {}
    for key in parents:
        walk: dict[str, None] = {}
        last: str = key
        at: str | None = key
        while at is not None and at in parents and at not in tops and at not in walk:
            walk[at] = None
            last, at = at, parents[at]
        top = tops.get(at or "", last)
        tops.update(dict.fromkeys(walk, top))
    return {key: tops[key] for key in parents}


class _Tree:
    """All messages that begin with one, and the turns that made them."""

    def __init__(
        self,
        base: Database,
        keys: Sequence[str],
        parents: _Parents,
        turns: Sequence[Row],
        *,
        tools: Mapping[object, Sequence[Tool]],
        schemas: Mapping[object, str],
    ) -> None:
        self._tools = tools
        self._schemas = schemas
        self._parents = parents
        self._turns = turns
        self._messages = {
            text_of(row.get("hash")): row for row in base.rows_of("messages", "hash", keys, "rowid")
        }
        # An index of a damaged database may know rows that are not there.
        self._keys = [key for key in keys if key in self._messages]
        rows = base.rows_of("parts", "message_hash", keys, "position")
        self._parts: dict[str, list[_Part]] = {}
        for part in _parts(base, rows):
            self._parts.setdefault(part.message, []).append(part)

    def conversation(self, key: str, threads: Sequence[Row]) -> SourceConversation:
        times = self._times()
        nodes = {
            one: self._node(one, self._parents[one], one, times.get(one)) for one in self._keys
        }
        made: list[SourceNode] = []
        copies: list[SourceNode] = []
        seen: set[tuple[str, str]] = set()
        for turn in self._turns:
            ends = text_of(turn.get("parent_message_hash")), text_of(turn.get("tip_message_hash"))
            answer = self._between(*ends)
            if not answer:
                continue
            if ends in seen:
                made = self._copied(turn, answer)
                copies += made
            else:
                made = [nodes[one] for one in answer]
            seen.add(ends)
            self._tell(turn, made)
        for thread in threads:
            tip = nodes.get(text_of(thread.get("tip_message_hash")))
            if tip is not None:
                named = {f"thread {text_of(thread.get('id'))}": text_of(thread.get("name"))}
                tip.facts = {**tip.facts, **named}
                rest = {name: one for name, one in thread.items() if name not in _THREAD_TAKEN}
                kept = json_of(tip.raw) or {}
                told = [*kept.get("threads", []), _said({"id": thread.get("id"), **rest})]
                tip.raw = raw_json({**kept, "threads": told})
        return SourceConversation(
            nodes=[*nodes.values(), *copies],
            key=key,
            title=next((name for one in threads if (name := text_of(one.get("name")))), ""),
            create_time=next((time for one in self._turns if (time := time_of(one))), None),
            leaf=made[-1].key if made else None,
        )

    def _times(self) -> dict[str, datetime]:
        """Return when each message was first used; the messages themselves do not say."""
        times: dict[str, datetime] = {}
        for turn in self._turns:
            time = time_of(turn)
            at: str | None = text_of(turn.get("tip_message_hash"))
            while time is not None and at is not None and at in self._messages and at not in times:
                times[at] = time
                at = self._parents[at]
        return times

    def _between(self, parent: str, tip: str) -> list[str]:
        """Return the messages below `parent` down to `tip`, none if it is not above."""
        found: list[str] = []
        at: str | None = tip
        while at is not None and at in self._messages and len(found) <= len(self._keys):
            if at == parent:
                return found[::-1]
            found.append(at)
            at = self._parents[at]
        return [] if parent else found[::-1]

    def _copied(self, turn: Row, answer: Sequence[str]) -> list[SourceNode]:
        made = []
        above = self._parents[answer[0]]
        for number, one in enumerate(answer):
            key = f"{text_of(turn.get('id'))}:{number}"
            made.append(self._node(one, above, key, time_of(turn)))
            above = key
        return made

    def _tell(self, turn: Row, answer: Sequence[SourceNode]) -> None:
        """Give an answer what the turn says of it: the model to each message, the rest to the last.

        A message that a turn made first keeps what that turn said.
        """
        call = call_of(
            turn,
            self._tools.get(turn.get("id"), ()),
            self._schemas.get(turn.get("schema_id"), ""),
        )
        for one in answer:
            if one.said.sender == "assistant" and not one.said.model_name:
                one.said = msgspec.structs.replace(one.said, model_name=call.said["model_name"])
        last = answer[-1]
        if "turn" in last.facts:
            return
        said = call.said if last.said.sender == "assistant" else {}
        last.said = msgspec.structs.replace(last.said, **said)
        last.facts = {**last.facts, **call.facts, "turn": text_of(turn.get("id"))}
        kept = json_of(last.raw) or {}
        last.raw = raw_json({**kept, **call.raw})

    def _node(
        self, message: str, parent: str | None, key: str, time: datetime | None
    ) -> SourceNode:
        row = self._messages[message]
        mended: list[str] = []
        sender = sender_of(row.get("role"), mended)
        parts = self._parts.get(message, [])
        texts = [one.text for one in parts if one.type == "text"]
        results = [one for one in parts if one.type == "tool_result"]
        calls = [one.call() for one in parts if one.type == "tool_call"]
        rest = [{"type": one.type, **one.payload} for one in parts if one.payload]
        raw = {
            "provider_metadata": json_of(row.get("provider_metadata")),
            "parts": rest,
            "text_lengths": [len(one) for one in texts] if len(texts) > 1 else None,
        }
        named = [one.taken["tool_call_id"] for one in results if one.taken.get("tool_call_id")]
        return node(
            sender,
            "".join(texts) + "\n".join(one.text for one in results),
            key=key,
            parent=parent,
            create_time=time,
            reasoning="".join(one.text for one in parts if one.type == "reasoning"),
            tool_calls=tuple(calls),
            tool_call_id=text_of(named[0]) if named and sender == "tool" else "",
            attachments=tuple(file for one in parts for file in one.files),
            repairs=mended,
            raw=raw_json({name: value for name, value in raw.items() if value}),
        )


class _Part(msgspec.Struct):
    """A part of a message.

    Attributes:
        message: Whose it is.
        type: Of it.
        text: What was said.
        payload: What has no field.
        taken: What has one.
        files: That belong to it.
    """

    message: str
    type: str
    text: str
    payload: dict[str, Any]
    taken: dict[str, Any]
    files: list[Attachment]

    def call(self) -> ToolCall:
        """Return the call of a tool that it is."""
        name = text_of(self.taken.get("name"))
        call = ToolCall(
            call_id=text_of(self.taken.get("tool_call_id")),
            name=name,
            arguments=raw_json(self.taken.get("arguments")) or "{}",
        )
        if self.payload.get("server_executed"):
            return msgspec.structs.replace(call, kind=name or "server")
        return call


_TAKEN = {
    "tool_call": ("name", "arguments", "tool_call_id"),
    "tool_result": ("tool_call_id",),
}


def _parts(base: Database, rows: Iterable[Row]) -> Iterator[_Part]:
    """Yield parts with their fragments and files put in."""
    held = []
    for row in rows:
        found = json_of(row.get("payload"))
        held.append(
            (row, found if isinstance(found, dict) else {"payload": found} if found else {})
        )
    pieces = [piece for _, payload in held for piece in _pieces(payload)]
    wanted = list({piece.get("fragment") for piece in pieces if _is_id(piece.get("fragment"))})
    fragments = {
        row.get("id"): text_of(row.get("content"))
        for row in base.rows_of("fragments", "id", wanted, "id")
    }
    named = list({id for _, payload in held for id in _file_ids(payload)})
    files = {
        row.get("id"): attachment(row) for row in base.rows_of("attachments", "id", named, "id")
    }
    for row, payload in held:
        kind = text_of(row.get("type"))
        text = text_of(row.get("text"))
        if found := _pieces(payload):
            text += "".join(
                fragments.get(piece["fragment"], "")
                if _is_id(piece.get("fragment"))
                else text_of(piece.get("literal"))
                for piece in found
            )
            del payload["text_ref"]
        owned = [files[id] for id in _file_ids(payload) if id in files]
        if len(owned) == len(_file_ids(payload)):
            payload.pop("attachment" if kind == "attachment" else "attachments", None)
        text += text_of(payload.pop("text", None))
        if kind == "tool_result":
            text += text_of(payload.pop("output", None))
        taken = {name: payload.pop(name) for name in _TAKEN.get(kind, ()) if name in payload}
        yield _Part(text_of(row.get("message_hash")), kind, text, payload, taken, owned)


def _pieces(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = payload.get("text_ref")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _file_ids(payload: Mapping[str, Any]) -> list[str]:
    found = payload.get("attachments") or [payload.get("attachment")]
    ids = [one.get("id") for one in found if isinstance(one, dict)] if found else []
    return [one for one in ids if isinstance(one, str)]


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
