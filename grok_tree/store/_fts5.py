"""The words of responses in SQLite's FTS5; the texts themselves stay where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

_ADD_UP_TO = text(
    "INSERT INTO response_text (rowid, message) SELECT key, message FROM response"
    " WHERE key > (SELECT up_to_key FROM text_index) AND key <= :last AND flags & 4 = 0"
)
_ADD_LATE = text(
    "INSERT INTO response_text (rowid, message) SELECT key, message FROM response"
    " WHERE key IN (SELECT response_key FROM unindexed ORDER BY response_key LIMIT :limit)"
)
_REMOVE = text(
    "INSERT INTO response_text (response_text, rowid, message) VALUES ('delete', :key, :message)"
)
_REMOVE_ALL = text(
    "INSERT INTO response_text (response_text, rowid, message) SELECT 'delete', key, message"
    " FROM response WHERE conversation_key = :conversation AND flags & 4 = 0"
    " AND key <= (SELECT up_to_key FROM text_index)"
    " AND key NOT IN (SELECT response_key FROM unindexed)"
)
_MERGE = text("INSERT INTO response_text (response_text, rank) VALUES ('merge', :pages)")
_N_CHANGES = text("SELECT total_changes()")
_PAGES_MERGED = 200
_FIND = """
SELECT r.key, r.id, c.id AS conversation_id, c.title,
       snippet(response_text, 0, '[', ']', '…', 16) AS snippet
FROM response_text
JOIN response r ON r.key = response_text.rowid
JOIN conversation c ON c.key = r.conversation_key
WHERE response_text MATCH :words AND r.hidden_at = 0 AND NOT c.deleted
  AND response_text.rowid < :before {within}
ORDER BY response_text.rowid DESC LIMIT :limit
"""


class Fts5:
    """An external-content index: it must be told a text to forget it."""

    title_holds = "instr(lower(c.title), lower(:words))"

    def add_up_to(self, connection: Connection, last: int) -> None:
        """Add the finished responses that follow what is indexed, up to a key."""
        connection.execute(_ADD_UP_TO, {"last": last})

    def add_late(self, connection: Connection, limit: int) -> None:
        """Add the first of those that are noted as not indexed."""
        connection.execute(_ADD_LATE, {"limit": limit})

    def remove(self, connection: Connection, key: int, message: str) -> None:
        """Take one indexed text out."""
        connection.execute(_REMOVE, {"key": key, "message": message})

    def remove_all(self, connection: Connection, conversation_key: int) -> None:
        """Take every indexed text of a conversation out."""
        connection.execute(_REMOVE_ALL, {"conversation": conversation_key})

    def sweep(self, connection: Connection, *, begin: bool) -> bool:
        """Merge some pages: what was removed stays in older parts until they are merged."""
        before = connection.execute(_N_CHANGES).scalar_one()
        # A number below 0 lets all parts be merged into one, and those above it go on with that.
        connection.execute(_MERGE, {"pages": -_PAGES_MERGED if begin else _PAGES_MERGED})
        n_changes: int = connection.execute(_N_CHANGES).scalar_one() - before
        return n_changes > 1

    def find(
        self, connection: Connection, query: str, *, within: str, values: dict[str, Any]
    ) -> Sequence[Any]:
        """Return the rows that hold all words of a query, the newest first."""
        words = match_expression(query)
        if not words:
            return []
        statement = text(_FIND.format(within=within))
        return connection.execute(statement, {**values, "words": words}).all()


def match_expression(query: str) -> str:
    """Return the FTS5 query for plain text: every word, the last one as a beginning.

    Everything is quoted, so no input is a syntax error; the index itself cuts ``don't`` as it cut
    the texts. Empty when the text holds no word.
    """
    words = query.replace("\0", " ").replace('"', " ").split()
    quoted = [f'"{word}"' for word in words if any(map(str.isalnum, word))]
    return " ".join(quoted) + "*" if quoted else ""
