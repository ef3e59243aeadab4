"""One process owns a database file: a lock beside it, and a note that says who.

The owner holds the lock exclusively; one who only looks for the owner takes it shared for a moment.
The kernel frees the lock when its process ends, however it ends; the note may outlive it and means
nothing without the lock.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from pathlib import Path
from typing import BinaryIO

import msgspec

from grok_tree.errors import StoreBusy, StoreError
from grok_tree.store._database import Owner

_GLANCE_S = 0.001
"""One who looks for the owner is gone again after this."""
_MOST_GLANCES = 200


class FileLock:
    """Exclusive ownership of one database file, also within one process."""

    def __init__(self, database: Path) -> None:
        """Take the lock at once.

        Raises:
            StoreBusy: Somebody else has it; `details` hold ``pid`` and ``endpoint``.
            StoreError: The lock file cannot be made.
        """
        self._file = _opened(database)
        try:
            if not _take(self._file, database):
                raise _busy(database, _read_note(self._file))
        except StoreError:
            self._file.close()
            raise
        self.announce("")

    def announce(self, endpoint: str) -> None:
        """Write down where this process can be joined."""
        note = msgspec.json.encode(Owner(os.getpid(), socket.gethostname(), endpoint))
        self._file.seek(0)
        self._file.truncate()
        self._file.write(note)
        self._file.flush()

    def release(self) -> None:
        """Give the file up; the lock file stays, since removing it would race with others."""
        self._file.close()


def read_owner(database: Path) -> Owner | None:
    """Return who owns a database file now, None when nobody does.

    Raises:
        StoreError: The lock file cannot be read.
    """
    try:
        file = _lock_path(database).open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _cannot_lock(database, error) from error
    with file:
        return None if _locked(file, database, fcntl.LOCK_SH) else _read_note(file)


def _take(file: BinaryIO, database: Path) -> bool:
    """Lock a file unless it has an owner; those who only look are soon gone."""
    for _ in range(_MOST_GLANCES):
        if _locked(file, database, fcntl.LOCK_EX):
            return True
        if not _locked(file, database, fcntl.LOCK_SH):
            return False
        fcntl.flock(file, fcntl.LOCK_UN)
        time.sleep(_GLANCE_S)
    return False


def _locked(file: BinaryIO, database: Path, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise _cannot_lock(database, error) from error
    return True


def _lock_path(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


def _opened(database: Path) -> BinaryIO:
    path = _lock_path(database)
    try:
        path.touch(mode=0o600)
        return path.open("r+b")
    except OSError as error:
        raise _cannot_lock(database, error) from error


def _cannot_lock(database: Path, error: OSError) -> StoreError:
    return StoreError(
        f"database {database} cannot be locked: {error.strerror};"
        " it needs a writable folder on a file system with locks"
    )


def _read_note(file: BinaryIO) -> Owner | None:
    file.seek(0)
    try:
        return msgspec.json.decode(file.read(), type=Owner)
    except msgspec.DecodeError:
        return None


def _busy(database: Path, owner: Owner | None) -> StoreBusy:
    if owner is None:
        return StoreBusy(
            f"database {database} is open in another process; connect to that one, or end it first"
        )
    host = f" on {owner.host}" if owner.host != socket.gethostname() else ""
    where = f" at {owner.endpoint}" if owner.endpoint else ""
    return StoreBusy(
        f"database {database} is open in process {owner.pid}{host}{where};"
        " connect to that one, or end it first",
        pid=owner.pid,
        endpoint=owner.endpoint,
    )
