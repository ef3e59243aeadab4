"""One thread writes; it commits all that waits together, and answers only after the commit."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from grok_tree.errors import StoreError
from grok_tree.store._search import index_some
from grok_tree.store._writer import Writer

MAX_GROUP = 256
"""Most pieces of work in one commit."""

_log = logging.getLogger(__name__)

IDLE_S = 0.1
"""Without work for so long, the thread indexes what was written."""

LONGEST_UNINDEXED_S = 1.0
"""With work all the time, it indexes a batch this often."""

Transact = Callable[..., Any]


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
    """

    def __init__(self, transact: Transact, connection: Connection) -> None:
        """Start the thread.

        Args:
            transact: Context manager around a transaction: (connection, *, durable).
            connection: Used by this thread alone.
        """
        self._transact = transact
        self._connection = connection
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
            self._connection.close()

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
            with self._transact(self._connection, durable=False):
                self._may_have_unindexed = index_some(self._connection)
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
            results = self._attempt(group)
        except BaseException as error:
            if len(group) == 1:
                group[0].future.set_exception(error)
                return
            for job in group:
                self._commit([job])
            return
        for job, result in zip(group, results, strict=True):
            job.future.set_result(result)

    def _attempt(self, group: list[_Job]) -> list[Any]:
        if not group:
            return []
        durable = any(job.durable for job in group)
        with self._transact(self._connection, durable=durable):
            writer = Writer(self._connection)
            results = [job.work(writer) for job in group]
        self._may_have_unindexed = True
        return results


def _wanted(group: list[_Job]) -> list[_Job]:
    return [job for job in group if job.future.set_running_or_notify_cancel()]
