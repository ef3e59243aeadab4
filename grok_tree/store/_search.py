"""Full-text search: an FTS5 index beside the responses, filled behind the commits.

Writers note the keys of finished responses in the table ``unindexed``; the writer thread moves
them into the index when it has nothing else to do, and a search moves what is left. So a search
finds everything that was committed, and a commit never pays for the index.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, text

from grok_tree.forest import ConversationId, ResponseId, SearchHit, id_text
from grok_tree.store._rows import GROWING, SearchRows

INDEX_BATCH = 500
_WORD = re.compile(r"\w+")

_NOTE = text("INSERT OR IGNORE INTO unindexed (response_key) VALUES (:key)")
_NOTE_FROM = text(
    "INSERT INTO unindexed (response_key) SELECT key FROM response"
    " WHERE conversation_key = :conversation AND position >= :first AND flags & :growing = 0"
)
_INDEX = text(
    "INSERT INTO response_text (rowid, message)"
    " SELECT key, message FROM response"
    " WHERE key IN (SELECT response_key FROM unindexed ORDER BY response_key LIMIT :limit)"
)
_FORGET = text(
    "DELETE FROM unindexed WHERE response_key IN"
    " (SELECT response_key FROM unindexed ORDER BY response_key LIMIT :limit)"
)
_HITS = """
SELECT r.key, r.id, c.id AS conversation_id, c.title,
       snippet(response_text, 0, '[', ']', '…', 16) AS snippet
FROM response_text
JOIN response r ON r.key = response_text.rowid
JOIN conversation c ON c.key = r.conversation_key
WHERE response_text MATCH :query AND r.hidden_at = 0 AND NOT c.deleted
  AND response_text.rowid < :before {where}
ORDER BY response_text.rowid DESC LIMIT :limit
"""
_TITLES = """
SELECT c.id AS conversation_id, c.title FROM conversation c
WHERE c.title LIKE :pattern ESCAPE '\\' AND NOT c.deleted {where}
ORDER BY c.modified_us DESC LIMIT :limit
"""
_NEWEST = 2**62


def note_unindexed(connection: Connection, response_key: int) -> None:
    """Remember that a response is finished and can be indexed."""
    connection.execute(_NOTE, {"key": response_key})


def note_unindexed_from(connection: Connection, conversation_key: int, position: int) -> None:
    """Remember the finished responses of a conversation from a position on."""
    values = {"conversation": conversation_key, "first": position, "growing": GROWING}
    connection.execute(_NOTE_FROM, values)


def index_some(connection: Connection) -> bool:
    """Index up to `INDEX_BATCH` responses; return whether there may be more."""
    connection.execute(_INDEX, {"limit": INDEX_BATCH})
    return connection.execute(_FORGET, {"limit": INDEX_BATCH}).rowcount == INDEX_BATCH


def search(
    connection: Connection,
    query: str,
    *,
    limit: int,
    before: int | None,
    conversation_key: int | None,
) -> SearchRows:
    """Find words in titles (on the first page) and in visible responses, newest first."""
    hits = [] if before is not None else _titles(connection, query, limit, conversation_key)
    words = match_expression(query)
    if not words:
        return SearchRows(hits, "")
    where = "" if conversation_key is None else "AND r.conversation_key = :conversation_key"
    values = {
        "query": words,
        "before": _NEWEST if before is None else before,
        "limit": limit + 1,
        "conversation_key": conversation_key,
    }
    if conversation_key is None:
        del values["conversation_key"]
    rows = connection.execute(text(_HITS.format(where=where)), values).all()
    token = str(rows[limit - 1].key) if len(rows) > limit else ""
    hits += [_hit(row) for row in rows[:limit]]
    return SearchRows(hits, token)


def match_expression(query: str) -> str:
    """Return the FTS5 query for plain text: every word, the last one as a beginning.

    Everything is quoted, so no input is a syntax error. Empty when the text holds no word.
    """
    words = [f'"{word}"' for word in _WORD.findall(query)]
    return " ".join(words) + "*" if words else ""


def _titles(
    connection: Connection, query: str, limit: int, conversation_key: int | None
) -> list[SearchHit]:
    escaped = re.sub(r"([%_\\])", r"\\\1", query.strip())
    where = "" if conversation_key is None else "AND c.key = :conversation_key"
    values: dict[str, Any] = {"pattern": f"%{escaped}%", "limit": limit}
    if conversation_key is not None:
        values["conversation_key"] = conversation_key
    rows = connection.execute(text(_TITLES.format(where=where)), values)
    return [
        SearchHit(
            conversation_id=ConversationId(id_text(row.conversation_id)),
            response_id=None,
            snippet=row.title,
            title=row.title,
        )
        for row in rows
    ]


def _hit(row: Any) -> SearchHit:
    return SearchHit(
        conversation_id=ConversationId(id_text(row.conversation_id)),
        response_id=ResponseId(id_text(row.id)),
        snippet=row.snippet,
        title=row.title,
    )
