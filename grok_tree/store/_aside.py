"""Putting a database file out of the way, so that a new one can take its place."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from grok_tree.errors import StoreError
from grok_tree.store._leftovers import kept_copies
from grok_tree.store._lock import FileLock
from grok_tree.store._store import database_path

_LOGS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file, and finds there by its name."""


def set_aside(location: str | Path) -> Path:
    """Rename a database that nobody has open, with its log, and return its new name.

    Raises:
        StoreBusy: Somebody has it open.
        StoreError: It cannot be renamed.
    """
    path = database_path(location)
    lock = FileLock(path)
    try:
        names = (path.with_name(f"{path.name}.aside-{number}") for number in count(1))
        aside = next(name for name in names if not name.exists())
        for log in _LOGS:
            beside = path.with_name(path.name + log)
            if beside.exists():
                beside.rename(aside.with_name(aside.name + log))
        if path.exists():
            path.rename(aside)
        return aside
    except OSError as error:
        raise StoreError(f"database {path} cannot be renamed: {error.strerror}") from error
    finally:
        lock.release()


def remove_database(location: str | Path) -> None:
    """Delete a database that nobody has open, with its log and what was kept before upgrades.

    Raises:
        StoreBusy: Somebody has it open.
        StoreError: It cannot be deleted.
    """
    path = database_path(location)
    lock = FileLock(path)
    try:
        files = [path.with_name(path.name + ending) for ending in ("", *_LOGS)]
        for one in (*files, *kept_copies(path)):
            one.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"database {path} cannot be deleted: {error.strerror}") from error
    finally:
        lock.release()
