"""Statements on the way of every turn: compiled once, then handed to the driver as they are.

What SQLAlchemy does around a statement costs several times what the database does with it. These
statements give that up: values must be what the driver takes (integers, texts, bytes, None), and
rows come as the driver gives them. Everything else goes through SQLAlchemy.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler

Values = Mapping[str, Any]


class Prepared:
    """One statement for any dialect, executed on the connection of a transaction that has begun."""

    def __init__(self, statement: Select[Any] | Insert | Update, *columns: str) -> None:
        """Keep a statement; it is compiled when a dialect first needs it.

        Args:
            statement: Its parameters are named by `bindparam`.
            columns: Of an insert, those that get values, in the order of the table.
        """
        self._statement = statement
        self._columns = columns or None
        self._compiled: dict[str, _Compiled] = {}
        names = statement.selected_columns.keys() if isinstance(statement, Select) else ()
        self._row: Callable[[Iterable[Any]], Any] = namedtuple("Row", names)._make  # type: ignore[attr-defined]

    def first(self, connection: Connection, values: Values) -> Any:
        """Return the first row, by names of columns; None when there is none."""
        found = self._execute(connection, values).fetchone()
        return None if found is None else self._row(found)

    def all(self, connection: Connection, values: Values) -> list[Any]:
        """Return all rows, by names of columns."""
        return [self._row(found) for found in self._execute(connection, values).fetchall()]

    def run(self, connection: Connection, values: Values) -> int:
        """Execute it once; return the number of rows concerned."""
        n_rows: int = self._execute(connection, values).rowcount
        return n_rows

    def run_many(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Execute an insert for every row: its values in the order of `columns`."""
        compiled = self._for(connection)
        arguments: Sequence[Any] = rows
        if compiled.names is None:
            assert self._columns is not None
            arguments = [dict(zip(self._columns, row, strict=True)) for row in rows]
        connection.connection.cursor().executemany(compiled.text, arguments)

    def _execute(self, connection: Connection, values: Values) -> Any:
        compiled = self._for(connection)
        driver = connection.connection.cursor()
        driver.execute(compiled.text, compiled.arguments(values))
        return driver

    def _for(self, connection: Connection) -> _Compiled:
        name = connection.dialect.name
        compiled = self._compiled.get(name)
        if compiled is None:
            text = self._statement.compile(dialect=connection.dialect, column_keys=self._columns)
            compiled = self._compiled[name] = _Compiled(text)
        return compiled


class _Compiled:
    def __init__(self, compiled: SQLCompiler) -> None:
        self.text = str(compiled)
        self.names: Sequence[str] | None = compiled.positiontup if compiled.positional else None
        self._constants = {k: v for k, v in compiled.params.items() if v is not None}

    def arguments(self, values: Values) -> Sequence[Any] | Values:
        """Return the values as the driver wants them: in order, or by name."""
        if self._constants:
            values = {**self._constants, **values}
        if self.names is None:
            return values
        return [values[name] for name in self.names]
