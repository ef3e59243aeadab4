"""Disks that are full and texts that were changed are told apart, and nothing else suffers."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from grok_tree.errors import StoreCorrupted, StoreError
from grok_tree.store import Store
from grok_tree.store._sqlite import SqliteFile
from tests.unit.store._shelf import (
    NOW,
    add_conversation,
    add_one,
    drafted,
    read,
    write,
)

ROOT = Path(__file__).parents[3]

FULL = """
import resource, signal, sys
from grok_tree.errors import StoreError
from grok_tree.store import Store
from tests.unit.store._shelf import add_conversation, add_one, read

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store.open(sys.argv[1])
conversation = add_conversation(store)
kept = add_one(store, conversation, "kept")
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, most))
try:
    add_one(store, conversation, "x" * (2 << 20))
except StoreError as error:
    print("refused:", error)
assert read(store, lambda reader: reader.response(kept)).message == "kept"
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
add_one(store, conversation, "y" * (2 << 20))
assert read(store, lambda reader: reader.conversation(conversation)).n_responses == 2
store.close()
print("goes on")
"""


def test_without_space_writing_is_refused_and_goes_on_when_there_is_some(path: Path) -> None:
    command = [sys.executable, "-c", FULL, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=50)
    first, last = done.stdout.splitlines()
    assert first.startswith(f"refused: database {path} failed")
    assert "space" in first
    assert last == "goes on"


def change_on_disk(path: Path, old: bytes, new: bytes) -> None:
    stored = path.read_bytes()
    assert stored.count(old) == 1
    path.write_bytes(stored.replace(old, new))


def test_bytes_that_are_no_text_any_more_are_named_by_a_check(path: Path) -> None:
    store = Store.open(path)
    damaged = add_one(store, add_conversation(store), "a true sentence")
    store.close()
    change_on_disk(path, b"a true", b"a \xf4rue")
    store = Store.open(path)
    (problem,) = store.check()
    with pytest.raises(StoreCorrupted, match="damaged") as caught:
        read(store, lambda reader: reader.response(damaged))
    store.close()
    assert damaged in problem
    assert "rue sentence" not in caught.value.message


def test_many_changed_texts_are_counted_rather_than_listed(path: Path) -> None:
    store = Store.open(path)
    conversation = add_conversation(store)
    new = [drafted(f"a true sentence {number}") for number in range(30)]
    write(store, lambda w: w.add_responses(conversation, new, now=NOW))
    store.close()
    path.write_bytes(path.read_bytes().replace(b"a true", b"a fake"))
    store = Store.open(path)
    problems = store.check()
    store.close()
    assert len(problems) == 21
    assert problems[-1] == "and 10 more like these"


def test_a_page_that_cannot_be_read_is_a_problem_and_no_surprise(path: Path) -> None:
    store = Store.open(path)
    conversation = add_conversation(store)
    new = [drafted(f"sentence {number} " * 50) for number in range(500)]
    write(store, lambda w: w.add_responses(conversation, new, now=NOW))
    store.close()
    stored = bytearray(path.read_bytes())
    for page in range(60, len(stored) // 4096):
        stored[page * 4096 : page * 4096 + 100] = bytes([255]) * 100
    path.write_bytes(stored)
    store = Store.open(path)
    problems = store.check()
    store.close()
    assert problems
    assert all("damaged" in problem for problem in problems)


def test_a_place_without_a_write_ahead_log_is_refused(path: Path) -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(StoreError, match="local disk"):
        SqliteFile(path).prepare_writer(connection)
    engine.dispose()


def test_another_program_that_reads_the_file_does_not_keep_it_from_closing(path: Path) -> None:
    store = Store.open(path)
    add_conversation(store)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM conversation").fetchone()
    store.close()
    other.close()
    again = Store.open(path)
    assert len(read(again, lambda reader: reader.conversations(limit=9)).conversations) == 1
    again.close()
