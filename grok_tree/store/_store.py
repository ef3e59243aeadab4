"""The store: one database, one writer, any number of readers."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from grok_tree.errors import InvalidOperationError, StoreCorrupted, StoreError, StoreForeign
from grok_tree.forest import Health
from grok_tree.store._check import problems
from grok_tree.store._database import (
    SCHEMA_VERSION,
    Database,
    Owner,
    Ownership,
    Stopped,
    never,
)
from grok_tree.store._listeners import Listener, Listeners
from grok_tree.store._reader import Reader
from grok_tree.store._sqlite import SqliteFile
from grok_tree.store._thread import WriterThread
from grok_tree.store._writer import Writer

T = TypeVar("T")

_POSTGRES = ("postgresql://", "postgresql+psycopg://", "postgres://")

_log = logging.getLogger(__name__)


class Store:
    """Forests in one database, owned by this process until `close`.

    Methods may be called from any thread.
    """

    def __init__(self, database: Database, ownership: Ownership) -> None:
        """Open a database whose schema is current; `Store.open` is for everybody else."""
        self._database = database
        self._ownership = ownership
        self._writer_engine = database.writer_engine()
        self._reader_engine = database.reader_engine()
        self._listeners = Listeners()
        self._thread = WriterThread(
            database.transaction, self._connect_writer, self._listeners.tell
        )
        self._closed = False

    @classmethod
    def open(cls, location: str | Path, *, create: bool = True) -> Store:
        """Open a database file and own it.

        Args:
            location: A path, ``sqlite:///PATH``, or ``postgresql+psycopg://...``.
            create: Make the file when there is none.

        Raises:
            StoreBusy: Another process (or this one) has it open; `details` hold its ``pid`` and
                ``endpoint``.
            StoreForeign: The file is not ours; it is left as it is.
            SchemaTooNew: A newer release wrote it; it is left as it is.
            StoreCorrupted: It is damaged.
            StoreError: It cannot be read or made.
        """
        database = database_at(location)
        if database.version() is None and not create:
            raise StoreForeign(f"there is no database {database.description}; check the name")
        ownership = database.own()
        try:
            # Asked again: until it was ours, another process may have made the database.
            _bring_up_to_date(database, database.version())
            return cls(database, ownership)
        except BaseException:
            ownership.release()
            raise

    @property
    def description(self) -> str:
        """What this is, for people; without secrets."""
        return self._database.description

    def submit(self, work: Callable[[Writer], T], *, durable: bool = True) -> Future[T]:
        """Queue work for the writer.

        The future resolves after the commit that holds the work. Work may run twice (when other
        work of the same commit fails), so it must change nothing but the database.

        Args:
            work: Given a writer that is valid until it returns.
            durable: Whether a power cut after the commit may not undo it.

        Raises:
            StoreError: The store is closed.
        """
        return self._thread.submit(work, durable=durable)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener after each commit which conversations changed, and to which revision.

        It is called in another thread and must not block. What it is told may be late and may come
        together with later changes, but it is never lost while the store is open.

        Returns:
            What stops it.
        """
        return self._listeners.add(listener)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """Give a reader of one consistent snapshot, valid inside the block."""
        if self._closed:
            raise StoreError("the database was closed; open it again")
        with (
            self._database.errors(),
            self._reader_engine.connect() as connection,
            connection.begin(),
        ):
            yield Reader(connection)

    def check(self) -> list[str]:
        """Look for damage; return a sentence for each problem, none when all is well."""
        try:
            with (
                self._database.errors(),
                self._reader_engine.connect() as connection,
                connection.begin(),
            ):
                return problems(self._database, connection)
        except StoreCorrupted as damage:
            return [damage.message]

    def scratch(self) -> TemporaryDirectory[str]:
        """Return a new folder where a backup can be made.

        Raises:
            OSError: It cannot be made.
        """
        return self._database.scratch()

    def backup(self, target: Path, stopped: Stopped = never) -> None:
        """Write the whole database, as it is at one instant, into a new SQLite file.

        Writers go on meanwhile.

        Args:
            target: The file.
            stopped: Asked now and then whether nobody waits any more.

        Raises:
            StoreError: The file exists already or cannot be written, or it was stopped.
        """
        if target.exists():
            raise StoreError(f"{target} exists already; name a new file")
        with (
            self._database.errors(),
            self._reader_engine.connect() as connection,
            connection.begin(),
        ):
            self._database.copy_to(connection, target, stopped)

    def health(self) -> Health:
        """Look for damage, and for what may lead to it."""
        with (
            self._database.errors(),
            self._reader_engine.connect() as connection,
            connection.begin(),
        ):
            known = self._database.health(connection)
        return msgspec.structs.replace(known, problems=tuple(self.check()))

    def announce(self, endpoint: str) -> None:
        """Say where this process can be joined, to those who find the file taken."""
        self._ownership.announce(endpoint)

    def close(self) -> None:
        """Finish what is queued, free the file and the lock. May be called twice."""
        if self._closed:
            return
        self._closed = True
        try:
            self._thread.close()
            self._reader_engine.dispose()
            self._tidy()
        finally:
            self._ownership.release()

    def _connect_writer(self) -> Connection:
        with self._database.errors():
            connection = self._writer_engine.connect()
            try:
                self._database.prepare_writer(connection)
            except BaseException:
                # What it has locked must be free before anybody tries again.
                connection.invalidate()
                connection.close()
                raise
        return connection

    def _tidy(self) -> None:
        try:
            with self._database.errors(), self._writer_engine.connect() as connection:
                self._database.tidy(connection)
        except StoreError:
            # Nothing is lost: the next one who opens it finds all that was committed.
            _log.warning("%s could not be tidied", self._database.description, exc_info=True)


