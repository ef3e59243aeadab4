"""Parquet, a row for each response, written in groups so that no file has to fit in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from grok_tree.errors import ExtraMissing
from grok_tree.forest import Forest
from grok_tree.formats._format import Format
from grok_tree.formats.pictures._rows import COLUMNS, ROW_LOSSES, iter_rows

_GROUP_ROWS = 10_000
_GROUP_CHARACTERS = 32 * 1024 * 1024
_LIMIT = 2**63


def _write(forests: Iterable[Forest], file: BinaryIO) -> int:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ExtraMissing(
            'Parquet needs an extra; run: python -m pip install "grok-tree[formats]"'
        ) from error
    kinds = {
        "text": pa.string(),
        "json": pa.string(),
        "count": pa.int64(),
        "number": pa.float64(),
        "truth": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
        "texts": pa.list_(pa.string()),
        # Not a map: programs that load training data have no such type.
        "scores": pa.list_(pa.struct([("name", pa.string()), ("value", pa.float64())])),
    }
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    written = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for rows in _groups(forests):
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            written += len(rows)
    return written


def _groups(forests: Iterable[Forest]) -> Iterator[list[dict[str, Any]]]:
    """Yield rows in groups of bounded size."""
    rows: list[dict[str, Any]] = []
    n_characters = 0
    for forest in forests:
        for row in iter_rows(forest):
            rows.append(_held(row))
            n_characters += len(row["message"]) + len(row["reasoning"])
            if len(rows) >= _GROUP_ROWS or n_characters >= _GROUP_CHARACTERS:
                yield rows
                rows, n_characters = [], 0
    if rows:
        yield rows


def _held(row: dict[str, Any]) -> dict[str, Any]:
    calls = row["tool_calls"]
    long = {name: None for name, kind in COLUMNS.items() if kind == "count" and _is_long(row[name])}
    return row | {
        **long,
        "scores": [{"name": name, "value": one} for name, one in row["scores"].items()],
        "tool_calls": msgspec.json.encode(calls).decode() if calls else None,
    }


def _is_long(count: int | None) -> bool:
    return count is not None and not -_LIMIT <= count < _LIMIT


FORMAT = Format(
    name="parquet",
    title="Parquet, a row for each response",
    suffix=".parquet",
    write=_write,
    losses=(*ROW_LOSSES, "seeds beyond 64 bits"),
    extra="formats",
)
