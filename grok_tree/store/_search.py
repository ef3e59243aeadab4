"""Full-text search: an index beside the responses, filled behind the commits.

``text_index`` holds the key up to which responses are indexed. Those that still grew when the
index passed them are noted in ``unindexed`` when they end. The writer thread goes on when it has
nothing else to do, and a search lets it finish first: so a search finds everything that was
committed, and a commit does not pay for the index.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, delete, insert, select, text, update

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import ConversationId, ResponseId, SearchHit, id_text
from grok_tree.store._fts5 import Fts5
from grok_tree.store._rows import SearchRows
from grok_tree.store._schema import meta
from grok_tree.store._tsvector import Tsvector

INDEX_BATCH = 500

_NOTE = text(
    "INSERT INTO unindexed (response_key)"
    " SELECT CAST(:key AS BIGINT) WHERE :key <= (SELECT up_to_key FROM text_index)"
)
_IS_INDEXED = text(
    "SELECT :key <= (SELECT up_to_key FROM text_index)"
    " AND NOT EXISTS (SELECT 1 FROM unindexed WHERE response_key = :key)"
)
_FORGET_ALL = text(
    "DELETE FROM unindexed WHERE response_key IN"
    " (SELECT key FROM response WHERE conversation_key = :conversation)"
)
_HIGHEST_OTHER = text(
    "SELECT coalesce(max(key), 0) FROM response WHERE conversation_key <> :conversation"
)
_MOVE_BACK = text("UPDATE text_index SET up_to_key = :highest WHERE up_to_key > :highest")
_NEXT = text(
    "SELECT max(key) FROM (SELECT key FROM response"
    " WHERE key > (SELECT up_to_key FROM text_index) ORDER BY key LIMIT :limit) AS few"
)
_MOVE_ON = text("UPDATE text_index SET up_to_key = :last")
_FORGET = text(
    "DELETE FROM unindexed WHERE response_key IN"
    " (SELECT response_key FROM unindexed ORDER BY response_key LIMIT :limit)"
)
_TITLES = """
SELECT c.key, c.id AS conversation_id, c.title, c.title AS snippet FROM conversation c
WHERE {holds} AND NOT c.deleted AND c.key < :before {within}
ORDER BY c.key DESC LIMIT :limit
"""
_NEWEST = 2**62
_LONGEST_SHOWN = 500
"""Characters of a title in a hit; a page of hits fits into one message."""

_SWEEP, _BEGIN, _GO_ON = "sweep", "begin", "go on"
"""A fact of `meta`: words of removed texts are still in the index."""

_IN_TITLES, _IN_TEXTS = "t", "r"
_TOKEN = re.compile(r"([tr])([0-9]{1,18}|4611686018427387904)")


class TextIndex(Protocol):
    """The words of responses, as one kind of database indexes them."""

    title_holds: str
    """A condition: the title ``c.title`` holds ``:words``, whatever the case of letters."""

    def add_up_to(self, connection: Connection, last: int) -> None:
        """Add the finished responses that follow what is indexed, up to a key."""

    def add_late(self, connection: Connection, limit: int) -> None:
        """Add the first of those that are noted as not indexed."""

    def remove(self, connection: Connection, key: int, message: str) -> None:
        """Take one indexed text out."""

    def remove_all(self, connection: Connection, conversation_key: int) -> None:
        """Take every indexed text of a conversation out."""

    def sweep(self, connection: Connection, *, begin: bool) -> bool:
        """Wipe out a part of what the index keeps of removed texts; return whether more is left.

        Args:
            connection: Of a transaction.
            begin: Whether texts were removed since the last call.
        """

    def find(
        self, connection: Connection, query: str, *, within: str, values: dict[str, Any]
    ) -> Sequence[Any]:
        """Return rows (key, id, conversation_id, title, snippet), the newest first.

        Args:
            connection: Of a transaction.
            query: Plain text: all words must occur, of the last one the beginning.
            within: A further condition, or empty.
            values: ``before`` and ``limit``, and what `within` needs.
        """


_KINDS: dict[str, TextIndex] = {"sqlite": Fts5(), "postgresql": Tsvector()}


def note_unindexed(connection: Connection, response_key: int) -> None:
    """Remember that a response has ended after the index passed it, if that is so."""
    connection.execute(_NOTE, {"key": response_key})


def unindex(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Take texts that are about to change out of the index, by key; they are indexed again.

    The index must be told the old text: it keeps none of its own.
    """
    for key, message in rows:
        if connection.execute(_IS_INDEXED, {"key": key}).scalar():
            _index_of(connection).remove(connection, key, message)
            note_unindexed(connection, key)


