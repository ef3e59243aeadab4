"""Parent-pointer rows in raw SQLite: the least that a forest on disk can cost."""

from __future__ import annotations

import sqlite3
import time
import uuid

from benchmarks._service import TEXT

_SCHEMA = """
CREATE TABLE response (id TEXT PRIMARY KEY, conversation TEXT, parent TEXT, sender TEXT,
                       message TEXT, created REAL, facts TEXT);
CREATE INDEX by_parent ON response (conversation, parent);
"""
_FACTS = '{"model":"scripted/echo","temperature":0.7,"tokens":80,"finish":"stop"}'


class RawRows:
    """A table as one would first write it: text ids, one index, a commit a turn at NORMAL."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SCHEMA)
        self._conversation = str(uuid.uuid1())

    def add_exchange(self, parent: str | None) -> str:
        """Add a human row and an answer below `parent` in one commit; return the answer's id."""
        human, answer = str(uuid.uuid1()), str(uuid.uuid1())
        now = time.time()
        with self._connection:
            self._connection.executemany(
                "INSERT INTO response VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (human, self._conversation, parent, "human", TEXT, now, None),
                    (answer, self._conversation, human, "assistant", TEXT, now, _FACTS),
                ],
            )
        return answer

    def close(self) -> None:
        """Write everything into the main file and close it."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()
