"""``grok-tree cache``, and what commands do with --host while a server is away."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from grok_tree import Client
from grok_tree.testing import server_process
from tests.e2e.cli._command import INSTALLED, Command


@pytest.fixture
def host(command: Command, tmp_path: Path) -> str:
    """The address of a server that is gone, after a conversation was loaded from it."""
    with server_process(tmp_path / "server.db") as server:
        with Client(server.host) as client:
            conversation = client.grok.create_conversation(title="Sky")
            conversation.add_response("Why is the sky blue?").result()
            conversation.refresh()
        server.kill()
    del command
    return server.host


def test_the_folder_is_named(command: Command) -> None:
    done = command.run("cache", "path", "--json")
    assert done.records == [{"path": str(command.database.with_name("cache") / "mirrors")}]
    assert command.run("cache", "path").out.strip() == done.records[0]["path"]


def test_without_mirrors_there_is_nothing_to_do(command: Command) -> None:
    for name in ("verify", "clear"):
        done = command.run("cache", name)
        assert (done.code, done.out) == (0, "")
        assert "no mirrors" in done.err


@pytest.mark.usefixtures("host")
def test_mirrors_are_verified_and_cleared(command: Command) -> None:
    (state,) = command.run("cache", "verify", "--json").records
    assert state["state"] == "ok"
    Path(state["path"]).write_bytes(b"garbage" * 1000)
    assert command.run("cache", "verify").code == 1
    assert command.run("cache", "clear").out.startswith("removed  ")
    assert not Path(state["path"]).exists()


def test_commands_read_while_the_server_is_away(command: Command, host: str) -> None:
    (row,) = command.run("ls", "--host", host, "--json").records
    assert row["title"] == "Sky"
    assert "blue" in command.run("path", "--host", host, row["conversation_id"]).out


def test_a_bad_mirror_is_one_line_of_warning(command: Command, host: str) -> None:
    (state,) = command.run("cache", "verify", "--json").records
    Path(state["path"]).write_bytes(b"garbage" * 1000)
    done = subprocess.run(
        [INSTALLED, "ls", "--host", host], capture_output=True, text=True, timeout=50, check=False
    )
    first, last = done.stderr.splitlines()
    assert first.startswith("warning: the mirror ")
    assert last.startswith("error: ")
