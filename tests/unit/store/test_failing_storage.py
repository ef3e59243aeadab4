"""After the storage has failed, nothing is tried again on the connection that saw it fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from grok_tree.errors import StoreError
from grok_tree.store import Store, Writer
from grok_tree.store._sqlite import SqliteFile
from grok_tree.store._thread import WriterThread
from tests.patience import PATIENCE_S


class Disk:
    """The database of a path, whose next commits fail as a disk that cannot sync."""

    def __init__(self, path: Path) -> None:
        Store.open(path).close()
        self.path = path
        self.connections: list[Connection] = []
        self.n_failing = 0
        self._engine = SqliteFile(path).writer_engine()

    def connect(self) -> Connection:
        self.connections.append(self._engine.connect())
        return self.connections[-1]

    @contextmanager
    def transact(self, connection: Connection, *, durable: bool) -> Iterator[None]:
        with SqliteFile(self.path).transaction(connection, durable=durable):
            yield
            if self.n_failing:
                self.n_failing -= 1
                raise StoreError("the disk cannot sync")


@pytest.fixture
def disk(path: Path) -> Disk:
    path.parent.mkdir()
    return Disk(path)


@pytest.fixture
def thread(disk: Disk) -> Iterator[WriterThread]:
    started = WriterThread(disk.transact, disk.connect, tell=lambda _touched: None)
    yield started
    started.close()


def test_what_follows_a_failure_is_written_on_a_new_connection(
    disk: Disk, thread: WriterThread
) -> None:
    disk.n_failing = 1
    with pytest.raises(StoreError, match="cannot sync"):
        thread.submit(lambda writer: writer.recall("a"), durable=True).result(timeout=PATIENCE_S)
    thread.submit(lambda writer: writer.recall("b"), durable=True).result(timeout=PATIENCE_S)
    assert len(disk.connections) == 2
    assert disk.connections[0].closed


def test_a_group_whose_commit_failed_is_not_tried_again(disk: Disk, thread: WriterThread) -> None:
    runs: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def work(name: str) -> Any:
        def run(_: Writer) -> None:
            runs.append(name)

        return run

    def wait(_: Writer) -> None:
        begun.set()
        go_on.wait(PATIENCE_S)

    waiting = thread.submit(wait, durable=False)
    waiting.add_done_callback(lambda _: setattr(disk, "n_failing", 1))
    begun.wait(PATIENCE_S)
    together = [thread.submit(work(name), durable=True) for name in "abc"]
    go_on.set()
    for future in together:
        with pytest.raises(StoreError, match="cannot sync"):
            future.result(timeout=PATIENCE_S)
    assert runs == ["a", "b", "c"]
