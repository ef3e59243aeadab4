"""Flat rows as CSV and as JSON Lines.

A spreadsheet runs what begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end, whoever wrote
it, so by default such a text gets an apostrophe before it in CSV; a text that begins with one
gets another, so that taking one away always gives the text back. ``formulas=raw`` leaves them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, BinaryIO

import msgspec

from grok_tree.forest import Forest
from grok_tree.formats._format import Format, Option
from grok_tree.formats.pictures._rows import COLUMNS, ROW_LOSSES, iter_rows

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")

_FORMULAS = Option(
    name="formulas",
    choices=("escaped", "raw"),
    help="escaped: a text that a spreadsheet would run gets an apostrophe before it; raw: texts"
    " as they are, for programs",
)


def _write_csv(forests: Iterable[Forest], file: BinaryIO, *, formulas: str) -> int:
    written = 0
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    try:
        table = csv.writer(text, lineterminator="\r\n")
        table.writerow(COLUMNS)
        for forest in forests:
            for row in iter_rows(forest):
                table.writerow([_cell(row[name], raw=formulas == "raw") for name in COLUMNS])
                written += 1
    finally:
        text.detach()
    return written


def _cell(value: Any, *, raw: bool) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value if raw or not value.startswith(_DANGEROUS) else f"'{value}"
        case int() | float():
            return repr(value)
        case _:
            return msgspec.json.encode(value).decode() if value else ""


def _write_records(forests: Iterable[Forest], file: BinaryIO) -> int:
    written = 0
    for forest in forests:
        for row in iter_rows(forest):
            file.write(msgspec.json.encode({name: row[name] for name in COLUMNS}) + b"\n")
            written += 1
    return written


CSV = Format(
    name="csv",
    title="CSV, a row for each response",
    suffix=".csv",
    write=_write_csv,
    options=(_FORMULAS,),
    losses=(
        *ROW_LOSSES,
        "the first character of texts that a spreadsheet would run, which an apostrophe precedes",
        "whether a text is empty or there is none",
    ),
)

RECORDS = Format(
    name="records",
    title="JSON Lines, a flat row for each response",
    suffix=".jsonl",
    write=_write_records,
    losses=ROW_LOSSES,
)
