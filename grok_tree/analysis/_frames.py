"""Rows as data frames, with the same types whatever the rows hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from grok_tree.analysis._needs import needed

Kind = Literal["text", "int", "float", "bool", "time", "any"]
"""What a column holds; nothing may stand in any of them, except in ``bool``. ``any`` is what the
rows say."""

Kinds = Mapping[str, Kind]
"""Name of a column to its kind, in the order of the columns."""

_PANDAS = {
    "text": "string",
    "int": "Int64",
    "float": "float64",
    "bool": "bool",
    "time": "datetime64[us, UTC]",
}
_KIND_OF: tuple[tuple[type, Kind], ...] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (str, "text"),
    (datetime, "time"),
)


def pandas_frame(records: Sequence[Mapping[str, Any]], kinds: Kinds | None = None) -> Any:
    """Return rows as a ``pandas.DataFrame``.

    Texts are ``string``, counts ``Int64``, which both have room for nothing, figures ``float64``,
    times ``datetime64[us, UTC]``.

    Args:
        records: The rows.
        kinds: Of the columns; None: what the rows hold.

    Raises:
        ExtraMissing: pandas is not installed.
    """
    pandas = needed("pandas", "to_pandas()")
    columns = {
        name: pandas.array(_column(records, name), dtype=_PANDAS[kind])
        if kind in _PANDAS
        else _column(records, name)
        for name, kind in _known(records, kinds).items()
    }
    return pandas.DataFrame(columns, index=pandas.RangeIndex(len(records)))


def polars_frame(records: Sequence[Mapping[str, Any]], kinds: Kinds | None = None) -> Any:
    """Return rows as a ``polars.DataFrame``, with the types that `pandas_frame` gives.

    Args:
        records: The rows.
        kinds: Of the columns; None: what the rows hold.

    Raises:
        ExtraMissing: polars is not installed.
    """
    polars = needed("polars", "to_polars()")
    types = {
        "text": polars.String,
        "int": polars.Int64,
        "float": polars.Float64,
        "bool": polars.Boolean,
        "time": polars.Datetime("us", "UTC"),
    }
    columns = [
        polars.Series(name, _column(records, name), dtype=types.get(kind), strict=False)
        for name, kind in _known(records, kinds).items()
    ]
    return polars.DataFrame(columns)


def _column(records: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in records]


def _known(records: Sequence[Mapping[str, Any]], kinds: Kinds | None) -> Mapping[str, str]:
    if kinds is None:
        kinds = dict.fromkeys(records[0] if records else (), "any")
    return {
        name: _kind_of(_column(records, name)) if kind == "any" else kind
        for name, kind in kinds.items()
    }


def _kind_of(values: Sequence[Any]) -> str:
    """Return the kind that fits all values, ``any`` where none does."""
    kinds = {_kind_of_one(value) for value in values if value is not None}
    if kinds == {"int", "float"}:
        return "float"
    if len(kinds) != 1 or (kinds == {"bool"} and None in values):
        return "any"
    return kinds.pop()


def _kind_of_one(value: Any) -> str:
    return next((kind for type_, kind in _KIND_OF if isinstance(value, type_)), "any")
