"""``grok-tree doctor``: what it looks at, and what it leaves as it is."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grok_tree import Client
from grok_tree.cli._mirror_checks import ago
from grok_tree.store import Store
from grok_tree.testing import server_process
from tests.e2e.cli._command import Command
from tools.store_database import FOLDER


def findings(command: Command, *arguments: str) -> dict[str, tuple[str, str]]:
    """Return what was found by what was looked at; of several the last."""
    seen = command.run("doctor", "--json", *arguments)
    found = {one["what"]: (one["state"], one["detail"]) for one in seen.records}
    is_bad = any(state == "problem" for state, _ in found.values())
    assert seen.code == is_bad, seen
    return found


def damage(database: Path) -> None:
    raw = database.read_bytes()
    assert b"a text that" in raw
    database.write_bytes(raw.replace(b"a text that", b"a test that"))


def test_an_unused_database_is_checked_here(command: Command) -> None:
    command.run("sample", "x")
    found = findings(command)
    assert found["lock"] == ("ok", "no process has the database open")
    assert "all texts are as stored" in found["database"][1]
    assert found["library"][1].startswith("SQLite 3.")
    assert "is not there" in found["config"][1]
    assert found["mirrors"] == ("ok", "there are none")


def test_a_database_that_is_served_is_checked_by_its_server(command: Command) -> None:
    command.run("sample", "a text that is found again on disk")
    damage(command.database)
    with server_process(command.database) as server:
        found = findings(command)
        assert found["lock"][1].startswith(f"process {server.pid} on ")
        assert found["database"][0] == "problem"
        assert "was changed on disk" in found["database"][1]


def test_the_database_of_another_machine_is_checked_there(command: Command, tmp_path: Path) -> None:
    with server_process(tmp_path / "server.db") as server:
        with Client(server.host) as client:
            client.grok.create_conversation(title="Sky").create()
            client.grok.list_conversations()
        found = findings(command, "--host", server.host)
    assert found["server"] == ("ok", f"{server.host} answers")
    assert found["database"][0] == found["disk"][0] == "ok"
    assert "server.db" in found["database"][1]
    assert not command.database.exists()


def test_a_database_without_a_way_in_is_a_warning(command: Command) -> None:
    with closing(Store.open(command.database)):
        found = findings(command)
    assert found["lock"][1].endswith("which cannot be joined")
    assert found["database"][0] == "warning"


def test_an_older_database_is_checked_and_not_upgraded(command: Command) -> None:
    shutil.copy(FOLDER / "0.1.0.db", command.database)
    before = command.database.read_bytes()
    state, detail = findings(command)["database"]
    assert (state, command.database.read_bytes()) == ("warning", before)
    assert "has schema 1 of an older release" in detail
    assert not list(command.database.parent.glob("*.schema-*"))


def test_damage_in_an_older_database_is_found(command: Command) -> None:
    shutil.copy(FOLDER / "0.1.0.db", command.database)
    with closing(sqlite3.connect(command.database)) as connection:
        connection.execute("UPDATE response SET message = 'forged' WHERE key = 1")
        connection.commit()
    state, detail = findings(command)["database"]
    assert state == "problem"
    assert "was changed on disk" in detail


def test_mirrors_are_looked_at(command: Command, tmp_path: Path) -> None:
    with server_process(tmp_path / "server.db") as server, Client(server.host) as client:
        conversation = client.grok.create_conversation(title="Sky")
        conversation.create()
        conversation.refresh()
    (mirror,) = Path(command.run("cache", "path").out.strip()).glob("*.db")
    assert "was brought up to date 0 minutes ago" in findings(command)["mirror"][1]
    with closing(Store.open(mirror)):
        assert "is open in a program" in findings(command)["mirror"][1]
    mirror.write_bytes(b"garbage" * 1000)
    state, detail = findings(command)["mirror"]
    assert state == "warning"
    assert "begun anew" in detail


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 minutes ago"),
        (7_199, "119 minutes ago"),
        (7_200, "2 hours ago"),
        (9**6, "6 days ago"),
    ],
)
def test_ages_are_told_in_words(seconds: int, words: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert ago(now - timedelta(seconds=seconds), now.timestamp()) == words
