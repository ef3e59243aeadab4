"""Database files: made whole, owned by one process, refused untouched."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from grok_tree.errors import (
    InvalidOperationError,
    SchemaTooNew,
    StoreBusy,
    StoreCorrupted,
    StoreError,
    StoreForeign,
)
from grok_tree.forest import Conversation, ConversationId, uuid7_text
from grok_tree.store import Store, Writer, read_owner
from grok_tree.store._database import SCHEMA_VERSION

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def conversation(number: int = 1) -> Conversation:
    an_id = ConversationId(uuid7_text(1_700_000_000_000, number))
    return Conversation(conversation_id=an_id, create_time=NOW, modify_time=NOW, revision=1)


def add(store: Store, number: int = 1) -> Conversation:
    made = conversation(number)
    store.submit(lambda writer: writer.insert_conversation(made)).result()
    return made


def test_what_was_stored_is_there_when_it_is_opened_again(path: Path) -> None:
    store = Store.open(path)
    made = add(store)
    store.close()
    again = Store.open(f"sqlite:///{path}")
    with again.read() as reader:
        assert reader.conversation(made.conversation_id) == made
    again.close()


def test_a_second_open_is_told_who_has_the_file(store: Store, path: Path) -> None:
    store.announce("unix:/somewhere")
    with pytest.raises(StoreBusy, match=str(os.getpid())) as caught:
        Store.open(path)
    assert caught.value.details == {"pid": os.getpid(), "endpoint": "unix:/somewhere"}
    owner = read_owner(path)
    assert owner is not None
    assert (owner.pid, owner.endpoint) == (os.getpid(), "unix:/somewhere")


def test_another_process_is_refused_too(store: Store, path: Path) -> None:
    assert store.description
    program = (
        "import sys\nfrom grok_tree.store import Store\n"
        "try: Store.open(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.startswith("StoreBusy")
    assert str(os.getpid()) in said


def test_a_closed_file_has_no_owner_and_can_be_taken(path: Path) -> None:
    Store.open(path).close()
    assert read_owner(path) is None
    Store.open(path).close()


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.submit(lambda _: None)
    with pytest.raises(StoreError, match="closed"), store.read():
        pass


def test_there_is_nothing_to_open_where_nothing_is(path: Path) -> None:
    with pytest.raises(StoreForeign, match="no database"):
        Store.open(path, create=False)
    assert not path.exists()


def newer(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()


def foreign_sqlite(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()


def text_file(path: Path) -> None:
    path.write_text("my shopping list")


@pytest.mark.parametrize(
    ("make", "error"),
    [(newer, SchemaTooNew), (foreign_sqlite, StoreForeign), (text_file, StoreForeign)],
    ids=["newer", "foreign", "text"],
)
def test_a_file_that_is_refused_is_left_as_it_is(
    tmp_path: Path, make: object, error: type[StoreError]
) -> None:
    path = tmp_path / "file.db"
    make(path)  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(error, match="left as it"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_newer_file_is_known_by_its_log(tmp_path: Path) -> None:
    path = tmp_path / "forests.db"
    Store.open(path).close()
    newer = (
        "import os, sqlite3, sys\nconnection = sqlite3.connect(sys.argv[1])\n"
        "connection.execute('PRAGMA user_version=99')\nos._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", newer, str(path)], check=False)
    files = (path, path.with_name(path.name + "-wal"))
    before = [one.read_bytes() for one in files]
    assert all(before)
    with pytest.raises(SchemaTooNew, match="has schema 99"):
        Store.open(path)
    assert [one.read_bytes() for one in files] == before


def test_a_damaged_file_is_named(path: Path) -> None:
    store = Store.open(path)
    add(store)
    store.close()
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = os.urandom(len(damaged) - 4096)
    path.write_bytes(damaged)
    with pytest.raises(StoreCorrupted, match="damaged"):
        Store.open(path)
    assert path.read_bytes() == damaged


def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    Store.open(path).close()
    assert path.stat().st_size > 0


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        Store.open(tmp_path / "file" / "forests.db")


def test_other_databases_are_not_promised(path: Path) -> None:
    with pytest.raises(InvalidOperationError, match="mysql"):
        Store.open("mysql://localhost/x")
    assert not path.exists()


def test_one_failing_work_harms_no_other(store: Store) -> None:
    def fail(_: Writer) -> None:
        raise ValueError("mine alone")

    futures = []
    for number in range(60):
        futures.append(
            store.submit(partial(Writer.insert_conversation, conversation=conversation(number)))
        )
        futures.append(store.submit(fail))
    results = [type(future.exception(timeout=10)) for future in futures]
    assert results == [type(None), ValueError] * 60
    with store.read() as reader:
        assert len(reader.conversations(limit=100).conversations) == 60


def test_changed_text_on_the_disk_is_noticed(path: Path) -> None:
    from grok_tree.forest import ResponseDraft, ResponseId
    from grok_tree.store import NewResponse

    store = Store.open(path)
    made = add(store)
    new = NewResponse(
        ResponseId(uuid7_text(1, 1)), ResponseDraft(sender="human", message="a true sentence")
    )
    store.submit(lambda w: w.add_responses(made.conversation_id, [new], now=NOW)).result()
    assert store.check() == []
    store.close()
    path.write_bytes(path.read_bytes().replace(b"a true sentence", b"a fake sentence"))
    store = Store.open(path)
    (problem,) = store.check()
    assert str(new.response_id) in problem
    store.close()


KILLED = """
import os, sys
from tests.unit.store.test_database_files import add
from grok_tree.store import Store
store = Store.open(sys.argv[1])
for number in range(10_000):
    add(store, number)
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(path)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 200:
                process.kill()
                break
        acknowledged = [int(line) for line in process.stdout.read().split() or ["200"]]
    store = Store.open(path)
    with store.read() as reader:
        rows = reader.conversations(limit=10_001).conversations
    assert len(rows) >= max(acknowledged) + 1
    assert store.check() == []
    store.close()


def test_an_older_file_is_brought_up_to_date_and_keeps_everything(path: Path) -> None:
    store = Store.open(path)
    made = add(store)
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=0")
    connection.close()
    again = Store.open(path)
    with again.read() as reader:
        assert reader.conversation(made.conversation_id) == made
    again.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    connection.close()
