"""Columns that are read off responses by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from grok_tree.analysis._frames import Kind
from grok_tree.forest import NO_TIME, Response

Columns = Mapping[str, tuple[Kind, str]]
"""Name of a column to its kind, and where the value stands, such as ``usage.cost_usd``."""


def kinds_of(columns: Columns) -> dict[str, Kind]:
    """Return the kinds of some columns."""
    return {name: kind for name, (kind, _) in columns.items()}


def reader_of(columns: Columns) -> Callable[[Response], dict[str, Any]]:
    """Return what reads several columns off a response."""
    names, read = list(columns), attrgetter(*(where for _, where in columns.values()))
    times = [name for name, (kind, _) in columns.items() if kind == "time"]

    def row_of(response: Response) -> dict[str, Any]:
        row = dict(zip(names, read(response), strict=True))
        for name in times:
            row[name] = time_or_none(row[name])
        return row

    return row_of


def time_or_none(time: datetime) -> datetime | None:
    """Return a time, None where a file said none."""
    return None if time == NO_TIME else time
