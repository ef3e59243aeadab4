"""Full-text search: an FTS5 index beside the responses, filled behind the commits.

``text_index`` holds the key up to which responses are indexed. Those that still grew when the
index passed them are noted in ``unindexed`` when they end. The writer thread goes on when it has
nothing else to do, and a search lets it finish first: so a search finds everything that was
committed, and a commit does not pay for the index.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import ConversationId, ResponseId, SearchHit, id_text
from grok_tree.store._rows import GROWING, SearchRows

INDEX_BATCH = 500

_NOTE = text(
    "INSERT INTO unindexed (response_key)"
    " SELECT :key WHERE :key <= (SELECT up_to_key FROM text_index)"
)
_IS_INDEXED = text(
    "SELECT :key <= (SELECT up_to_key FROM text_index)"
    " AND NOT EXISTS (SELECT 1 FROM unindexed WHERE response_key = :key)"
)
_UNINDEX = text(
    "INSERT INTO response_text (response_text, rowid, message) VALUES ('delete', :key, :message)"
)
_UNINDEX_ALL = text(
    "INSERT INTO response_text (response_text, rowid, message) SELECT 'delete', key, message"
    " FROM response WHERE conversation_key = :conversation AND flags & 4 = 0"
    " AND key <= (SELECT up_to_key FROM text_index)"
    " AND key NOT IN (SELECT response_key FROM unindexed)"
)
_FORGET_ALL = text(
    "DELETE FROM unindexed WHERE response_key IN"
    " (SELECT key FROM response WHERE conversation_key = :conversation)"
)
_MOVE_BACK = text(
    "UPDATE text_index SET up_to_key = min(up_to_key, coalesce("
    "(SELECT max(key) FROM response WHERE conversation_key <> :conversation), 0))"
)
_NEXT = text(
    "SELECT max(key) FROM (SELECT key FROM response"
    " WHERE key > (SELECT up_to_key FROM text_index) ORDER BY key LIMIT :limit)"
)
_INDEX_NEXT = text(
    "INSERT INTO response_text (rowid, message) SELECT key, message FROM response"
    " WHERE key > (SELECT up_to_key FROM text_index) AND key <= :last AND flags & :growing = 0"
)
_MOVE_ON = text("UPDATE text_index SET up_to_key = :last")
_INDEX_LATE = text(
    "INSERT INTO response_text (rowid, message) SELECT key, message FROM response"
    " WHERE key IN (SELECT response_key FROM unindexed ORDER BY response_key LIMIT :limit)"
)
_FORGET = text(
    "DELETE FROM unindexed WHERE response_key IN"
    " (SELECT response_key FROM unindexed ORDER BY response_key LIMIT :limit)"
)
_TEXTS = """
SELECT r.key, r.id, c.id AS conversation_id, c.title,
       snippet(response_text, 0, '[', ']', '…', 16) AS snippet
FROM response_text
JOIN response r ON r.key = response_text.rowid
JOIN conversation c ON c.key = r.conversation_key
WHERE response_text MATCH :words AND r.hidden_at = 0 AND NOT c.deleted
  AND response_text.rowid < :before {within}
ORDER BY response_text.rowid DESC LIMIT :limit
"""
_TITLES = """
SELECT c.key, c.id AS conversation_id, c.title, c.title AS snippet FROM conversation c
WHERE instr(lower(c.title), lower(:words)) AND NOT c.deleted AND c.key < :before {within}
ORDER BY c.key DESC LIMIT :limit
"""
_NEWEST = 2**62
_LONGEST_SHOWN = 500
"""Characters of a title in a hit; a page of hits fits into one message."""

_IN_TITLES, _IN_TEXTS = "t", "r"
_TOKEN = re.compile(r"([tr])([0-9]{1,18}|4611686018427387904)")


def note_unindexed(connection: Connection, response_key: int) -> None:
    """Remember that a response has ended after the index passed it, if that is so."""
    connection.execute(_NOTE, {"key": response_key})


def unindex(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Take texts that are about to change out of the index, by key; they are indexed again.

    The index must be told the old text: it keeps none of its own.
    """
    for key, message in rows:
        if connection.execute(_IS_INDEXED, {"key": key}).scalar():
            connection.execute(_UNINDEX, {"key": key, "message": message})
            note_unindexed(connection, key)


