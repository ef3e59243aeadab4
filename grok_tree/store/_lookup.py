"""Reading rows of a mirror one by one, for as long as somebody holds on to them.

A snapshot may outlive the client that took it, so it does not read through the store, which would
keep the file from everybody else: it has a connection of its own, without a lock on the file. It
sees what was committed last; who reads here must know which rows have changed since.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from grok_tree.forest import Response, ResponseId, id_text
from grok_tree.store._naming import batches, raw_id
from grok_tree.store._rows import response_from_row
from grok_tree.store._sqlite import SqliteFile

_POSITION = "SELECT position FROM response WHERE id = ? AND conversation_key = ?"
_IDS = "SELECT position, id FROM response WHERE conversation_key = ? AND position"
_RESPONSES = """
SELECT r.key, r.conversation_key, r.id, c.id, p.id, r.sender, r.message, r.reasoning, r.created_us,
       r.flags, r.model_name, r.finish_reason, r.facts, r.marks, r.position, r.parent_position,
       r.revision, r.hidden_at
FROM response r
JOIN conversation c ON c.key = r.conversation_key
LEFT JOIN response p
    ON p.conversation_key = r.conversation_key AND p.position = r.parent_position
WHERE r.conversation_key = ? AND r.position"""
"""The columns of `ResponseRow`, in its order."""


class Lookup:
    """Rows of one file by position or id; from any thread, one at a time."""

    def __init__(self, path: Path) -> None:
        """Open a connection of its own; it is closed when nobody holds this any more.

        Raises:
            StoreError: The file cannot be opened.
        """
        self._file = SqliteFile(path)
        self._turn = threading.Lock()
        with self._file.errors():
            self._driver = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=10
            )
            self._driver.execute("PRAGMA query_only = ON")
        weakref.finalize(self, self._driver.close)

    def position(self, key: int, response_id: str) -> int | None:
        """Return where a response stands in the conversation of a key, None if not there."""
        found = self._rows(_POSITION, (raw_id(response_id), key))
        return found[0][0] if found else None

    def ids(self, key: int, positions: Sequence[int]) -> dict[int, ResponseId]:
        """Return ids by position."""
        rows = self._at(_IDS, key, positions)
        return {position: ResponseId(id_text(raw)) for position, raw in rows}

    def responses(self, key: int, positions: Sequence[int]) -> list[Response]:
        """Return responses as they are now; those that do not exist are left out."""
        return [response_from_row(row) for row in self._at(_RESPONSES, key, positions)]

    def _at(self, query: str, key: int, positions: Sequence[int]) -> Iterable[Any]:
        if isinstance(positions, range) and positions.step == 1 and positions:
            ends = (key, positions[0], positions[-1])
            yield from self._rows(f"{query} BETWEEN ? AND ?", ends)
            return
        for some in batches(positions):
            marks = ",".join("?" * len(some))
            yield from self._rows(f"{query} IN ({marks})", (key, *some))

    def _rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        with self._turn, self._file.errors():
            return self._driver.execute(query, values).fetchall()
