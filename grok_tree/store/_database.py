"""The seam between the store and a kind of database: all that only one kind can do or needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from sqlalchemy import Connection, Engine

from grok_tree.errors import StoreError
from grok_tree.forest import Health

SCHEMA_VERSION = 5
"""Raised with every migration; equals the number of the newest one."""


Stopped = Callable[[], bool]
"""Says whether nobody waits for a copy any more."""


@dataclass(frozen=True)
class Owner:
    """Who has a database open.

    Attributes:
        pid: Of the process.
        host: The machine it runs on.
        endpoint: Where it can be joined, such as ``unix:/run/.../socket``; empty if nowhere.
    """

    pid: int
    host: str = ""
    endpoint: str = ""


class Ownership(Protocol):
    """The right to write to a database, held by one process until it ends."""

    def announce(self, endpoint: str) -> None:
        """Write down where this process can be joined."""

    def release(self) -> None:
        """Give the database up."""


class Database(Protocol):
    """One database, opened or not."""

    @property
    def description(self) -> str:
        """What it is, for people; without secrets."""

    def version(self) -> int | None:
        """Return the version of its schema, None when there is none yet.

        Raises:
            StoreForeign: It is not a database of ours; it is left as it is.
            SchemaTooNew: It was written by a newer release; it is left as it is.
            StoreError: It cannot be read.
        """

    def own(self) -> Ownership:
        """Take the right to write, at once.

        Raises:
            StoreBusy: Somebody else has it; `details` hold ``pid`` and ``endpoint``.
        """

    def owner(self) -> Owner | None:
        """Return who owns it now, None when nobody does."""

    def create(self) -> None:
        """Make the schema of this release, whole or not at all."""

    def mark_as_current(self, connection: Connection) -> None:
        """Say in the database that its schema is this release's."""

    def writer_engine(self) -> Engine:
        """Return the engine of the one connection that writes."""

    def reader_engine(self) -> Engine:
        """Return the engine of the connections that read consistent snapshots."""

    def prepare_writer(self, connection: Connection) -> None:
        """Make a new connection ready to write, and see that the database is readable at all."""

    def transaction(self, connection: Connection, *, durable: bool) -> AbstractContextManager[None]:
        """Run a block in one write transaction.

        A durable commit is on the disk when the block ends; another may be lost by a power cut
        (never by a crash of the process) until the next durable one.
        """

    def errors(self) -> AbstractContextManager[None]:
        """Turn the database's own errors into ours.

        Raises:
            StoreContention: The same transaction may succeed when it is begun again.
            StoreError: The database failed; what the connection is good for is not known.
        """

    def structure_problems(self, connection: Connection) -> Iterable[str]:
        """Yield what the database itself finds damaged, a line each."""

    def scratch(self) -> TemporaryDirectory[str]:
        """Return a new folder where a copy can be made."""

    def copy_to(self, connection: Connection, target: Path, stopped: Stopped) -> None:
        """Write everything that a reader's snapshot sees into a new SQLite file.

        Raises:
            StoreError: It cannot be written, or was stopped.
        """

    def before_upgrade(self, version: int) -> None:
        """Keep what is there, before migrations change it."""

    def after_upgrade(self, version: int) -> None:
        """Drop what was kept before earlier upgrades than that of this version."""

    def health(self, connection: Connection) -> Health:
        """Return what is known without reading any response."""

    def tidy(self, connection: Connection) -> None:
        """Leave everything in order after the last write."""


def never() -> bool:
    """Say that a copy is waited for to its end."""
    return False


def check_wanted(stopped: Stopped) -> None:
    """Raise if nobody waits for a copy any more."""
    if stopped():
        raise StoreError("the copy was not finished, because nobody waits for it")
