"""Putting a backup in the place of a database; what was there is kept beside it."""

from __future__ import annotations

import os
import shutil
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from grok_tree.errors import (
    ConflictError,
    StoreCorrupted,
    StoreError,
    StoreForeign,
)
from grok_tree.store._check import problems
from grok_tree.store._copy import copy_rows, count_on
from grok_tree.store._database import Database
from grok_tree.store._sqlite import SqliteFile
from grok_tree.store._store import Store, database_at, is_file

_NEW_ID = text("UPDATE meta SET value = :new WHERE name = 'database_id'")
_LOG = "-wal"


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
    new = path.with_name(path.name + ".restoring")
    shutil.copyfile(backup, new)
    engine = SqliteFile(new).copy_engine()
    with database.errors(), engine.begin() as connection:
        _renew(connection)
    engine.dispose()
    _sync(new)
    aside = _link_aside(path)
    # From here on the old one is complete under its other name, log and all.
    path.with_name(path.name + _LOG).unlink(missing_ok=True)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    new.replace(path)
    _sync(path.parent)
    return aside


def _link_aside(path: Path) -> Path | None:
    """Give a database file, and its log, a second name."""
    if not path.exists():
        return None
    names = (path.with_name(f"{path.name}.before-restore-{number}") for number in count(1))
    aside = next(name for name in names if not name.exists())
    aside.hardlink_to(path)
    log = path.with_name(path.name + _LOG)
    if log.exists():
        aside.with_name(aside.name + _LOG).hardlink_to(log)
    return aside


def _restore_rows(backup: Path, database: Database) -> None:
    if database.version() is not None:
        raise ConflictError(
            f"{database.description} holds forests already; name an empty database or schema"
        )
    database.create()
    # A backup of an older release is brought up to date in a copy of its own.
    scratch = backup.with_name(backup.name + ".restoring")
    shutil.copyfile(backup, scratch)
    try:
        Store.open(scratch).close()
        source_engine, target_engine = SqliteFile(scratch).copy_engine(), database.writer_engine()
        with (
            database.errors(),
            source_engine.connect() as source,
            target_engine.begin() as target,
        ):
            copy_rows(source, target)
            count_on(target)
            _renew(target)
        source_engine.dispose()
    finally:
        for ending in ("", ".lock", _LOG, "-shm"):
            scratch.with_name(scratch.name + ending).unlink(missing_ok=True)


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