def forget_texts(connection: Connection, conversation_key: int) -> None:
    """Take a conversation that is about to be removed out of the index."""
    of = {"conversation": conversation_key}
    connection.execute(_UNINDEX_ALL, of)
    connection.execute(_FORGET_ALL, of)
    # New rows take the highest keys again, and must be seen as new.
    connection.execute(_MOVE_BACK, of)


def index_some(connection: Connection) -> bool:
    """Index some of the responses that wait for it; return whether others may be left."""
    last = connection.execute(_NEXT, {"limit": INDEX_BATCH}).scalar()
    if last is not None:
        connection.execute(_INDEX_NEXT, {"last": last, "growing": GROWING})
        connection.execute(_MOVE_ON, {"last": last})
    connection.execute(_INDEX_LATE, {"limit": INDEX_BATCH})
    n_late = connection.execute(_FORGET, {"limit": INDEX_BATCH}).rowcount
    return last is not None or n_late == INDEX_BATCH


def search(
    connection: Connection,
    query: str,
    *,
    limit: int,
    after: str,
    conversation_key: int | None,
) -> SearchRows:
    """Find words in titles, then in visible responses, the newest first of either.

    Raises:
        InvalidOperationError: `after` is not a token of a search.
    """
    part, before = _place(after)
    within = {} if conversation_key is None else {"within": conversation_key}
    hits: list[SearchHit] = []
    if part == _IN_TITLES:
        words = query.strip()
        # One more than fits, to see whether there is a next page.
        values = {"words": words, "before": before, "limit": limit + 1, **within}
        rows = _rows(connection, _TITLES, values)
        hits = [_hit(row, None) for row in rows[:limit]]
        if len(rows) > limit:
            return SearchRows(hits, f"{_IN_TITLES}{rows[limit - 1].key}")
        before = _NEWEST
    room = limit - len(hits)
    values = {"words": match_expression(query), "before": before, "limit": room + 1, **within}
    rows = _rows(connection, _TEXTS, values)
    hits += [_hit(row, ResponseId(id_text(row.id))) for row in rows[:room]]
    if len(rows) <= room:
        return SearchRows(hits, "")
    return SearchRows(hits, f"{_IN_TEXTS}{rows[room - 1].key if room else before}")


def match_expression(query: str) -> str:
    """Return the FTS5 query for plain text: every word, the last one as a beginning.

    Everything is quoted, so no input is a syntax error; the index itself cuts ``don't`` as it cut
    the texts. Empty when the text holds no word.
    """
    words = query.replace("\0", " ").replace('"', " ").split()
    quoted = [f'"{word}"' for word in words if any(map(str.isalnum, word))]
    return " ".join(quoted) + "*" if quoted else ""


def _place(token: str) -> tuple[str, int]:
    if not token:
        return _IN_TITLES, _NEWEST
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise InvalidOperationError(
            f"{token!r} is not a page token of a search; begin again without one"
        )
    return parts[1], int(parts[2])


def _rows(connection: Connection, query: str, values: dict[str, Any]) -> Sequence[Any]:
    if not values["words"]:
        return []
    within = "AND c.key = :within" if "within" in values else ""
    return connection.execute(text(query.format(within=within)), values).all()


def _hit(row: Any, response_id: ResponseId | None) -> SearchHit:
    return SearchHit(
        conversation_id=ConversationId(id_text(row.conversation_id)),
        response_id=response_id,
        snippet=row.snippet[:_LONGEST_SHOWN],
        title=row.title[:_LONGEST_SHOWN],
    )
