"""Databases of `llm` up to 0.31: a row for a prompt and its answer, a chain for a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from grok_tree.forest import ToolCall
from grok_tree.formats._json import raw_json
from grok_tree.formats._source import SourceConversation, SourceNode, chained, node
from grok_tree.formats.research._llm_facts import (
    Making,
    attachment,
    call_of,
    schemas,
    time_of,
    tools_of,
)
from grok_tree.formats.research._sqlite import Database, Row, text_of

_ORDER = '"order"'


def conversations(base: Database) -> Iterator[Making]:
    """Yield the conversations whose answers are in ``responses``."""
    ids: dict[str, list[object]] = {}
    again = {row.get("id") for row in base.rows("turns")}
    for row in base.rows("responses", order="id"):
        if row.get("id") not in again:
            key = text_of(row.get("conversation_id")) or text_of(row.get("id"))
            ids.setdefault(key, []).append(row.get("id"))
    names = {row.get("id"): text_of(row.get("name")) for row in base.rows("conversations")}
    known = schemas(base)

    def make(key: str) -> SourceConversation:
        rows = base.rows_of("responses", "id", ids[key], "id")
        return SourceConversation(
            nodes=chained(_Rows(base, rows, known).nodes()),
            key=key,
            title=names.get(key, ""),
            create_time=next((time for row in rows if (time := time_of(row))), None),
        )

    for key in ids:
        yield key, partial(make, key)


class _Rows:
    """The answers of one conversation, with all that belongs to them."""

    def __init__(self, base: Database, rows: Sequence[Row], schemas: dict[object, str]) -> None:
        self._base = base
        self._rows = rows
        self._schemas = schemas
        self._ids = [row.get("id") for row in rows]
        self._tools = tools_of(base, self._linked("tool_responses", "rowid"), "response_id")
        self._fragments = self._texts("prompt_fragments")
        self._system_fragments = self._texts("system_fragments")
        self._attachments = self._files("prompt_attachments", "response_id", self._ids)
        self._calls = _grouped(self._linked("tool_calls", "id"), "response_id")
        self._results = _grouped(self._linked("tool_results", "id"), "response_id")

    def nodes(self) -> Iterator[SourceNode]:
        told = ""
        for row in self._rows:
            system = self._system(row)
            if system and system != told:
                told = system
                yield self._said("system", "system", row, system)
            results = self._results.get(row.get("id"), [])
            for result in results:
                yield self._result(row, result)
            prompt = "\n".join(
                [*self._fragments.get(row.get("id"), []), text_of(row.get("prompt"))]
            )
            files = self._attachments.get(row.get("id"), [])
            if prompt or files or not results:
                asked = self._said("prompt", "human", row, prompt)
                asked.said = msgspec.structs.replace(asked.said, attachments=tuple(files))
                yield asked
            yield self._answer(row)

    def _said(self, what: str, sender: Any, row: Row, text: str) -> SourceNode:
        key = f"{text_of(row.get('id'))}:{what}"
        return node(sender, text, key=key, create_time=time_of(row))

    def _answer(self, row: Row) -> SourceNode:
        call = call_of(
            row,
            self._tools.get(row.get("id"), []),
            self._schemas.get(row.get("schema_id"), ""),
        )
        calls = tuple(
            ToolCall(
                call_id=text_of(one.get("tool_call_id")),
                name=text_of(one.get("name")),
                arguments=text_of(one.get("arguments")),
            )
            for one in self._calls.get(row.get("id"), [])
        )
        return node(
            "assistant",
            text_of(row.get("response")),
            key=text_of(row.get("id")),
            create_time=time_of(row),
            reasoning=text_of(row.get("reasoning")),
            tool_calls=calls,
            raw=raw_json(call.raw),
            facts=call.facts,
            **call.said,
        )

    def _result(self, row: Row, result: Row) -> SourceNode:
        said = self._said(f"result {result.get('id')}", "tool", row, text_of(result.get("output")))
        files = self._files("tool_results_attachments", "tool_result_id", [result.get("id")])
        said.said = msgspec.structs.replace(
            said.said,
            tool_call_id=text_of(result.get("tool_call_id")),
            attachments=tuple(files.get(result.get("id"), [])),
        )
        kept = {name: result[name] for name in ("name", "exception") if result.get(name)}
        said.raw = raw_json({name: text_of(value) for name, value in kept.items()})
        return said

    def _system(self, row: Row) -> str:
        parts = [*self._system_fragments.get(row.get("id"), []), text_of(row.get("system"))]
        return "\n\n".join(part.strip() for part in parts if part.strip())

    def _linked(self, table: str, order: str) -> list[Row]:
        return self._base.rows_of(table, "response_id", self._ids, order)

    def _texts(self, table: str) -> dict[object, list[str]]:
        """Return the fragments of each prompt in order."""
        links = self._linked(table, _ORDER)
        wanted = list({link.get("fragment_id") for link in links})
        texts = {
            row.get("id"): text_of(row.get("content"))
            for row in self._base.rows_of("fragments", "id", wanted, "id")
        }
        found: dict[object, list[str]] = {}
        for link in links:
            found.setdefault(link.get("response_id"), []).append(
                texts.get(link.get("fragment_id"), "")
            )
        return found

    def _files(self, table: str, owner: str, keys: Sequence[object]) -> dict[object, list[Any]]:
        links = self._base.rows_of(table, owner, keys, _ORDER)
        wanted = list({link.get("attachment_id") for link in links})
        rows = self._base.rows_of("attachments", "id", wanted, "id")
        files = {row.get("id"): attachment(row) for row in rows}
        found: dict[object, list[Any]] = {}
        for link in links:
            if link.get("attachment_id") in files:
                found.setdefault(link.get(owner), []).append(files[link["attachment_id"]])
        return found


def _grouped(rows: Sequence[Row], column: str) -> dict[object, list[Row]]:
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault(row.get(column), []).append(row)
    return found
