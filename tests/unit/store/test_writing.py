"""Many write at once, each is told of its own commit, and what cannot be is refused alone."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from grok_tree.errors import (
    AlreadyExists,
    InvalidOperationError,
    ResponseNotFound,
    StoreError,
)
from grok_tree.forest import ConversationId, ResponseId
from grok_tree.store import Finish, NewResponse, Store, Writer
from tests.patience import PATIENCE_S
from tests.unit.store._shelf import (
    NOW,
    add,
    add_conversation,
    add_one,
    drafted,
    read,
    select,
    write,
)


def test_sixty_four_threads_write_and_nothing_is_lost(store: Store) -> None:
    conversation = add_conversation(store)
    ids: list[ResponseId] = []

    def talk() -> None:
        parent = None
        for _ in range(10):
            parent = add_one(store, conversation, parent=parent)
            ids.append(parent)

    threads = [threading.Thread(target=talk) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(store, lambda reader: reader.responses(ids))
    assert sorted(response.position for response in found) == list(range(640))
    assert read(store, lambda r: r.conversation(conversation)).revision == 641


def test_waiting_work_is_committed_together(store: Store) -> None:
    conversation = add_conversation(store)
    first_runs, may_go_on = threading.Event(), threading.Event()

    def hold(_: Writer) -> None:
        first_runs.set()
        may_go_on.wait(timeout=PATIENCE_S)

    held = store.submit(hold)
    first_runs.wait(timeout=PATIENCE_S)
    writers: list[Writer] = []  # one for each transaction

    def note(writer: Writer) -> None:
        writer.add_responses(conversation, [drafted()], now=NOW)
        writers.append(writer)

    waiting = [store.submit(note) for _ in range(100)]
    may_go_on.set()
    for future in [held, *waiting]:
        future.result(timeout=PATIENCE_S)
    assert len({id(writer) for writer in writers}) == 1


def synchronous(writer: Writer) -> int:
    driver = writer._connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return int(driver.execute("PRAGMA synchronous").fetchone()[0])


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)], ids=["full", "normal"])
def test_durable_work_is_synced(store: Store, durable: bool, level: int) -> None:
    assert store.submit(synchronous, durable=durable).result(timeout=PATIENCE_S) == level
    assert store.submit(synchronous, durable=not durable).result(timeout=PATIENCE_S) == 3 - level


def test_one_durable_work_makes_its_group_durable(store: Store) -> None:
    first_runs, may_go_on = threading.Event(), threading.Event()

    def hold(_: Writer) -> None:
        first_runs.set()
        may_go_on.wait(timeout=PATIENCE_S)

    held = store.submit(hold, durable=False)
    first_runs.wait(timeout=PATIENCE_S)
    levels = [store.submit(synchronous, durable=number == 3) for number in range(5)]
    may_go_on.set()
    held.result(timeout=PATIENCE_S)
    assert [level.result(timeout=PATIENCE_S) for level in levels] == [2] * 5


def insert_again(writer: Writer, taken: ConversationId) -> None:
    writer.insert_conversation(writer.conversation(taken))


def respond_again(writer: Writer, taken: ConversationId) -> None:
    new = drafted()
    writer.add_responses(taken, [new, NewResponse(new.response_id, new.draft)], now=NOW)


def remember_again(writer: Writer, _: ConversationId) -> None:
    for _twice in range(2):
        writer.remember("request", method="m", fingerprint=b"f", result=b"r", now=NOW)


@pytest.mark.parametrize("work", [insert_again, respond_again, remember_again])
def test_an_id_that_is_taken_is_refused_and_nothing_stays(
    store: Store, work: Callable[[Writer, ConversationId], None]
) -> None:
    taken = add_conversation(store)
    with pytest.raises(AlreadyExists, match="id is taken"):
        write(store, lambda writer: work(writer, taken))
    assert read(store, lambda reader: reader.conversation(taken)).revision == 1
    assert read(store, lambda reader: reader.recall("request")) is None


def test_adding_nothing_changes_nothing(store: Store) -> None:
    conversation = add_conversation(store)
    assert add(store, conversation, []) == []
    assert read(store, lambda reader: reader.conversation(conversation)).revision == 1


def test_the_leaf_stays_within_its_conversation(store: Store) -> None:
    here, elsewhere = add_conversation(store), add_conversation(store)
    mine, other = add_one(store, here), add_one(store, elsewhere)
    assert select(store, here, mine).leaf_response_id == mine
    with pytest.raises(ResponseNotFound, match=other):
        select(store, here, other)


def test_a_hidden_response_cannot_become_the_leaf(store: Store) -> None:
    conversation = add_conversation(store)
    hidden = add_one(store, conversation)
    write(store, lambda writer: writer.hide(hidden, NOW))
    with pytest.raises(ResponseNotFound, match="deleted"):
        select(store, conversation, hidden)


def test_an_id_is_understood_in_every_way_to_write_it(store: Store) -> None:
    made = add_one(store, add_conversation(store))
    ways = [made, made.upper(), made.replace("-", "")]
    found = read(store, lambda reader: reader.responses(ways))
    assert [response.response_id for response in found] == [made] * 3


@pytest.mark.parametrize(
    "token", ["9" * 25 + ".1", "9" * 5000 + ".1", "1.", "t5", "1.1.1", "\u0661.\u0661"]
)
def test_what_is_no_page_token_is_refused(store: Store, token: str) -> None:
    with pytest.raises(InvalidOperationError, match="is not a page token"):
        read(store, lambda reader: reader.conversations(limit=1, after=token))


def test_deletions_within_deletions_are_undone_one_by_one(store: Store) -> None:
    conversation = add_conversation(store)
    root = add_one(store, conversation)
    middle = add_one(store, conversation, parent=root)
    tip = add_one(store, conversation, parent=middle)

    def hidden() -> list[bool]:
        rows = read(store, lambda reader: reader.responses([root, middle, tip]))
        return [row.deleted for row in rows]

    assert write(store, lambda writer: writer.hide(tip, NOW)) == 1
    assert write(store, lambda writer: writer.hide(middle, NOW)) == 1
    assert write(store, lambda writer: writer.hide(root, NOW)) == 1
    assert write(store, lambda writer: writer.unhide(root, NOW)) == 1
    assert hidden() == [False, True, True]
    assert write(store, lambda writer: writer.unhide(middle, NOW)) == 1
    assert hidden() == [False, False, True]
    assert write(store, lambda writer: writer.unhide(tip, NOW)) == 1
    assert write(store, lambda writer: writer.unhide(tip, NOW)) == 0
    assert read(store, lambda r: r.conversation(conversation)).n_responses == 3


def test_what_grows_while_it_is_deleted_ends_unseen(store: Store) -> None:
    conversation = add_conversation(store)
    growing = add(store, conversation, [drafted("", growing=True)])[0]
    write(store, lambda writer: writer.hide(growing, NOW))
    finish = Finish(message="secret", finish_reason="stop")
    ended = write(store, lambda w: w.finish(growing, finish, now=NOW, move_leaf=True))
    assert (ended.deleted, ended.message) == (True, "")
    assert read(store, lambda r: r.conversation(conversation)).leaf_response_id is None


def test_work_that_asks_to_exit_is_told_so_and_the_writer_lives(store: Store) -> None:
    def leave(_: Writer) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        write(store, leave)
    add_conversation(store)


def test_work_that_was_cancelled_in_time_is_not_done(store: Store) -> None:
    first_runs, may_go_on = threading.Event(), threading.Event()

    def hold(_: Writer) -> None:
        first_runs.set()
        may_go_on.wait(timeout=PATIENCE_S)

    held = store.submit(hold)
    first_runs.wait(timeout=PATIENCE_S)
    done: list[int] = []
    cancelled = store.submit(lambda _: done.append(1))
    assert cancelled.cancel()
    may_go_on.set()
    held.result(timeout=PATIENCE_S)
    add_conversation(store)
    assert done == []


def test_closing_finishes_what_is_queued(path: Path) -> None:
    store = Store.open(path)
    conversation = add_conversation(store)
    new = [drafted() for _ in range(300)]
    futures = [
        store.submit(lambda w, one=one: w.add_responses(conversation, [one], now=NOW))  # type: ignore[misc]
        for one in new
    ]
    store.close()
    assert all(future.done() and future.exception() is None for future in futures)
    with pytest.raises(StoreError, match="closed"):
        add_one(store, conversation)
    store.close()


TALKING = """
import sys, threading
from grok_tree.store import Store
from tests.unit.store._shelf import add_conversation, add_one

store = Store.open(sys.argv[1])
guard = threading.Lock()

def talk():
    conversation, parent = add_conversation(store), None
    while True:
        parent = add_one(store, conversation, parent=parent)
        with guard:
            print(parent, flush=True)

for _ in range(16):
    threading.Thread(target=talk).start()
"""


def test_what_many_were_told_is_stored_survives_a_kill(path: Path) -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", TALKING, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(400)]
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.read().split("\n")[:-1]
    store = Store.open(path)
    assert len(read(store, lambda reader: reader.responses(told))) == len(told) >= 400
    assert store.check() == []
    store.close()
