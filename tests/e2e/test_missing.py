"""Without keys and extras, every provider says exactly what to install or set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({hidden!r}))  # as if they were not installed
from grok_tree.cli import main
main()
"""
EXTRAS = ("aiohttp", "xai_sdk", "xllamacpp", "onnxruntime", "genai_prices", "psycopg")
KEYS = ("XAI_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL")


def run(
    folder: Path, *words: str, hidden: tuple[str, ...] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command on a machine without some packages and without keys."""
    environment = {name: value for name, value in os.environ.items() if name not in KEYS}
    return subprocess.run(
        [sys.executable, "-c", WITHOUT.format(hidden=hidden), *words],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        cwd=folder,  # where no recordings lie about
        env={
            **environment,
            "GROK_TREE_DATABASE": str(folder / "forests.db"),
            "GROK_TREE_CONFIG": str(folder / "config.toml"),
            **variables,
        },
    )


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("local/smollm2-135m", "grok-tree[local]"),
        ("xai/grok-4.7", "grok-tree[xai]"),
        ("openai/gpt-4o", "grok-tree[openai]"),
        ("replay/missing.jsonl", "no file missing.jsonl"),
    ],
)
def test_without_extras_it_says_what_to_install(tmp_path: Path, model: str, words: str) -> None:
    keys = {"XAI_API_KEY": "a-key", "OPENAI_API_KEY": "a-key"}
    done = run(tmp_path, "sample", "--model", model, "hello", hidden=EXTRAS, **keys)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert words in line
    assert "a-key" not in line


@pytest.mark.parametrize(
    ("model", "variable"), [("xai/grok-4.7", "XAI_API_KEY"), ("openai/gpt-4o", "OPENAI_API_KEY")]
)
def test_without_a_key_it_says_which_variable_to_set(
    tmp_path: Path, model: str, variable: str
) -> None:
    done = run(tmp_path, "sample", "--model", model, "hello")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert f"set {variable}" in line or f"set the environment variable {variable}" in line


def test_models_are_listed_without_any_extra(tmp_path: Path) -> None:
    done = run(tmp_path, "models", hidden=EXTRAS)
    assert (done.returncode, done.stderr) == (0, "")
    for line in done.stdout.splitlines():
        assert line.startswith("scripted/") or "not available: " in line
