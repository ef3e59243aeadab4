"""One file has one owner, whatever name it is called by and whoever looks at it."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from grok_tree.errors import InvalidOperationError, StoreBusy, StoreError
from grok_tree.store import Store, database_path, read_owner
from tests.unit.store._shelf import add_conversation, read


@pytest.mark.usefixtures("store")
def test_a_file_has_one_owner_also_under_another_name(path: Path) -> None:
    other = path.with_name("other.db")
    other.symlink_to(path)
    with pytest.raises(StoreBusy, match=str(os.getpid())):
        Store.open(other)
    assert read_owner(other) == read_owner(path)


def test_a_relative_name_stays_the_same_file_when_the_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(tmp_path)
    store = Store.open("forests.db")
    made = add_conversation(store)
    monkeypatch.chdir(elsewhere)
    assert read(store, lambda reader: reader.conversation(made)).conversation_id == made
    store.close()
    assert os.listdir(elsewhere) == []


@pytest.mark.parametrize("location", [":memory:", "sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_what_names_no_file_is_refused(location: str) -> None:
    with pytest.raises(InvalidOperationError, match="names no file"):
        database_path(location)


def test_a_url_names_the_same_file_as_its_path(path: Path) -> None:
    assert database_path(f"sqlite:///{path}") == database_path(path)


def test_one_who_looks_for_the_owner_does_not_keep_others_out(path: Path) -> None:
    Store.open(path).close()
    with path.with_name("forests.db.lock").open("rb") as looker:
        fcntl.flock(looker, fcntl.LOCK_SH)
        gone = threading.Timer(0.02, lambda: fcntl.flock(looker, fcntl.LOCK_UN))
        gone.start()
        Store.open(path).close()
        gone.join()


def test_owners_are_always_one_when_many_open_and_look(path: Path) -> None:
    n_owners, most, guard = 0, 0, threading.Lock()

    def come_and_go() -> None:
        nonlocal n_owners, most
        for _ in range(5):
            read_owner(path)
            try:
                store = Store.open(path)
            except StoreBusy:
                continue
            with guard:
                n_owners += 1
                most = max(most, n_owners)
            with guard:
                n_owners -= 1
            store.close()

    threads = [threading.Thread(target=come_and_go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert read_owner(path) is None


def test_a_lock_that_cannot_be_made_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.with_name("forests.db.lock").mkdir()
    with pytest.raises(StoreError, match="cannot be locked"):
        Store.open(path)
    with pytest.raises(StoreError, match="cannot be locked"):
        read_owner(path)


def test_nobody_owns_what_cannot_be_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert read_owner(tmp_path / "file" / "forests.db") is None


def test_what_a_killed_process_left_of_a_new_file_is_no_hindrance(path: Path) -> None:
    path.parent.mkdir()
    half_made = path.with_name("forests.db.new")
    half_made.write_bytes(b"half")
    Store.open(path).close()
    assert not half_made.exists()
    Store.open(path).close()
