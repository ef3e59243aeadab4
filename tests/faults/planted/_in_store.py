"""Faults of the store."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.faults.planted._registry import fault, replace

CONTRACT = "contracts/test_store.py::TestSqliteFile::"
SKIPPED = 20


@fault("faults/test_power_cuts.py::test_what_was_acknowledged_survives_a_power_cut")
def commits_are_not_synced() -> None:
    """A commit is acknowledged before it is on the disk."""
    from grok_tree.store._sqlite import SqliteFile

    def lazy(true: Any) -> Any:
        return lambda self, connection, **_: true(self, connection, durable=False)

    replace(SqliteFile, "transaction", lazy)


@fault("faults/test_kills.py::test_what_a_killed_server_acknowledged_is_there_once")
def a_commit_is_skipped() -> None:
    """Every twentieth commit is not made, and acknowledged all the same."""
    from grok_tree.store._sqlite import SqliteFile, _driver

    numbers = itertools.count(1)

    @contextmanager
    def forgetful(self: Any, connection: Any, *, durable: bool) -> Iterator[None]:
        del durable
        with self.errors(), connection.begin() as transaction:
            yield
            if next(numbers) % SKIPPED == 0 and _driver(connection).in_transaction:
                transaction.rollback()

    replace(SqliteFile, "transaction", lambda _: forgetful)


@fault(CONTRACT + "test_work_that_fails_changes_nothing")
def half_of_a_failed_change_stays() -> None:
    """What fails in the middle is committed as far as it came."""
    from grok_tree.store._sqlite import SqliteFile

    @contextmanager
    def torn(self: Any, connection: Any, *, durable: bool) -> Iterator[None]:
        del durable
        with self.errors():
            transaction = connection.begin()
            try:
                yield
            finally:
                transaction.commit()

    replace(SqliteFile, "transaction", lambda _: torn)


@fault("faults/test_many_at_once.py::test_a_clock_that_jumps_changes_no_order")
def two_changes_are_swapped() -> None:
    """The last two changes of a page come in the wrong order."""
    from grok_tree.store import Reader

    def swapped(true: Any) -> Any:
        def changes(*arguments: Any, **options: Any) -> Any:
            found = true(*arguments, **options)
            return [*found[:-2], *reversed(found[-2:])]

        return changes

    replace(Reader, "changes", swapped)


@fault(CONTRACT + "test_hidden_responses_are_changes_too")
def a_tombstone_is_forgotten() -> None:
    """Who asks for changes is not told of deletions."""
    from grok_tree.store import Reader

    def without_tombstones(true: Any) -> Any:
        def changes(*arguments: Any, **options: Any) -> Any:
            return [one for one in true(*arguments, **options) if not one.deleted]

        return changes

    replace(Reader, "changes", without_tombstones)


@fault(CONTRACT + "test_marks_are_replaced_and_raise_the_revision")
def a_change_raises_no_revision() -> None:
    """A change leaves the conversation's revision as it was, so nobody asks for it."""
    from grok_tree.store import Writer

    replace(Writer, "_revision", lambda true: lambda self, key: true(self, key) - 1)


@fault("contracts/test_service.py::TestService::test_a_deleted_response_hides_what_is_below_it")
def a_deletion_leaves_what_is_below() -> None:
    """Deleting a response leaves its children visible."""
    from sqlalchemy import select

    from grok_tree.store import _deleting
    from grok_tree.store import _schema as tables

    def top_alone(conversation_key: int, position: int) -> Any:
        row = tables.response.c
        which = (row.conversation_key == conversation_key) & (row.position == position)
        return select(row.position).where(which).cte("below")

    replace(_deleting, "subtree_positions", lambda _: top_alone)


@fault("unit/store/test_damage.py::test_many_changed_texts_are_counted_rather_than_listed")
def a_changed_text_is_accepted() -> None:
    """A text that was changed on the disk is not noticed by a check."""
    from grok_tree.store import _check

    replace(_check, "_changed_texts", lambda _: lambda _connection: iter(()))


@fault("faults/test_failing_writes.py::test_a_failing_disk_is_reported_or_harmless[full]")
def an_error_is_hidden() -> None:
    """A write that fails is reported as done."""
    from grok_tree.errors import StoreError
    from grok_tree.store._thread import WriterThread

    def hiding(true: Any) -> Any:
        def attempt(self: Any, group: Any) -> Any:
            results: list[Any] = []
            group = [
                type(job)(_keeping(job.work, results), job.durable, job.future) for job in group
            ]
            try:
                return true(self, group)
            except StoreError:
                return results, {}

        return attempt

    replace(WriterThread, "_attempt", hiding)


def _keeping(work: Any, results: list[Any]) -> Any:
    def kept(writer: Any) -> Any:
        results.append(work(writer))
        return results[-1]

    return kept


@fault("faults/test_failing_writes.py::test_a_failing_disk_is_reported_or_harmless[unsynced]")
def a_failed_sync_is_tried_again() -> None:
    """A connection whose sync has failed goes on, although it may have lost data."""
    from grok_tree.store._thread import WriterThread

    @contextmanager
    def stubborn(self: Any, *, durable: bool) -> Iterator[Any]:
        with self._transact(self._connection, durable=durable):
            yield self._connection

    replace(WriterThread, "_transaction", lambda _: stubborn)


