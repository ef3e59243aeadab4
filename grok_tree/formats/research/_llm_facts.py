"""What both generations of `llm` databases say in one way: settings, usage, files, tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Attachment, Timing, Tool, Usage
from grok_tree.formats._json import decoded_json
from grok_tree.formats._loose import count_of
from grok_tree.formats._settings import settings_of, with_tools
from grok_tree.formats._source import SourceConversation
from grok_tree.formats._times import from_iso
from grok_tree.formats.research._sqlite import Database, Row, text_of

Making = tuple[str, Callable[[], SourceConversation]]
"""The name of a conversation, and what makes it when its turn has come."""


class Call(msgspec.Struct):
    """What is known of one call of a model, beside what was said.

    Attributes:
        said: For the fields of the answer.
        raw: What has no field.
        facts: What is worth showing.
    """

    said: dict[str, Any]
    raw: dict[str, Any]
    facts: dict[str, str]


def call_of(row: Row, tools: Iterable[Tool], schema: str) -> Call:
    """Return what a row says of a call.

    Args:
        row: Of a response or a turn.
        tools: What the model could call.
        schema: That the answer had to fit, as JSON; empty for none.
    """
    settings, rest = settings_of(json_of(row.get("options_json")))
    settings, left = with_tools(settings, tools, answer=schema)
    details = json_of(row.get("token_details"))
    raw = {
        "options": rest,
        **left,
        "token_details": details,
        "response_json": json_of(row.get("response_json")),
        "prompt_json": json_of(row.get("prompt_json")),
        "schema_id": row.get("schema_id"),
    }
    resolved = text_of(row.get("resolved_model"))
    return Call(
        said={
            "model_name": text_of(row.get("model")),
            "settings": settings,
            "usage": _usage(row, details),
            "timing": Timing(duration_s=count_of(row.get("duration_ms")) / 1000),
        },
        raw={name: value for name, value in raw.items() if value},
        facts={"resolved_model": resolved} if resolved else {},
    )


def _usage(row: Row, details: object) -> Usage:
    counts = dict(_named(details))
    reasoning = counts.get("reasoning_tokens", 0)
    output = count_of(row.get("output_tokens"))
    return Usage(
        prompt_tokens=count_of(row.get("input_tokens")),
        cached_prompt_tokens=counts.get("cached_tokens", 0),
        # Providers count thoughts into the output.
        completion_tokens=max(0, output - reasoning),
        reasoning_tokens=min(reasoning, output) if output else reasoning,
    )


def _named(details: object) -> Iterator[tuple[str, int]]:
    """Yield the counts in the details of tokens, which providers nest once or not at all."""
    for name, value in details.items() if isinstance(details, dict) else ():
        inner = value.items() if isinstance(value, dict) else ((name, value),)
        for key, count in inner:
            yield str(key), count_of(count)


def schemas(base: Database) -> dict[object, str]:
    """Return what answers had to fit, by id."""
    return {row.get("id"): text_of(row.get("content")) for row in base.rows("schemas")}


def tools_of(base: Database, links: Iterable[Row], owner: str) -> dict[object, list[Tool]]:
    """Return the tools of each response or turn.

    Args:
        base: Where they are.
        links: Rows that give a tool to an owner.
        owner: The column that names the owner.
    """
    known = {
        row.get("id"): Tool(
            name=text_of(row.get("name")),
            description=text_of(row.get("description")),
            parameters=text_of(row.get("input_schema")),
        )
        for row in base.rows("tools")
    }
    found: dict[object, list[Tool]] = {}
    for link in links:
        if link.get("tool_id") in known:
            found.setdefault(link.get(owner), []).append(known[link["tool_id"]])
    return found


def attachment(row: Row) -> Attachment:
    """Return a file; its contents stay where they are."""
    url, path = text_of(row.get("url")), text_of(row.get("path"))
    return Attachment(
        url=url or (f"file:{path}" if path else f"llm:{text_of(row.get('id'))}"),
        media_type=text_of(row.get("type")),
        name=path.rsplit("/", 1)[-1],
        n_bytes=count_of(row.get("n_bytes")),
    )


def json_of(value: object) -> Any:
    """Return the JSON in a column, or the text itself where it is none."""
    text = text_of(value)
    if not text:
        return None
    try:
        return decoded_json(text.encode("utf-8", "replace"), Any)
    except MalformedDocument:
        return text


def time_of(row: Row) -> datetime | None:
    """Return when a row was stored."""
    return from_iso(row.get("datetime_utc"))
