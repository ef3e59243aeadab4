"""V1: upgrades and restorations that are killed, or meet a failing disk, lose nothing."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from grok_tree.store import SCHEMA_VERSION, Store, restore_backup, schema_version
from tests.faults._figures import Shown
from tests.faults._strace import Tracing, needs_strace
from tests.unit.store._shelf import add_conversation
from tools.store_database import FOLDER, contents

pytestmark = needs_strace()

LIMIT_S = 60.0
OLD = FOLDER / "0.1.0.db"
STEPS = "pwrite64,fdatasync,fsync,ftruncate,rename,unlink,link,linkat,unlinkat"
"""Every call that changes something on the disk."""

NAMES = (
    *("", "-wal", "-shm", "-journal"),
    *(".schema-1", ".schema-1.new", ".schema-1.new-journal"),
    *(".restoring", ".restoring-journal", ".restoring-wal"),
)
DISKS = {"full": "pwrite64:error=ENOSPC", "read-only": "openat,rename,unlink:error=EROFS"}


class End(NamedTuple):
    """How a process ended.

    Attributes:
        was_hit: Whether it came so far that something happened to it.
        said: "done", or the name of an error and its message; nothing when it was killed.
    """

    was_hit: bool
    said: list[str]


def keeper(folder: Path, injection: str, *backup: Path) -> End:
    """Run a process on the database of a folder, and do something to it."""
    files = [folder / f"forests.db{name}" for name in NAMES]
    tracing = Tracing(files, f"{STEPS},openat", injection, most_text=16, may_fail=True)
    command = [sys.executable, "-m", "tests.faults._keeper", *map(str, [files[0], *backup])]
    done = tracing.run(command, folder / "log", timeout_s=LIMIT_S)
    said = json.loads(done.stdout) if done.stdout else []
    log = (folder / "log").read_text()
    return End("(INJECTED)" in log or "killed by SIGKILL" in log, said)


def every_end(
    folder: Path, injection: str, stride: int, prepare: Callable[[Path], tuple[Path, ...]]
) -> Iterator[tuple[Path, End]]:
    """Let it happen at each n-th call in turn, in folders of their own, until none is left."""
    for n in itertools.count(1, stride):
        here = folder / f"{n}"
        here.mkdir()
        backup = prepare(here)
        end = keeper(here, f"{injection}:when={n}", *backup)
        yield here / "forests.db", end
        if not end.was_hit:
            assert end.said == ["done", ""]
            return


def everything_in(path: Path) -> bytes:
    """Return the contents of a database, in whatever schema; it must be whole."""
    with closing(Store.open(path)) as store, store.read() as reader:
        assert store.check() == []
        return msgspec.json.encode(contents(reader))


@pytest.fixture
def old_contents(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The contents of the old database, after an upgrade that nothing disturbs."""
    undisturbed = tmp_path_factory.mktemp("undisturbed")
    with_an_old_database(undisturbed)
    return everything_in(undisturbed / "forests.db")


def with_an_old_database(folder: Path) -> tuple[Path, ...]:
    shutil.copy(OLD, folder / "forests.db")
    return ()


def test_an_upgrade_that_is_killed_is_made_again(
    tmp_path: Path, shown: Shown, old_contents: bytes
) -> None:
    stride = shown.numbers["stride_upgrade"]
    shown.doing("V1", "kill -9 at the n-th write of an upgrade" + _of(stride))
    n_kills = 0
    injection = f"{STEPS}:signal=KILL"
    for database, end in every_end(tmp_path, injection, stride, with_an_old_database):
        n_kills += end.was_hit
        assert everything_in(database) == old_contents
        assert everything_in(database.with_name("forests.db.schema-1")) == old_contents
        assert not list(database.parent.glob("*.new*"))
    assert n_kills > 1
    shown.kept(f"{n_kills} kills; opened again each time, 0 lost")


@pytest.mark.parametrize("disk", DISKS)
def test_an_upgrade_that_the_disk_refuses_leaves_the_old_database(
    tmp_path: Path, shown: Shown, disk: str, old_contents: bytes
) -> None:
    stride = shown.numbers["stride_upgrade"]
    shown.doing("V1", f"{disk} disk from the n-th call of an upgrade on" + _of(stride))
    n_reported = 0
    for n in itertools.count(1, stride):
        folder = tmp_path / f"{n}"
        folder.mkdir()
        with_an_old_database(folder)
        end = keeper(folder, f"{DISKS[disk]}:when={n}+")
        if not end.was_hit:
            break
        database = folder / "forests.db"
        if end.said != ["done", ""]:
            n_reported += 1
            assert end.said[0] == "StoreError", end.said
            assert str(database) in end.said[1]
            assert schema_version(database) in (1, SCHEMA_VERSION)
        assert everything_in(database) == old_contents
    assert n_reported
    shown.kept(f"{n_reported} failures reported; the old database stayed, 0 lost")


def test_a_restoration_that_is_killed_leaves_the_old_or_the_new(
    tmp_path: Path, shown: Shown, old_contents: bytes
) -> None:
    stride = shown.numbers["stride_restore"]
    shown.doing("V1", "kill -9 at the n-th write of a restoration" + _of(stride))
    now = tmp_path / "now"
    _crashed_database(now)
    there = _contents_of_copy(now, tmp_path / "seen")

    def prepare(folder: Path) -> tuple[Path, ...]:
        for one in now.iterdir():
            shutil.copy(one, folder)
        return (OLD,)

    n_old = n_new = 0
    injection = f"{STEPS}:signal=KILL"
    for database, end in every_end(tmp_path, injection, stride, prepare):
        found = everything_in(database)
        if found == there:
            n_old += 1
            restore_backup(OLD, database)
            assert everything_in(database) == old_contents
        else:
            n_new += 1
            assert found == old_contents, end
        (aside,) = _asides(database)
        assert everything_in(aside) == there
        assert not list(database.parent.glob("*.restoring*"))
    assert min(n_old, n_new) > 0
    shown.kept(f"{n_old} times the old one was there, {n_new} times the new one; 0 lost")


def _crashed_database(folder: Path) -> None:
    """Make a database of which the newest is only in its log."""
    folder.mkdir()
    with closing(Store.open(folder / "working.db")) as store:
        add_conversation(store, "only here")
        for ending in ("", "-wal"):
            shutil.copy(folder / f"working.db{ending}", folder / f"forests.db{ending}")
    for one in folder.glob("working.db*"):
        one.unlink()
    assert (folder / "forests.db-wal").stat().st_size


def _contents_of_copy(folder: Path, copy: Path) -> bytes:
    shutil.copytree(folder, copy)
    return everything_in(copy / "forests.db")


def _asides(database: Path) -> list[Path]:
    found = database.parent.glob("forests.db.before-restore-*")
    return [one for one in found if one.name.endswith("Z")]


def _of(stride: int) -> str:
    return "" if stride == 1 else f", one n in {stride}"
