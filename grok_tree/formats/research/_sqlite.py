"""Databases of other programs, read without changing or trusting them."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from grok_tree.errors import MalformedDocument
from grok_tree.formats._opening import Opened

Row = dict[str, Any]

_MOST_PARAMETERS = 500
_MOST_BYTES = 256 * 1024 * 1024
_UNFINISHED = ("-wal", "-journal")
_FILES = ("attachments", "content")


class Database:
    """Tables by name; one that is not there is empty. Views and virtual tables are not there."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.tables = frozenset(
            name
            for name, sql in connection.execute(
                "select name, sql from sqlite_master where type = 'table'"
            )
            if isinstance(name, str) and not str(sql).upper().startswith("CREATE VIRTUAL")
        )

    def rows(self, table: str, where: str = "", *values: object, order: str = "") -> Iterator[Row]:
        """Yield rows with their columns by name; of files only ``n_bytes``, not the contents.

        Args:
            table: Its name.
            where: Which rows; empty for all.
            values: For the question marks in `where`.
            order: Of the rows; empty for the order in which they were stored.
        """
        columns = self._columns(table)
        if not columns:
            return
        chosen = [
            'length("content") as n_bytes' if (table, name) == _FILES else f'"{name}"'
            for name in columns
        ]
        asked = f'select {", ".join(chosen)} from "{table}"'
        asked += f" where {where}" if where else ""
        cursor = self._connection.execute(f"{asked} order by {order or 'rowid'}", values)
        names = [one[0] for one in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))

    def rows_of(self, table: str, column: str, keys: Sequence[object], order: str) -> list[Row]:
        """Return the rows of which a column has one of several values, however many."""
        found: list[Row] = []
        for start in range(0, len(keys), _MOST_PARAMETERS):
            some = keys[start : start + _MOST_PARAMETERS]
            marks = ", ".join("?" * len(some))
            found += self.rows(table, f'"{column}" in ({marks})', *some, order=order)
        return found

    def _columns(self, table: str) -> list[str]:
        if table not in self.tables:
            return []
        found = self._connection.execute("select name from pragma_table_info(?)", (table,))
        return [name for (name,) in found]


@contextmanager
def database(source: Opened) -> Iterator[Database]:
    """Open a database for reading; the file is neither locked nor changed.

    Raises:
        MalformedDocument: It is broken.
    """
    try:
        with _safe_path(source) as uri, closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES)
            for setting in ("query_only = on", "trusted_schema = off", "cell_size_check = on"):
                connection.execute(f"pragma {setting}")
            yield Database(connection)
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError) as error:
        raise MalformedDocument(
            f"{source.name} cannot be read: the database is broken ({error}); copy it again"
        ) from None


@contextmanager
def _safe_path(source: Opened) -> Iterator[str]:
    """Give the address of a database that nobody writes to."""
    with source.on_disk() as path:
        beside = [(end, path.with_name(path.name + end)) for end in _UNFINISHED]
        logs = [(end, log) for end, log in beside if log.exists() and log.stat().st_size]
        if not logs:
            yield f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            return
        # What was committed last, or must be taken back, is beside it, and reading that writes.
        with tempfile.TemporaryDirectory(prefix="grok-tree-import-") as folder:
            copy = Path(folder, "copy.db")
            shutil.copyfile(path, copy)
            for end, log in logs:
                shutil.copyfile(log, copy.with_name(copy.name + end))
            yield copy.as_uri()


def text_of(value: object) -> str:
    """Return what a column holds as text; SQLite puts anything anywhere."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
