"""Tables have a row for each response, and a spreadsheet runs none of them."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from grok_tree.errors import ExtraMissing
from grok_tree.forest import (
    NO_TIME,
    Forest,
    HeldResponses,
    Marks,
    Origin,
    ResponseId,
    Settings,
    ToolCall,
    Usage,
)
from grok_tree.formats import write
from grok_tree.formats.pictures import _parquet
from grok_tree.testing import forest_from_names, forest_of
from tests.unit.formats._hostile import HOSTILE, hostile_forest
from tests.unit.formats._random_forests import forests


def written(*several: Forest, format: str, **options: str | int) -> bytes:
    file = io.BytesIO()
    n = write(several, file, format, **options)
    assert n == sum(len(one) for one in several)
    assert not file.closed
    return file.getvalue()


def table(*several: Forest, **options: str | int) -> list[dict[str, str]]:
    content = written(*several, format="csv", **options).decode()
    return list(csv.DictReader(io.StringIO(content, newline="")))


def records(*several: Forest) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(*several, format="records").splitlines()]


def parquet(*several: Forest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(
        io.BytesIO(written(*several, format="parquet"))
    ).to_pylist()
    return found


def rich() -> Forest:
    forest = forest_of("q>a>e, q>b", leaf="a", title="T")
    changes: dict[str, dict[str, Any]] = {
        "a": {
            "marks": Marks(starred=True, tags=("x", "y"), scores={"s": 0.5}, note="n"),
            "settings": Settings(temperature=0.5, seed=7),
            "usage": Usage(prompt_tokens=3, cost_usd=0.25),
            "tool_calls": (ToolCall(call_id="1", name="f", arguments="{}"),),
            "origin": Origin(kind="resampled", of=ResponseId("b"), run="r"),
        },
        "b": {"create_time": NO_TIME},
    }
    responses = [msgspec.structs.replace(one, **changes.get(one.message, {})) for one in forest]
    return Forest(forest.conversation, forest.parent_numbers, HeldResponses(responses))


ROW = {
    "title": "T",
    "response_id": "a",
    "parent_response_id": "q",
    "position": 1,
    "depth": 1,
    "n_children": 1,
    "on_active_path": True,
    "sender": "assistant",
    "starred": True,
    "tags": ["x", "y"],
    "note": "n",
    "temperature": 0.5,
    "top_p": None,
    "seed": 7,
    "prompt_tokens": 3,
    "cost_usd": 0.25,
    "origin_kind": "resampled",
    "origin_of": "b",
    "run": "r",
}


def test_a_record_of_json_lines() -> None:
    rows = records(rich(), rich())
    assert len(rows) == 8
    assert {name: rows[1][name] for name in ROW} == ROW
    assert rows[1]["scores"] == {"s": 0.5}
    assert rows[1]["tool_calls"] == [{"call_id": "1", "name": "f", "arguments": "{}"}]
    assert rows[1]["create_time"] == "2026-01-01T00:00:01Z"
    assert rows[3]["create_time"] is None
    assert [row["on_active_path"] for row in rows[:4]] == [True, True, False, False]
    assert [row["depth"] for row in rows[:4]] == [0, 1, 2, 1]


def test_a_row_of_parquet() -> None:
    rows = parquet(rich())
    assert {name: rows[1][name] for name in ROW} == ROW
    assert rows[1]["scores"] == [{"name": "s", "value": 0.5}]
    assert json.loads(rows[1]["tool_calls"])[0]["name"] == "f"
    assert rows[1]["create_time"] == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert rows[3]["create_time"] is None


def test_a_row_of_csv() -> None:
    row = table(rich())[1]
    expected = {"position": "1", "on_active_path": "true", "tags": '["x","y"]', "top_p": ""}
    assert {name: row[name] for name in expected} == expected
    assert row["scores"] == '{"s":0.5}'


def test_no_table_loses_a_text() -> None:
    due = [one.message for one in hostile_forest()]
    assert [row["message"] for row in records(hostile_forest())] == due
    assert [row["message"] for row in parquet(hostile_forest())] == due
    assert [row["message"] for row in table(hostile_forest(), formulas="raw")] == due
    cells = [row["message"] for row in table(hostile_forest())]
    assert [one.removeprefix("'") if one.startswith("'") else one for one in cells] == due
    for name in ("=1+1", "+1", "-1", "@SUM(A1)", "\tTab", "\rReturn"):
        assert name in HOSTILE
        assert name not in cells
    assert not [
        one for row in table(hostile_forest()) for one in row.values() if one[:1] in ("=", "@")
    ]


@given(forest=forests())
@settings(max_examples=10, deadline=None)
def test_any_forest_is_the_same_in_every_table(forest: Forest) -> None:
    first = [(row["message"], row["seed"], row["create_time"] is None) for row in records(forest)]
    assert [
        (row["message"], row["seed"], row["create_time"] is None) for row in parquet(forest)
    ] == first
    assert [row["message"] for row in table(forest, formulas="raw")] == [row[0] for row in first]


def test_parquet_comes_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_parquet, "_GROUP_ROWS", 40)
    names: dict[str, str | None] = {"r": None} | {f"n{k}": "r" for k in range(99)}
    content = written(forest_from_names(names), forest_of("a"), format="parquet")
    file = pq.ParquetFile(io.BytesIO(content))
    sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert sizes == [40, 40, 21]


def test_long_texts_make_smaller_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_parquet, "_GROUP_CHARACTERS", 2)
    content = written(forest_of("a>b>c>d>e"), format="parquet")
    assert pq.ParquetFile(io.BytesIO(content)).num_row_groups == 3


def test_a_seed_beyond_64_bits_is_left_out_of_parquet() -> None:
    forest = forest_of("a")
    responses = [msgspec.structs.replace(forest.responses[0], settings=Settings(seed=2**64 - 1))]
    long = Forest(forest.conversation, [-1], HeldResponses(responses))
    assert parquet(long)[0]["seed"] is None
    assert records(long)[0]["seed"] == 2**64 - 1


def test_without_its_extra_parquet_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ExtraMissing, match=r'pip install "grok-tree\[formats\]"'):
        written(forest_of("a"), format="parquet")


def test_no_conversation_is_a_table_without_rows() -> None:
    assert table() == []
    assert records() == []
    assert parquet() == []
