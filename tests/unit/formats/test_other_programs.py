"""What we write, as other programs read it: Hugging Face datasets and Mermaid itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grok_tree.forest import Forest, HeldResponses, Marks, ToolCall
from grok_tree.formats import write
from grok_tree.testing import forest_of
from tests.doors._environments import environment
from tests.unit.formats._hostile import deep_forest, hostile_forest

pytestmark = pytest.mark.slow

LOAD = """
import json, sys
from datasets import load_dataset
kind, path, folder = sys.argv[1:]
rows = load_dataset(kind, data_files=path, split="train", cache_dir=folder)
print(json.dumps({"columns": rows.column_names, "rows": rows.to_list()}, default=str))
"""


@pytest.fixture(scope="session")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Python with the library that training programs load their rows with."""
    return environment(tmp_path_factory.mktemp("datasets"), "datasets.lock")


def loaded(python: str, path: Path, kind: str = "json") -> dict[str, Any]:
    folder = str(path.parent / "cache")
    done = subprocess.run(
        [python, "-c", LOAD, kind, str(path), folder],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": folder, "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def judged() -> Forest:
    """A forest in which some answers have what others lack: thoughts, calls, scores."""
    forest = forest_of("q>a>q2>a2, q>b, q2>b2, q>c")
    changes: dict[str, dict[str, Any]] = {
        "a": {"marks": Marks(scores={"s": 2}), "reasoning": "hm"},
        "b": {"marks": Marks(scores={"s": 1})},
        "a2": {"marks": Marks(starred=True)},
        "b2": {"tool_calls": (ToolCall(call_id="1", name="f", arguments='{"x": 1}'),)},
    }
    responses = [msgspec.structs.replace(one, **changes.get(one.message, {})) for one in forest]
    return Forest(forest.conversation, forest.parent_numbers, HeldResponses(responses))


def said(messages: list[dict[str, Any]]) -> str:
    return "".join(one["content"] for one in messages)


def test_pairs_load_as_training_programs_expect_them(datasets: str, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    write([judged(), judged()], path, "dpo")
    found = loaded(datasets, path)
    assert {"prompt", "chosen", "rejected"} <= set(found["columns"])
    rows = [
        tuple(said(row[name]) for name in ("prompt", "chosen", "rejected")) for row in found["rows"]
    ]
    assert rows == [("q", "a", "b"), ("qaq2", "a2", "b2")] * 2
    assert found["rows"][0]["prompt"][0]["role"] == "user"
    assert found["rows"][0]["chosen"][0]["reasoning_content"] == "hm"


def test_verdicts_and_completions_load(datasets: str, tmp_path: Path) -> None:
    write(judged(), tmp_path / "kto.jsonl", "kto")
    found = loaded(datasets, tmp_path / "kto.jsonl")
    assert [(said(row["completion"]), row["label"]) for row in found["rows"]] == [
        ("a", True),
        ("a2", True),
        ("b", True),
    ]
    write(judged(), tmp_path / "sft.jsonl", "sft")
    found = loaded(datasets, tmp_path / "sft.jsonl")
    assert [(said(row["prompt"]), said(row["completion"])) for row in found["rows"]] == [
        ("q", "a"),
        ("qaq2", "a2"),
        ("q", "b"),
        ("qaq2", "b2"),
        ("q", "c"),
    ]


@pytest.mark.parametrize(("format", "column"), [("messages", "content"), ("sharegpt", "value")])
def test_paths_load(datasets: str, tmp_path: Path, format: str, column: str) -> None:
    path = tmp_path / "x.json"
    write([judged(), hostile_forest()], path, format)
    rows = loaded(datasets, path)["rows"]
    turns = [row["messages" if format == "messages" else "conversations"] for row in rows]
    assert "".join(one[column] for one in turns[0]) == "qaq2a2"
    assert len(turns) == len(judged().tips) + len(hostile_forest().tips)


@pytest.mark.parametrize(
    ("format", "kind"), [("parquet", "parquet"), ("csv", "csv"), ("records", "json")]
)
def test_tables_load(datasets: str, tmp_path: Path, format: str, kind: str) -> None:
    path = tmp_path / "x"
    write([judged()], path, format)
    rows = loaded(datasets, path, kind)["rows"]
    assert [row["message"] for row in rows] == [one.message for one in judged()]


PARSE = """
import { JSDOM } from "jsdom";
const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const mermaid = (await import("mermaid")).default;
let text = "";
for await (const piece of process.stdin) text += piece;
await mermaid.parse(text);
const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
const nodes = [...db.getVertices().values()].map((one) => one.text);
console.log(JSON.stringify({ nodes, edges: db.getEdges().length }));
"""


@pytest.fixture(scope="session")
def mermaid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which node finds Mermaid."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("mermaid")
    packages = ["mermaid@11.17.2", "jsdom@29.1.1"]
    done = subprocess.run(
        [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", *packages],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"Mermaid cannot be installed here: {done.stderr.strip()[-300:]}")
    (folder / "parse.mjs").write_text(PARSE)
    return folder


@pytest.mark.parametrize("forest", [hostile_forest(), deep_forest(301)], ids=["hostile", "deep"])
def test_mermaid_draws_just_our_nodes(mermaid: Path, tmp_path: Path, forest: Forest) -> None:
    write(forest, tmp_path / "x.mmd", "mermaid", collapse="none")
    done = subprocess.run(
        ["node", "parse.mjs"],
        cwd=mermaid,
        input=(tmp_path / "x.mmd").read_bytes(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found = json.loads(done.stdout)
    assert (len(found["nodes"]), found["edges"]) == (len(forest), len(forest) - 1)
    assert [one.partition("<br>")[0] for one in found["nodes"]] == [one.sender for one in forest]
