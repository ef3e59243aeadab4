"""The words of responses in PostgreSQL's text search.

Texts are cut into words here, as SQLite's index cuts them: runs of letters and digits, without
case and accents. So a search finds the same in either database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from grok_tree.errors import InvalidOperationError

INDEXED_CHARACTERS = 200_000
"""Of a text, from its beginning: PostgreSQL holds no index entry of more than 1 MiB."""

MOST_WORDS = 1_000
"""Different ones in one search: PostgreSQL reads a query by recursion."""

_LONGEST_WORD = 500
_SNIPPET_WORDS = 16
_WORD = re.compile(r"[^\W_]+")

_NEXT = text(
    "SELECT key, left(message, :most) AS message FROM response"
    " WHERE key > (SELECT up_to_key FROM text_index) AND key <= :last AND flags & 4 = 0"
)
_LATE = text(
    "SELECT key, left(message, :most) AS message FROM response"
    " WHERE key IN (SELECT response_key FROM unindexed ORDER BY response_key LIMIT :limit)"
)
_ADD = text(
    "INSERT INTO response_text (response_key, words) VALUES (:key, to_tsvector('simple', :words))"
    " ON CONFLICT (response_key) DO UPDATE SET words = excluded.words"
)
_REMOVE = text("DELETE FROM response_text WHERE response_key = :key")
_REMOVE_ALL = text(
    "DELETE FROM response_text WHERE response_key IN"
    " (SELECT key FROM response WHERE conversation_key = :conversation)"
)
_FIND = """
SELECT r.key, r.id, c.id AS conversation_id, c.title, left(r.message, :most) AS message
FROM response_text t
JOIN response r ON r.key = t.response_key
JOIN conversation c ON c.key = r.conversation_key
WHERE t.words @@ to_tsquery('simple', :words) AND r.hidden_at = 0 AND NOT c.deleted
  AND r.key < :before {within}
ORDER BY r.key DESC LIMIT :limit
"""


class Found(NamedTuple):
    """A response that holds the words of a query."""

    key: int
    id: bytes
    conversation_id: bytes
    title: str
    snippet: str


class Tsvector:
    """A row of words for each response."""

    title_holds = "strpos(lower(c.title), lower(:words)) > 0"

    def add_up_to(self, connection: Connection, last: int) -> None:
        """Add the finished responses that follow what is indexed, up to a key."""
        _add(connection, connection.execute(_NEXT, {"last": last, "most": INDEXED_CHARACTERS}))

    def add_late(self, connection: Connection, limit: int) -> None:
        """Add the first of those that are noted as not indexed."""
        _add(connection, connection.execute(_LATE, {"limit": limit, "most": INDEXED_CHARACTERS}))

    def remove(self, connection: Connection, key: int, message: str) -> None:  # noqa: ARG002
        """Take one indexed text out."""
        connection.execute(_REMOVE, {"key": key})

    def remove_all(self, connection: Connection, conversation_key: int) -> None:
        """Take every indexed text of a conversation out."""
        connection.execute(_REMOVE_ALL, {"conversation": conversation_key})

    def sweep(self, _connection: Connection, *, begin: bool) -> bool:
        """Do nothing: PostgreSQL vacuums by itself."""
        del begin
        return False

    def find(
        self, connection: Connection, query: str, *, within: str, values: dict[str, Any]
    ) -> Sequence[Any]:
        """Return the rows that hold all words of a query, the newest first."""
        phrases = [phrase for part in query.split() if (phrase := tuple(_words(part)))]
        if not phrases:
            return []
        phrases = [*dict.fromkeys(phrases[:-1]), phrases[-1]]
        if len(phrases) > MOST_WORDS:
            raise InvalidOperationError(
                f"a search for {len(phrases):,} words is too long; give at most {MOST_WORDS:,}"
            )
        values = {**values, "words": _expression(phrases), "most": INDEXED_CHARACTERS}
        rows = connection.execute(text(_FIND.format(within=within)), values)
        return [
            Found(row.key, row.id, row.conversation_id, row.title, snippet(row.message, phrases))
            for row in rows
        ]


def _expression(phrases: Sequence[Sequence[str]]) -> str:
    """Return the query for phrases that must all occur, the last word as a beginning."""
    parts = [f"({' <-> '.join(phrase)})" for phrase in phrases[:-1]]
    return " & ".join([*parts, f"({' <-> '.join(phrases[-1])}:*)"])


def snippet(message: str, phrases: Sequence[Sequence[str]]) -> str:
    """Return the words around the first that was looked for, with all of those in brackets."""
    wanted = {word for phrase in phrases for word in phrase}
    beginning = phrases[-1][-1]
    spans = [match.span() for match in _WORD.finditer(message)]
    hits = []
    for place, (begin, end) in enumerate(spans):
        word = _folded(message[begin:end])
        if word in wanted or word.startswith(beginning):
            hits.append(place)
    if not hits:
        return ""
    start = max(0, min(hits[0] - 2, len(spans) - _SNIPPET_WORDS))
    shown = range(start, min(start + _SNIPPET_WORDS, len(spans)))
    begin = 0 if start == 0 else spans[start][0]
    end = len(message) if shown[-1] == len(spans) - 1 else spans[shown[-1]][1]
    marked = _marked(message[:end], begin, [spans[place] for place in hits if place in shown])
    return ("" if begin == 0 else "…") + marked + ("" if end == len(message) else "…")


def _marked(message: str, begin: int, hits: Sequence[tuple[int, int]]) -> str:
    parts = []
    for hit_begin, hit_end in hits:
        parts += [message[begin:hit_begin], "[", message[hit_begin:hit_end], "]"]
        begin = hit_end
    return "".join([*parts, message[begin:]])


def _add(connection: Connection, rows: Any) -> None:
    values = [{"key": row.key, "words": " ".join(_words(row.message))} for row in rows]
    if values:
        connection.execute(_ADD, values)


def _words(message: str) -> Iterator[str]:
    found = (_folded(match.group()) for match in _WORD.finditer(message))
    return (word for word in found if word and len(word) <= _LONGEST_WORD)


def _folded(word: str) -> str:
    """Return a word without case and accents."""
    if word.isascii():
        return word.lower()
    letters = unicodedata.normalize("NFKD", word.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
