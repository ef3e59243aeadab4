"""How results show themselves: as rows, as a data frame, in a terminal, in a notebook."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from grok_tree.analysis._frames import Kinds, pandas_frame, polars_frame
from grok_tree.analysis._texts import inked
from grok_tree.forest import counted, on_one_line

Records = list[dict[str, Any]]
"""Rows of a table: each a flat dictionary with the same keys in the same order."""

_MOST_ROWS = 50
"""Rows that a notebook or a terminal shows at once."""


class Shown:
    """A result that shows itself, at a bare prompt too, by what it says and not by all it holds."""

    def __str__(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {str(self).partition(chr(10))[0]}>"


class Tabular(Shown):
    """A result that is a table; who inherits says what its rows are.

    Attributes:
        kinds_of_columns: What the columns hold, so that frames keep their names and types however
            few rows there are; None: what the rows say.
    """

    kinds_of_columns: ClassVar[Kinds | None] = None

    def to_records(self) -> Records:
        """Return the rows, each a flat dictionary with the same keys."""
        raise NotImplementedError

    def __str__(self) -> str:
        rows = self.to_records()
        return f"{counted(len(rows), 'row')} of {', '.join(rows[0]) if rows else 'nothing'}"

    def to_pandas(self) -> Any:
        """Return the rows as a ``pandas.DataFrame``.

        Raises:
            ExtraMissing: pandas is not installed.
        """
        return pandas_frame(self.to_records(), self._kinds())

    def to_polars(self) -> Any:
        """Return the rows as a ``polars.DataFrame``.

        Raises:
            ExtraMissing: polars is not installed.
        """
        return polars_frame(self.to_records(), self._kinds())

    def _repr_html_(self) -> str:
        return table_html(self.to_records(), caption=self._caption())

    def _kinds(self) -> Kinds | None:
        return self.kinds_of_columns

    def _caption(self) -> str:
        return type(self).__name__


def table_html(records: Sequence[Mapping[str, Any]], *, caption: str) -> str:
    """Return rows as inert HTML that needs nothing from outside, folded under its caption.

    A single row stands upright, a name and a value in each line.
    """
    count = counted(len(records), "row")
    if len(records) == 1:
        count, rows = "", list(_upright(records[0]))
    else:
        names = [_Cell(name, "th", _is_number(value)) for name, value in _first(records).items()]
        rows = [_row(names), *(_row(row.values()) for row in records[:_MOST_ROWS])]
    hidden = len(records) - _MOST_ROWS
    more = f"<p>… {counted(hidden, 'more row')}; to_records() has them</p>" if hidden > 0 else ""
    return (
        f"<details open><summary><b>{html.escape(caption)}</b> {count}</summary>"
        f'<div style="overflow-x:auto"><table style="{_TABLE}">'
        f"{''.join(rows)}</table></div>{more}</details>"
    )


@dataclass(frozen=True)
class _Cell:
    """A cell that is more than its value."""

    value: Any
    tag: Literal["td", "th"] = "td"
    right: bool = False


_TABLE = "border-collapse:separate;border-spacing:.8em .1em;font-variant-numeric:tabular-nums"
_LONGEST_CELL = 300
_LONGEST_WHOLE = 40
"""Characters that are never broken into lines: of an id, and of a time."""


def _first(records: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return for every column its first value."""
    found: dict[str, Any] = dict(records[0]) if records else {}
    missing = [name for name, value in found.items() if value is None]
    for name in missing:
        known = (row[name] for row in records[:_MOST_ROWS] if row[name] is not None)
        found[name] = next(known, None)
    return found


def _upright(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a single row; figures stand at the right where there is nothing else."""
    right = all(map(_is_number, record.values()))
    for name, value in record.items():
        yield _row([_Cell(name, "th"), _Cell(value, right=right)])


def _row(cells: Iterable[Any]) -> str:
    return f"<tr>{''.join(map(_cell, cells))}</tr>"


def _cell(value: Any) -> str:
    cell = value if isinstance(value, _Cell) else _Cell(value, right=_is_number(value))
    told = shown(cell.value)
    text, title = on_one_line(told, _LONGEST_CELL), ""
    if told and not text:
        blank = told[:_LONGEST_CELL]
        text, title = inked(blank), f' title="{html.escape(repr(blank))}"'
    style = f"text-align:{'right' if cell.right else 'left'}{_width_of(text)}"
    return f'<{cell.tag} style="{style}"{title}>{html.escape(text, quote=False)}</{cell.tag}>'


def _width_of(text: str) -> str:
    """Return what keeps ids, names and times whole, and longer texts from standing in a column."""
    if len(text) > _LONGEST_WHOLE:
        return ";min-width:20em"
    return ";white-space:nowrap" if re.search(r"\W", text) else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def shown(value: Any) -> str:
    """Return a value as a table shows it: numbers short, nothing as nothing."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
