"""Looking for damage that a database does not notice by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain, islice

from sqlalchemy import Connection, LargeBinary, cast, inspect, select

from grok_tree.forest import id_text
from grok_tree.store import _schema as tables
from grok_tree.store._database import Database
from grok_tree.store._rows import hash_of_bytes

_LISTED = 20


def problems(database: Database, connection: Connection) -> list[str]:
    """Return a sentence for each problem: structure, then texts that differ from their hash."""
    structure = [
        f"the database's structure is damaged: {line}"
        for line in database.structure_problems(connection)
    ]
    return structure or _first(chain(_changed_texts(connection), _changed_files(connection)))


def _changed_texts(connection: Connection) -> Iterator[str]:
    response, parent = tables.response.c, tables.response.alias("parent")
    above = (parent.c.conversation_key == response.conversation_key) & (
        parent.c.position == response.parent_position
    )
    # As bytes, because damaged text may be no text at all.
    query = select(
        response.id,
        response.sender,
        cast(response.message, LargeBinary).label("message"),
        cast(response.reasoning, LargeBinary).label("reasoning"),
        response.content_hash,
        parent.c.id.label("parent_id"),
    ).select_from(tables.response.outerjoin(parent, above))
    for row in connection.execute(query.where(response.content_hash.is_not(None))):
        found = hash_of_bytes(row.sender, row.parent_id, row.message, row.reasoning or b"")
        if found != row.content_hash:
            yield f"response {id_text(row.id)} was changed on disk; restore it from a backup"


def _changed_files(connection: Connection) -> Iterator[str]:
    if not inspect(connection).has_table("file"):
        return  # of an older release
    files = tables.file.c
    for file_id, data in connection.execute(select(files.id, files.data)):
        if hashlib.sha256(data).digest() != file_id:
            yield f"file {file_id.hex()} was changed on disk; restore it from a backup"


def _first(found: Iterator[str]) -> list[str]:
    listed = list(islice(found, _LISTED))
    n_more = sum(1 for _ in found)
    return [*listed, f"and {n_more} more like these"] if n_more else listed