def database_at(location: str | Path) -> Database:
    """Return the database that a location names; nothing is opened.

    Raises:
        InvalidOperationError: It is a URL of an unknown kind of database, or names no file.
        ExtraMissing: The library for that kind is not installed.
    """
    if is_file(str(location)):
        return SqliteFile(database_path(location))
    # Imported when needed: its driver is an extra, and slow to import.
    from grok_tree.store._postgres import PostgresDatabase

    try:
        return PostgresDatabase(make_url(str(location)))
    except (ArgumentError, ValueError):
        raise InvalidOperationError(
            "the URL of the PostgreSQL database cannot be read; write"
            " postgresql+psycopg://user@host:port/database"
        ) from None


def database_path(location: str | Path) -> Path:
    """Return the file that a location names, as the absolute path that all its names lead to.

    Two names of one file must not give it two owners, and a relative name must mean the same file
    when the process goes elsewhere.

    Raises:
        InvalidOperationError: It is a URL of another kind of database, or names no file.
    """
    text = str(location)
    scheme, is_url, name = text.partition("://")
    if is_url and scheme != "sqlite":
        raise InvalidOperationError(
            f"databases of the kind {scheme!r} are not supported;"
            " name a file, or postgresql+psycopg://user@host:port/database"
        )
    name = name.removeprefix("/") if is_url else text
    if not name or ":memory:" in name:
        raise InvalidOperationError(f"{text!r} names no file; forests are kept in a file")
    return Path(os.path.realpath(Path(name).expanduser()))


def canonical_location(location: str | Path) -> str:
    """Return the one name that a database has in this process, whatever it was called by.

    Raises:
        InvalidOperationError: It is a URL of an unknown kind of database, or names no file.
    """
    text = str(location)
    return str(database_path(location)) if is_file(text) else text


def is_file(location: str) -> bool:
    """Return whether a canonical location is that of a file, not of a database server."""
    return not location.startswith(_POSTGRES)


def read_owner(location: str | Path) -> Owner | None:
    """Return who owns a database now, None when nobody does."""
    return database_at(location).owner()


def schema_version(location: str | Path) -> int | None:
    """Return the schema of a database, None when there is none; nothing is changed.

    Raises:
        StoreForeign: It is not ours.
        SchemaTooNew: A newer release wrote it.
        StoreError: It cannot be read.
    """
    return database_at(location).version()


def _bring_up_to_date(database: Database, version: int | None) -> None:
    if version is None:
        database.create()
    elif version < SCHEMA_VERSION:
        # Slow to import, and needed once per release.
        from grok_tree.store._migrate import migrate

        database.before_upgrade(version)
        migrate(database)
        database.after_upgrade(version)
