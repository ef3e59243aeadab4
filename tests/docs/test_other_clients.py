"""What the README shows of other clients works as it stands there, with a server's own ports."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from grok_tree import Client
from grok_tree.testing import ServerProcess, server_process
from tests.docs._blocks import ROOT, Block, blocks, lines_below

SECTION = lines_below("README.md", "## Point your client at it")
MODEL = "scripted/varied"
ORIGINAL = "# 0.x"
"""Is in the block of the original's package, which the tests stand in for."""


def shown(language: str) -> list[Block]:
    return [block for block in blocks("README.md", language) if block.line in SECTION]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    database = tmp_path_factory.mktemp("served") / "forests.db"
    with server_process(database, model=MODEL) as running:
        yield running


def pointed_at(server: ServerProcess, code: str) -> str:
    """Return code with the ports of a server, and a model that answers at once."""
    ports = {"8733": server.host.rpartition(":")[2], "8734": str(urlsplit(server.http_url).port)}
    for usual, port in ports.items():
        code = code.replace(f":{usual}", f":{port}")
    return code.replace("local/smollm2-135m", MODEL)


def run(command: list[str], folder: Path, **variables: str) -> str:
    scripts = sysconfig.get_path("scripts")
    environment = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "GROK_TREE_CONFIG": str(folder / "config.toml"),
        "GROK_TREE_DATABASE": str(folder / "own.db"),
        "LLM_USER_PATH": str(folder),
        # The package of our local model's weights is a plugin, too, for a runtime that is not here.
        "LLM_LOAD_PLUGINS": "",
        **variables,
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def n_responses(server: ServerProcess) -> int:
    """Return how much has been said to the server."""
    with Client(server.host, mirror=False) as client:
        found = list(client.grok.iter_conversations())
        for conversation in found:
            conversation.load()
        return sum(len(conversation.forest) for conversation in found)


@pytest.mark.parametrize("block", shown("python"), ids=str)
def test_every_client_leaves_something_behind(
    server: ServerProcess, tmp_path: Path, block: Block
) -> None:
    before = n_responses(server)
    folders = [str(ROOT), str(ROOT / "tests/docs/original")] if ORIGINAL in block.code else []
    path = {"PYTHONPATH": os.pathsep.join([*folders, os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-W", "error", "-c", pointed_at(server, block.code)]
    assert run(command, tmp_path, **path).strip()
    assert n_responses(server) >= before + 1


@pytest.mark.parametrize("block", shown("sh"), ids=str)
def test_every_command_is_answered(server: ServerProcess, tmp_path: Path, block: Block) -> None:
    if "curl " in block.code and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    out = run(["sh", "-eu", "-c", pointed_at(server, block.code)], tmp_path)
    assert '"error"' not in out
    assert "responses" in out or n_responses(server) >= 6


def test_each_kind_of_client_is_shown() -> None:
    code = "".join(block.code for block in [*shown("python"), *shown("sh")])
    for word in (
        "xai_sdk.Client(",
        ORIGINAL,
        "OpenAI(",
        "pydantic_ai",
        "curl ",
        "llm ",
        " record ",
    ):
        assert word in code
