"""The ``logs.db`` of the `llm` program, in both of its layouts, which may be in one file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from grok_tree.errors import MalformedDocument
from grok_tree.formats._format import Format, Found
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped
from grok_tree.formats.research import _llm_legacy, _llm_messages
from grok_tree.formats.research._sqlite import database

_LAYOUTS = ({"responses", "conversations"}, {"messages", "turns", "threads"})


def _detect(source: Opened) -> bool:
    if not source.is_sqlite:
        return False
    try:
        with database(source) as base:
            return any(layout <= base.tables for layout in _LAYOUTS)
    except MalformedDocument:
        return False


def _read(source: Opened) -> Iterator[Found]:
    with database(source) as base:
        both = chain(_llm_legacy.conversations(base), _llm_messages.conversations(base))
        for index, (key, make) in enumerate(both):
            try:
                yield make()
            except MalformedDocument as error:
                yield Skipped(index, key, str(error))


FORMAT = Format(
    name="llm",
    title="logs.db of the llm program (SQLite)",
    detect=_detect,
    read=_read,
)
