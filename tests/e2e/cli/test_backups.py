from __future__ import annotations

from pathlib import Path

from grok_tree import Client
from grok_tree.testing import server_process
from tests.e2e.cli._command import Command


def test_a_backup_is_restored_and_what_was_there_is_kept(command: Command, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    command.run("sample", "before the backup")
    (backed_up,) = command.run("backup", str(copy), "--json").records
    assert backed_up["size_bytes"] == copy.stat().st_size
    command.run("sample", "after the backup")

    restored = command.run("restore", str(copy), "--json")
    assert restored.code == 0, restored.err
    assert len(command.run("ls", "--json").records) == 1
    kept = restored.records[0]["kept"]
    assert len(command.run("ls", "--json", "--database", kept).records) == 2


def test_a_backup_replaces_a_file_only_when_that_is_said(command: Command, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("mine")
    refused = command.run("backup", str(copy))
    assert refused.code == 1
    assert "exists already" in refused.err
    assert copy.read_text() == "mine"
    assert command.run("backup", str(copy), "--force").code == 0
    assert copy.read_bytes().startswith(b"SQLite format 3")


def test_a_served_database_is_backed_up_and_not_restored(command: Command, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with server_process(command.database) as server:
        with Client(server.host, mirror=False) as client:
            client.grok.create_conversation(title="served").create()
        assert command.run("backup", str(copy), "--host", server.host).code == 0
        refused = command.run("restore", str(copy))
        assert refused.code == 1
        assert str(server.pid) in refused.err
        remote = command.run("restore", str(copy), "--host", server.host)
        assert remote.code == 2
    assert command.run("restore", str(copy)).code == 0
    assert [row["title"] for row in command.run("ls", "--json").records] == ["served"]
    assert not list(command.database.parent.glob("grok-tree-backup-*"))


def test_what_is_no_backup_changes_nothing(command: Command, tmp_path: Path) -> None:
    command.run("sample", "kept")
    (tmp_path / "notes.txt").write_text("not a database")
    refused = command.run("restore", str(tmp_path / "notes.txt"))
    assert refused.code == 1
    assert "is not a grok_tree database" in refused.err
    assert len(command.run("ls", "--json").records) == 1