def forget_texts(connection: Connection, conversation_key: int) -> None:
    """Take a conversation that is about to be removed out of the index."""
    of = {"conversation": conversation_key}
    _index_of(connection).remove_all(connection, conversation_key)
    connection.execute(_FORGET_ALL, of)
    # New rows may take the highest keys again, and must be seen as new.
    highest = connection.execute(_HIGHEST_OTHER, of).scalar()
    connection.execute(_MOVE_BACK, {"highest": highest})


def index_some(connection: Connection) -> bool:
    """Index some of the responses that wait for it; return whether others may be left."""
    last = connection.execute(_NEXT, {"limit": INDEX_BATCH}).scalar()
    if last is not None:
        _index_of(connection).add_up_to(connection, last)
        connection.execute(_MOVE_ON, {"last": last})
    _index_of(connection).add_late(connection, INDEX_BATCH)
    n_late = connection.execute(_FORGET, {"limit": INDEX_BATCH}).rowcount
    return last is not None or n_late == INDEX_BATCH


def sweep_later(connection: Connection) -> None:
    """Note that words of removed texts are to be wiped out of the index."""
    connection.execute(delete(meta).where(meta.c.name == _SWEEP))
    connection.execute(insert(meta).values(name=_SWEEP, value=_BEGIN))


def sweep_some(connection: Connection) -> bool:
    """Wipe out some of the words of removed texts; return whether others are left."""
    noted = meta.c.name == _SWEEP
    state = connection.execute(select(meta.c.value).where(noted)).scalar()
    if state is None:
        return False
    if _index_of(connection).sweep(connection, begin=state == _BEGIN):
        connection.execute(update(meta).where(noted).values(value=_GO_ON))
        return True
    connection.execute(delete(meta).where(noted))
    return False


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
    index = _index_of(connection)
    condition = "" if conversation_key is None else "AND c.key = :within"
    values: dict[str, Any] = {} if conversation_key is None else {"within": conversation_key}
    hits: list[SearchHit] = []
    if part == _IN_TITLES:
        titles = _TITLES.format(holds=index.title_holds, within=condition)
        # One more than fits, to see whether there is a next page.
        values |= {"words": query.replace("\0", " ").strip(), "before": before, "limit": limit + 1}
        rows = connection.execute(text(titles), values).all() if values["words"] else []
        hits = [_hit(row, None) for row in rows[:limit]]
        if len(rows) > limit:
            return SearchRows(hits, f"{_IN_TITLES}{rows[limit - 1].key}")
        before = _NEWEST
    room = limit - len(hits)
    values |= {"before": before, "limit": room + 1}
    found = index.find(connection, query, within=condition, values=values)
    hits += [_hit(row, ResponseId(id_text(row.id))) for row in found[:room]]
    if len(found) <= room:
        return SearchRows(hits, "")
    return SearchRows(hits, f"{_IN_TEXTS}{found[room - 1].key if room else before}")


def _index_of(connection: Connection) -> TextIndex:
    return _KINDS[connection.dialect.name]


def _place(token: str) -> tuple[str, int]:
    if not token:
        return _IN_TITLES, _NEWEST
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise InvalidOperationError(
            f"{token!r} is not a page token of a search; begin again without one"
        )
    return parts[1], int(parts[2])


def _hit(row: Any, response_id: ResponseId | None) -> SearchHit:
    return SearchHit(
        conversation_id=ConversationId(id_text(row.conversation_id)),
        response_id=response_id,
        snippet=row.snippet[:_LONGEST_SHOWN],
        title=row.title[:_LONGEST_SHOWN],
    )
