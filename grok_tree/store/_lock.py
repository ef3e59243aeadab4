"""One process owns a database file: a lock beside it, and a note that says who.

The kernel frees the lock when its process ends, however it ends; the note may outlive it and means
nothing without the lock.
"""

from __future__ import annotations

import fcntl
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from grok_tree.errors import StoreBusy, StoreError


@dataclass(frozen=True)
class Owner:
    """Who has a database file open.

    Attributes:
        pid: Of the process.
        host: The machine it runs on.
        endpoint: Where it can be joined, such as ``unix:/run/.../socket``; empty if nowhere.
    """

    pid: int
    host: str = ""
    endpoint: str = ""


class FileLock:
    """Exclusive ownership of one database file, also within one process."""

    def __init__(self, database: Path) -> None:
        """Take the lock at once.

        Raises:
            StoreBusy: Somebody else has it; `details` hold ``pid`` and ``endpoint``.
            StoreError: The lock file cannot be made.
        """
        self._database = database
        self._file = _opened(database)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _read_note(self._file)
            self._file.close()
            raise _busy(database, owner) from None
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
    """Return who owns a database file now, None when nobody does."""
    try:
        file = _lock_path(database).open("r+b")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_note(file)
    return None


def _lock_path(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


def _opened(database: Path) -> BinaryIO:
    path = _lock_path(database)
    try:
        path.touch(mode=0o600)
        return path.open("r+b")
    except OSError as error:
        raise StoreError(
            f"database {database} cannot be locked: {error.strerror}; is its folder writable?"
        ) from error


def _read_note(file: BinaryIO) -> Owner | None:
    file.seek(0)
    try:
        return msgspec.json.decode(file.read(), type=Owner)
    except msgspec.DecodeError:
        return None


def _busy(database: Path, owner: Owner | None) -> StoreBusy:
    who = "another process" if owner is None else f"process {owner.pid}"
    where = f" at {owner.endpoint}" if owner and owner.endpoint else ""
    return StoreBusy(
        f"database {database} is open in {who}{where}; connect to that one, or end it first",
        pid=owner.pid if owner else None,
        endpoint=owner.endpoint if owner else None,
    )