@fault("faults/test_many_at_once.py::test_a_second_server_on_a_file_or_a_port_is_refused")
def a_file_has_two_owners() -> None:
    """Two servers may open one file."""
    from grok_tree.store import _lock

    replace(_lock, "_take", lambda _: lambda *_: True)


@fault("faults/test_partials.py::test_a_killed_server_keeps_what_came_up_to_half_a_second")
def answers_go_on_growing_for_ever() -> None:
    """What grew when a server died is not made partial by the next one."""
    from grok_tree.store import Writer

    replace(Writer, "interrupt_growing", lambda _: lambda *_: 0)


@fault("faults/test_power_cuts.py::test_what_was_acknowledged_survives_a_power_cut")
def the_leaf_moves_before_the_answer() -> None:
    """The leaf moves in a commit of its own, before the answer it moves to has ended."""
    from grok_tree.service._saves import StoreSaves
    from grok_tree.store._writer import Writer

    def in_two(true: Any) -> Any:
        async def finish(self: Any, response_id: Any, finish: Any, *, move_leaf: bool) -> Any:
            def move(writer: Writer) -> None:
                row = writer._response_row(response_id)
                revision = writer._revision(row.conversation_key) + 1
                now = self._clock.now()
                leaf = {"leaf_position": row.position}
                writer._touch(row.conversation_key, revision, now, leaf, of=row.conversation_id)

            if move_leaf:
                await self._submit(move)
            return await true(self, response_id, finish, move_leaf=False)

        return finish

    replace(StoreSaves, "finish", in_two)


@fault("unit/store/test_listening.py::test_every_change_is_told_with_its_revision")
def a_change_is_not_told() -> None:
    """Those who watch are not told of some changes."""
    from grok_tree.store._listeners import Listeners

    numbers = itertools.count()

    def forgetful(true: Any) -> Any:
        return lambda self, touched: true(self, {} if next(numbers) % 3 == 2 else touched)

    replace(Listeners, "tell", forgetful)


@fault("faults/test_backups.py::test_a_backup_under_load_is_one_instant")
def a_backup_leaves_the_log_out() -> None:
    """A backup is a copy of the main file, without what is still in the log."""
    import shutil

    from grok_tree.store._sqlite import SqliteFile

    def bare(_: Any) -> Any:
        return lambda self, _connection, target, _stopped: shutil.copyfile(self.path, target)

    replace(SqliteFile, "copy_to", bare)


@fault("unit/store/test_backups.py::test_an_upgrade_keeps_a_copy_of_what_was_there")
def an_upgrade_keeps_no_copy() -> None:
    """A database is brought up to date without a copy of what it was."""
    from grok_tree.store._sqlite import SqliteFile

    replace(SqliteFile, "before_upgrade", lambda _: lambda _self, _version: None)


@fault("faults/test_keeping.py::test_an_upgrade_that_is_killed_is_made_again")
def an_upgrade_is_committed_in_parts() -> None:
    """Each statement of an upgrade is a commit of its own."""
    from grok_tree.store import _sqlite

    def without_transactions(true: Any) -> Any:
        return lambda path, *, begin, **rest: true(
            path, begin="SELECT 1" if begin == "BEGIN IMMEDIATE" else begin, **rest
        )

    replace(_sqlite, "_engine", without_transactions)


@fault("unit/store/test_database_files.py::test_a_newer_file_is_known_by_its_log")
def a_version_in_the_log_is_not_seen() -> None:
    """A database that a newer release has changed last is opened all the same."""
    from grok_tree.store._sqlite import SqliteFile

    replace(SqliteFile, "_version_in_log", lambda _: lambda _self: 0)


@fault("unit/store/test_purged_words.py::test_no_word_of_what_was_purged_is_left")
def purged_words_stay_in_the_index() -> None:
    """The words of what was purged are still in the file."""
    from grok_tree.store._fts5 import Fts5

    replace(Fts5, "sweep", lambda _: lambda _self, _connection, **_rest: False)


@fault("unit/store/test_budgets.py::test_what_does_not_fit_is_refused_whole")
def a_budget_has_room_for_everything() -> None:
    """Nobody asks before a reservation whether it fits; only the database does."""
    from grok_tree.store import _budgets

    replace(_budgets, "_check_room", lambda _: lambda *_: None)


@fault("faults/test_budgets.py::test_killed_servers_and_many_callers_never_pass_a_budget")
def what_a_dead_server_used_is_not_settled() -> None:
    """What a killed server had reserved is given back as if nothing had been used."""
    from grok_tree.service import Forests
    from grok_tree.store import Writer

    def forgetful(true: Any) -> Any:
        async def repair(self: Any) -> None:
            settle = Writer.settle
            Writer.settle = lambda *_: None  # type: ignore[method-assign]
            try:
                await true(self)
            finally:
                Writer.settle = settle  # type: ignore[method-assign]

        return repair

    replace(Forests, "repair", forgetful)
