"""What the README and the pages on models and money show works as it stands there."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.docs._blocks import ROOT, Block, blocks, lines_below, output_of

MADE = {"make demo", "make test"}


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """An environment with a database of its own, a scripted model, and the installed command."""
    scripts = sysconfig.get_path("scripts")
    return os.environ | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "GROK_TREE_CONFIG": str(tmp_path / "config.toml"),
        "GROK_TREE_DATABASE": str(tmp_path / "forests.db"),
        "GROK_TREE_MODEL": "scripted/varied",
    }


PAGES = (
    *("README.md", "docs/models.md", "docs/money.md"),
    *("docs/formats.md", "docs/analysis.md", "docs/networkx.md"),
)
WITH_A_SERVER = lines_below("README.md", "## Point your client at it")
"""These blocks are run by `test_other_clients`."""


def alone(page: str, language: str) -> list[Block]:
    """Return the blocks of a page that need nothing beside them."""
    served = WITH_A_SERVER if page == "README.md" else ()
    return [block for block in blocks(page, language) if block.line not in served]


PYTHON = [block for page in PAGES for block in alone(page, "python")]


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_every_python_block_runs(
    block: Block, tmp_path: Path, surroundings: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block.code],
        cwd=tmp_path,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert output_of(block) in (None, done.stdout)


@pytest.mark.timeout(240)  # the limit is meant for one program; these are up to ten, with a model
@pytest.mark.parametrize("block", alone("README.md", "sh"), ids=str)
def test_every_shell_block_runs(block: Block, tmp_path: Path, surroundings: dict[str, str]) -> None:
    if block.code.startswith("make "):
        commands = {line.partition("#")[0].strip() for line in block.code.splitlines()}
        assert commands == MADE
        return
    done = subprocess.run(
        ["sh", "-eu", "-c", block.code],
        cwd=tmp_path,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_two_commands_are_on_the_first_screen() -> None:
    first = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:24])
    for command in MADE:
        assert command in first


@pytest.mark.parametrize("block", blocks("docs/native-format.md", "python"), ids=str)
def test_the_digest_can_be_checked_as_the_format_says(
    block: Block, tmp_path: Path, surroundings: dict[str, str]
) -> None:
    commands = ["grok-tree sample hello", "grok-tree export --all -o forests.jsonl"]
    subprocess.run(
        ["sh", "-eu", "-c", "; ".join(commands)],
        cwd=tmp_path,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    subprocess.run([sys.executable, "-c", block.code], cwd=tmp_path, check=True)
