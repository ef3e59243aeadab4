"""A backup is the database at one instant; restoring it loses nothing, old or new."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grok_tree.errors import (
    ConflictError,
    SchemaTooNew,
    StoreBusy,
    StoreCorrupted,
    StoreError,
    StoreForeign,
)
from grok_tree.store import Cursor, Reader, Store, restore_backup, schema_version, verify_backup
from grok_tree.store._network import network_file_system
from tests.unit.store._shelf import add_conversation, add_one, read, write
from tools.store_database import FOLDER, contents, fill


def identity(store: Store) -> str:
    return read(store, Reader.database_id)


def test_a_backup_holds_everything(store: Store, tmp_path: Path) -> None:
    fill(store)
    store.backup(tmp_path / "copy.db")
    verify_backup(tmp_path / "copy.db")
    copy = Store.open(tmp_path / "copy.db")
    assert read(copy, contents) == read(store, contents)
    copy.close()


def test_a_backup_under_load_is_one_instant(store: Store, tmp_path: Path) -> None:
    home = add_conversation(store)
    ends = threading.Event()

    def load() -> None:
        while not ends.is_set():
            add_one(store, home, "sentence " * 50)

    writers = [threading.Thread(target=load) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        for number in range(5):
            known = read(store, lambda r: r.conversation(home)).n_responses
            store.backup(tmp_path / f"{number}.db")
            after = read(store, lambda r: r.conversation(home)).n_responses
            copy = Store.open(tmp_path / f"{number}.db")
            conversation = read(copy, lambda r: r.conversation(home))
            stored = read(copy, lambda r: r.changes(home, Cursor(0, -1), limit=100_000))
            assert known <= conversation.n_responses <= after
            assert len(stored) == conversation.n_responses or len(stored) > 500
            assert copy.check() == []
            copy.close()
    finally:
        ends.set()
        for writer in writers:
            writer.join()


def test_a_backup_never_overwrites(store: Store, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(StoreError, match="exists already"):
        store.backup(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_a_backup_that_nobody_waits_for_ends(store: Store, tmp_path: Path) -> None:
    fill(store)
    with pytest.raises(StoreError, match="nobody waits"):
        store.backup(tmp_path / "copy.db", stopped=lambda: True)


def test_what_a_killed_process_left_beside_a_database_goes(path: Path) -> None:
    Store.open(path).close()
    left = [f"{path.name}{one}" for one in (".restoring", ".restoring-journal", ".schema-1.new")]
    kept = [f"{path.name}{one}" for one in (".schema-1", ".restoring.txt", ".before-restore-1")]
    for name in left + kept:
        path.with_name(name).write_bytes(b"x")
    half = path.with_name(path.name + ".copying-abc")
    half.mkdir()
    (half / "backup.db").write_bytes(b"x")
    Store.open(path).close()
    assert not half.exists()
    assert [name for name in left if path.with_name(name).exists()] == []
    assert [name for name in kept if not path.with_name(name).exists()] == []


def test_a_backup_with_a_log_of_its_own_is_restored_with_it(path: Path, tmp_path: Path) -> None:
    program = (
        "import os, sys\nfrom grok_tree.store import Store\n"
        "from tests.unit.store._shelf import add_conversation\n"
        "store = Store.open(sys.argv[1])\nadd_conversation(store, 'in the log')\nos._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "copy.db")], check=False)
    restore_backup(tmp_path / "copy.db", path)
    restored = Store.open(path)
    found = read(restored, lambda r: r.conversations(limit=9)).conversations
    restored.close()
    assert [conversation.title for conversation in found] == ["in the log"]


def test_a_restore_keeps_what_was_there_and_has_another_identity(
    store: Store, path: Path, tmp_path: Path
) -> None:
    kept = add_conversation(store, "in the backup")
    store.backup(tmp_path / "copy.db")
    lost = add_conversation(store, "after the backup")
    before = identity(store)
    store.close()

    aside = restore_backup(tmp_path / "copy.db", path)
    assert aside is not None
    restored, old = Store.open(path), Store.open(aside)
    assert read(restored, lambda r: r.conversation(kept)).title == "in the backup"
    assert read(old, lambda r: r.conversation(lost)).title == "after the backup"
    assert len(read(restored, lambda r: r.conversations(limit=9)).conversations) == 1
    assert before == identity(old) != identity(restored)
    restored.close()
    old.close()


def test_what_was_only_in_the_log_is_kept_too(path: Path, tmp_path: Path) -> None:
    program = (
        "import os, sys\nfrom grok_tree.store import Store\n"
        "from tests.unit.store._shelf import add_conversation\n"
        "store = Store.open(sys.argv[1])\nadd_conversation(store, 'in the log')\nos._exit(9)\n"
    )
    other = Store.open(tmp_path / "other.db")
    other.backup(tmp_path / "copy.db")
    other.close()
    subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert path.with_name(path.name + "-wal").stat().st_size
    aside = restore_backup(tmp_path / "copy.db", path)
    assert aside is not None
    old = Store.open(aside)
    assert [c.title for c in read(old, lambda r: r.conversations(limit=9)).conversations] == [
        "in the log"
    ]
    old.close()
    new = Store.open(path)
    assert read(new, lambda r: r.conversations(limit=9)).conversations == []
    new.close()


def test_an_open_database_is_not_replaced(store: Store, path: Path, tmp_path: Path) -> None:
    store.backup(tmp_path / "copy.db")
    with pytest.raises(StoreBusy):
        restore_backup(tmp_path / "copy.db", path)


def bad_backups(folder: Path) -> dict[str, tuple[Path, type[StoreError], str]]:
    store = Store.open(folder / "good.db")
    made = add_one(store, add_conversation(store), "sentence " * 50)
    assert made
    store.close()
    good = (folder / "good.db").read_bytes()
    changed = folder / "changed.db"
    changed.write_bytes(good.replace(b"sentence sentence", b"sentence sentense"))
    newer = folder / "newer.db"
    newer.write_bytes(good[:60] + (99).to_bytes(4, "big") + good[64:])
    text = folder / "text.db"
    text.write_text("not a database")
    return {
        "changed": (changed, StoreCorrupted, "was changed"),
        "newer": (newer, SchemaTooNew, "newer grok_tree"),
        "text": (text, StoreForeign, "is not a grok_tree database"),
        "missing": (folder / "missing.db", StoreForeign, "holds no database"),
    }


@pytest.mark.parametrize("kind", ["changed", "newer", "text", "missing"])
def test_a_bad_backup_changes_nothing(kind: str, path: Path, tmp_path: Path) -> None:
    store = Store.open(path)
    made = add_conversation(store, "kept")
    store.close()
    before = path.read_bytes()
    backup, error, message = bad_backups(tmp_path)[kind]
    with pytest.raises(error, match=message):
        restore_backup(backup, path)
    assert path.read_bytes() == before
    again = Store.open(path)
    assert read(again, lambda r: r.conversation(made)).title == "kept"
    again.close()


def test_the_backup_of_an_older_release_can_be_restored(path: Path) -> None:
    path.parent.mkdir()
    restore_backup(FOLDER / "0.1.0.db", path)
    store = Store.open(path)
    assert store.check() == []
    assert len(read(store, lambda r: r.conversations(limit=9)).conversations) == 1
    store.close()


def test_an_upgrade_keeps_a_copy_of_what_was_there(path: Path) -> None:
    path.parent.mkdir()
    shutil.copy(FOLDER / "0.1.0.db", path)
    older = path.with_name(path.name + ".schema-0")
    older.write_bytes(b"kept before the last upgrade")
    Store.open(path).close()
    kept = path.with_name(path.name + ".schema-1")
    verify_backup(kept)
    assert schema_version(kept) == 1
    assert not older.exists()
    restore_backup(kept, path)
    Store.open(path).close()


def test_a_backup_goes_from_postgres_to_a_file_and_back(postgres_url: str, tmp_path: Path) -> None:
    store = Store.open(postgres_url)
    fill(store)
    before = read(store, contents)
    store.backup(tmp_path / "copy.db")
    with pytest.raises(StoreBusy):
        restore_backup(tmp_path / "copy.db", postgres_url)
    store.close()
    verify_backup(tmp_path / "copy.db")
    copy = Store.open(tmp_path / "copy.db")
    assert read(copy, contents) == before
    copy.close()
    with pytest.raises(ConflictError, match="holds forests already"):
        restore_backup(tmp_path / "copy.db", postgres_url)


def test_a_file_can_be_restored_into_an_empty_postgres_database(
    store: Store, postgres_url: str, tmp_path: Path
) -> None:
    fill(store)
    store.backup(tmp_path / "copy.db")
    restore_backup(tmp_path / "copy.db", postgres_url)
    moved = Store.open(postgres_url)
    assert read(moved, contents) == read(store, contents)
    assert identity(moved) != identity(store)
    home = add_conversation(moved, "a new one")
    assert add_one(moved, home, "walnut")
    write(moved, lambda w: w.index_rest())
    assert len(read(moved, lambda r: r.search("walnut", limit=5)).hits) == 1
    assert moved.check() == []
    moved.close()


def test_a_restoration_into_postgres_that_was_killed_can_be_done_again(
    store: Store, postgres_url: str, tmp_path: Path
) -> None:
    fill(store)
    store.backup(tmp_path / "copy.db")
    # The tables are made first; the rows come in one transaction.
    Store.open(postgres_url).close()
    restore_backup(tmp_path / "copy.db", postgres_url)
    moved = Store.open(postgres_url)
    assert read(moved, contents) == read(store, contents)
    moved.close()


def test_health_says_what_is_known(store: Store) -> None:
    add_one(store, add_conversation(store))
    health = store.health()
    assert health.problems == ()
    assert health.library.startswith("SQLite 3.")
    assert health.size_bytes > 4096
    assert health.free_bytes


def test_health_of_postgres(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    health = store.health()
    store.close()
    assert health.library.startswith("PostgreSQL ")
    assert health.size_bytes > 0
    assert health.free_bytes is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/data/x.db", "nfs4"), ("/data/local/x.db", ""), ("/x.db", ""), ("/with space/x", "cifs")],
)
def test_network_file_systems_are_known(path: str, kind: str, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\nserver:/data /data nfs4 rw 0 0\n"
        "/dev/sdb /data/local ext4 rw 0 0\n//server/x /with\\040space cifs rw 0 0\n"
    )
    assert network_file_system(Path(path), mounts) == kind
    assert network_file_system(Path(path), tmp_path / "nothing") == ""
