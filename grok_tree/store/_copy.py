"""Copies of whole databases: every row of every table, from one kind of database to another."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select, text

from grok_tree.store._database import Stopped, check_wanted
from grok_tree.store._schema import meta, metadata

_BATCH = 100
"""Rows at a time: each may hold 16 MiB."""
_OWN = ("endpoint",)
"""Facts of `meta` that belong to the place and not to what is kept there."""


def copy_rows(source: Connection, target: Connection, stopped: Stopped) -> None:
    """Copy every row into empty tables, in batches; indexes of words are made anew there."""
    target.execute(delete(meta))
    for table in metadata.sorted_tables:
        stream = source.execution_options(stream_results=True, max_row_buffer=_BATCH)
        rows = stream.execute(select(table)).mappings()
        for some in rows.partitions(_BATCH):
            check_wanted(stopped)
            kept = [dict(row) for row in some if row.get("name") not in _OWN]
            if kept:
                target.execute(insert(table), kept)


def count_on(connection: Connection) -> None:
    """Let PostgreSQL give out keys after those that were copied."""
    for table in metadata.sorted_tables:
        if "key" not in table.c:
            continue
        highest = connection.execute(select(func.max(table.c.key))).scalar()
        if highest is not None:
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, 'key'), :highest)"),
                {"table": table.name, "highest": highest},
            )
