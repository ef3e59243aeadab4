"""Putting a backup in the place of a database; what was there is kept beside it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, func, inspect, select, text

from grok_tree.errors import (
    ConflictError,
    StoreCorrupted,
    StoreError,
    StoreForeign,
)
from grok_tree.store._check import problems
from grok_tree.store._copy import copy_rows, count_on
from grok_tree.store._database import SCHEMA_VERSION, Database, never
from grok_tree.store._leftovers import RESTORING
from grok_tree.store._schema import conversation
from grok_tree.store._sqlite import SqliteFile
from grok_tree.store._store import Store, database_at, is_file

_NEW_ID = text("UPDATE meta SET value = :new WHERE name = 'database_id'")
_LOG = "-wal"
_LOGS = (_LOG, "-shm", "-journal")
_BEFORE = ".before-restore-"


def verify_backup(backup: Path) -> None:
    """See that a file is a whole database of ours; it is only read.

    Raises:
        StoreForeign: It is no database of ours, or empty.
        SchemaTooNew: A newer release wrote it.
        StoreCorrupted: It is damaged; the message says how.
    """
    found = damage_in(backup)
    if found:
        raise StoreCorrupted(
            f"backup {backup} is damaged and was not used: {found[0]}"
            + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")
        )


def damage_in(path: Path) -> list[str]:
    """Return a sentence for each damage in a file that nobody has open; it is only read.

    Raises:
        StoreForeign: It is no database of ours, or empty.
        SchemaTooNew: A newer release wrote it.
        StoreCorrupted: It is too damaged to be looked at.
    """
    file = SqliteFile(path)
    if file.version() is None:
        raise StoreForeign(f"{path} holds no database; name a file that backup has written")
    engine = file.copy_engine()
    try:
        with file.errors(), engine.connect() as connection:
            return problems(file, connection)
    finally:
        engine.dispose()


def restore_backup(backup: Path, location: str | Path) -> Path | None:
    """Put the contents of a backup in the place of a database that nobody has open.

    The database gets a new identity, so that mirrors of the old one are not taken for its own.

    Args:
        backup: A file that `Store.backup` has written; it stays.
        location: Of the database. A PostgreSQL database must be empty.

    Returns:
        Where the old database was put; None when there was none.

    Raises:
        StoreBusy: Somebody has the database open; `details` hold the ``pid``.
        ConflictError: The PostgreSQL database is not empty.
        StoreError: Either cannot be read or written, or the backup is damaged.
    """
    verify_backup(backup)
    database = database_at(location)
    ownership = database.own()
    try:
        if is_file(str(location)):
            assert isinstance(database, SqliteFile)
            return _restore_file(backup, database)
        _restore_rows(backup, database)
        return None
    except OSError as error:
        raise StoreError(
            f"{database.description} cannot be restored: {error.strerror};"
            " what was there is still there"
        ) from error
    finally:
        ownership.release()


def _restore_file(backup: Path, database: SqliteFile) -> Path | None:
    path = database.path
    new = path.with_name(path.name + RESTORING)
    # Through SQLite, because a file may have a log of its own beside it.
    SqliteFile(backup).duplicate(new)
    engine = SqliteFile(new).copy_engine()
    with database.errors(), engine.begin() as connection:
        _renew(connection)
    engine.dispose()
    _sync(new)
    aside = _link_aside(database)
    # A log is left only beside a damaged file, and is complete under the other name, too.
    for log in _LOGS:
        path.with_name(path.name + log).unlink(missing_ok=True)
    new.replace(path)
    _sync(path.parent)
    return aside


def _link_aside(database: SqliteFile) -> Path | None:
    """Give a database file a second name, under which everything stays that is in it."""
    path = database.path
    if not path.exists():
        return None
    _forget_second_names(path)
    with suppress(StoreError):  # it is too damaged for that, so its log goes with it
        database.fold_log()
    aside = _unused_name(path, time.gmtime())
    log = path.with_name(path.name + _LOG)
    if log.exists():
        aside.with_name(aside.name + _LOG).hardlink_to(log)
    aside.hardlink_to(path)
    return aside


def _forget_second_names(path: Path) -> None:
    """Drop other names of a database, which a restoration that was killed has given it."""
    for one in path.parent.iterdir():
        if one.name.startswith(path.name + _BEFORE) and one.samefile(path):
            one.unlink()


def _unused_name(path: Path, now: time.struct_time) -> Path:
    name = f"{path.name}{_BEFORE}{time.strftime('%Y%m%dT%H%M%SZ', now)}"
    names = (path.with_name(name + ending) for ending in chain([""], map("-{}".format, count(2))))
    return next(one for one in names if not one.exists())


def _restore_rows(backup: Path, database: Database) -> None:
    if database.version() is None:
        database.create()
    _check_empty(database)
    with TemporaryDirectory(prefix="grok-tree-") as folder:
        # A backup of an older release is brought up to date in a copy of its own.
        scratch = Path(folder) / "backup.db"
        SqliteFile(backup).duplicate(scratch)
        Store.open(scratch).close()
        source_engine, target_engine = SqliteFile(scratch).copy_engine(), database.writer_engine()
        with (
            database.errors(),
            source_engine.connect() as source,
            target_engine.begin() as target,
        ):
            copy_rows(source, target, never)
            count_on(target)
            _renew(target)
        source_engine.dispose()


def _check_empty(database: Database) -> None:
    """Accept also what was made by a restoration that was killed before its rows were there."""
    with database.errors(), database.writer_engine().connect() as connection:
        n_kept = connection.scalar(select(func.count()).select_from(conversation))
    if n_kept or database.version() != SCHEMA_VERSION:
        raise ConflictError(
            f"{database.description} holds forests already; name an empty database or schema"
        )


def _renew(connection: Connection) -> None:
    if not inspect(connection).has_table("meta"):
        return  # of an older release: the upgrade gives it an identity
    connection.execute(_NEW_ID, {"new": os.urandom(16).hex()})


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
