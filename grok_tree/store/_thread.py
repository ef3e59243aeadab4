"""One thread writes; it commits all that waits together, and answers only after the commit."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from grok_tree.errors import StoreContention, StoreError
from grok_tree.store._search import index_some, sweep_some
from grok_tree.store._writer import Writer

MAX_GROUP = 256
"""Most pieces of work in one commit."""

MAX_TRIES = 5
"""How often a group begins again because others were in its way."""

_log = logging.getLogger(__name__)

IDLE_S = 0.1
"""Without work for so long, the thread indexes what was written."""

LONGEST_UNINDEXED_S = 1.0
"""With work all the time, it indexes a batch this often."""

Transact = Callable[..., Any]
Connect = Callable[[], Connection]
Tell = Callable[[Mapping[bytes, int]], None]


@dataclass(frozen=True)
class _Job:
    work: Callable[[Writer], Any]
    durable: bool
    future: Future[Any]


class WriterThread:
    """Runs submitted work in groups, a transaction a group.

    When any work of a group raises, the whole group is rolled back and each piece runs again in a
    transaction of its own, so that one failure harms nobody else. Work may therefore run twice
    and must not change anything but the database until it has succeeded.

    When the storage itself fails, nothing is tried again on that connection: what a failed sync
    has left is not known, and a second one may report success for what is lost. The group fails,
    and the next one begins on a new connection.
    """

    def __init__(self, transact: Transact, connect: Connect, tell: Tell) -> None:
        """Open the connection, which this thread alone will use, and start the thread.

        Args:
            transact: Context manager around a transaction: (connection, *, durable).
            connect: Opens a connection that is ready to write.
            tell: Called after each commit with the conversations it touched.

        Raises:
            StoreError: The database cannot be opened.
        """
        self._transact = transact
        self._connect = connect
        self._tell = tell
        self._connection = connect()
        self._is_broken = False
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._may_have_unindexed = True
        self._indexed_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="grok-tree-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Writer], Any], *, durable: bool) -> Future[Any]:
        """Queue work; the future resolves when it is committed.

        Raises:
            StoreError: The store is closed.
        """
        job = _Job(work, durable, Future())
        with self._closing:
            if self._closed:
                raise StoreError("the database was closed; open it again")
            self._jobs.put(job)
        return job.future

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while True:
                first = self._next_or_chore()
                if first is None:
                    break
                group, ended = self._gather(first)
                self._commit(group)
                self._index_now_and_then()
                if ended:
                    break
        finally:
            self._drop_connection()

    def _next_or_chore(self) -> _Job | None:
        """Return the next job; when none comes for a while, index what was written."""
        patience_s = IDLE_S
        while self._may_have_unindexed:
            try:
                return self._jobs.get(timeout=patience_s)
            except queue.Empty:
                self._index_some()
                patience_s = 0.0
        return self._jobs.get()

    def _index_now_and_then(self) -> None:
        """Index a little also when there is no end of work, so that not all is left to a search."""
        if time.monotonic() > self._indexed_at + LONGEST_UNINDEXED_S:
            self._index_some()

    def _index_some(self) -> None:
        self._indexed_at = time.monotonic()
        try:
            with self._transaction(durable=False) as connection:
                self._may_have_unindexed = index_some(connection) or sweep_some(connection)
        except StoreError:
            # A search finds it all the same: it indexes what is left.
            self._may_have_unindexed = False
            _log.warning("indexing for search failed; a search tries again", exc_info=True)

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        group = [first]
        while len(group) < MAX_GROUP:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return _wanted(group), True
            group.append(job)
        return _wanted(group), False

    def _commit(self, group: list[_Job]) -> None:
        try:
            results, touched = self._attempt_until_alone(group)
        except BaseException as error:
            if len(group) == 1 or isinstance(error, StoreError):
                for job in group:
                    job.future.set_exception(error)
                return
            for job in group:
                self._commit([job])
            return
        for job, result in zip(group, results, strict=True):
            job.future.set_result(result)
        self._tell(touched)

    def _attempt_until_alone(self, group: list[_Job]) -> tuple[list[Any], dict[bytes, int]]:
        for _ in range(MAX_TRIES - 1):
            try:
                return self._attempt(group)
            except StoreContention as error:
                _log.info("a transaction begins again: %s", error)
        return self._attempt(group)

    def _attempt(self, group: list[_Job]) -> tuple[list[Any], dict[bytes, int]]:
        if not group:
            return [], {}
        durable = any(job.durable for job in group)
        with self._transaction(durable=durable) as connection:
            writer = Writer(connection)
            results = [job.work(writer) for job in group]
        self._may_have_unindexed = True
        return results, writer.touched

    @contextmanager
    def _transaction(self, *, durable: bool) -> Iterator[Connection]:
        """Run a block in a transaction, on a new connection when the last one has failed."""
        if self._is_broken:
            self._drop_connection()
            self._connection = self._connect()
            self._is_broken = False
        try:
            with self._transact(self._connection, durable=durable):
                yield self._connection
        except StoreError as error:
            self._is_broken = not isinstance(error, StoreContention)
            raise

    def _drop_connection(self) -> None:
        """Close the connection; one that has failed may fail at that too."""
        try:
            self._connection.close()
        except Exception:
            _log.warning("a connection could not be closed", exc_info=True)
            self._connection.invalidate()


def _wanted(group: list[_Job]) -> list[_Job]:
    return [job for job in group if job.future.set_running_or_notify_cancel()]
