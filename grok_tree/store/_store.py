"""The store: one database, one writer, any number of readers."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from grok_tree.errors import InvalidOperationError, StoreCorrupted, StoreError, StoreForeign
from grok_tree.store import _dialect as dialect
from grok_tree.store._check import problems
from grok_tree.store._lock import FileLock, Owner
from grok_tree.store._lock import read_owner as _read_owner
from grok_tree.store._reader import Reader
from grok_tree.store._thread import WriterThread
from grok_tree.store._writer import Writer

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Store:
    """Forests in one database, owned by this process until `close`.

    Methods may be called from any thread.
    """

    def __init__(self, path: Path, lock: FileLock) -> None:
        """Open a file whose schema is current; `Store.open` is for everybody else."""
        self._path = path
        self._lock = lock
        self._writer_engine = dialect.writer_engine(path)
        self._reader_engine = dialect.reader_engine(path)
        transact = partial(_transact, path)
        self._thread = WriterThread(transact, self._connect_writer)
        self._closed = False

    @classmethod
    def open(cls, location: str | Path, *, create: bool = True) -> Store:
        """Open a database file and own it.

        Args:
            location: A path, or ``sqlite:///PATH``.
            create: Make the file when there is none.

        Raises:
            StoreBusy: Another process (or this one) has it open; `details` hold its ``pid`` and
                ``endpoint``.
            StoreForeign: The file is not ours; it is left as it is.
            SchemaTooNew: A newer release wrote it; it is left as it is.
            StoreCorrupted: It is damaged.
            StoreError: It cannot be read or made.
        """
        path = database_path(location)
        if dialect.file_version(path) is None and not create:
            raise StoreForeign(f"there is no database {path}; check the name")
        _make_folder(path)
        lock = FileLock(path)
        try:
            # Asked again: until the lock was ours, another process may have made the file.
            _bring_up_to_date(path, dialect.file_version(path))
            return cls(path, lock)
        except BaseException:
            lock.release()
            raise

    @property
    def description(self) -> str:
        """What this is, for people; without secrets."""
        return f"SQLite file {self._path}"

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

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """Give a reader of one consistent snapshot, valid inside the block."""
        if self._closed:
            raise StoreError("the database was closed; open it again")
        with (
            dialect.storage_errors(self._path),
            self._reader_engine.connect() as connection,
            connection.begin(),
        ):
            yield Reader(connection)

    def check(self) -> list[str]:
        """Look for damage; return a sentence for each problem, none when all is well."""
        try:
            with (
                dialect.storage_errors(self._path),
                self._reader_engine.connect() as connection,
                connection.begin(),
            ):
                return problems(connection)
        except StoreCorrupted as damage:
            return [damage.message]

    def announce(self, endpoint: str) -> None:
        """Say where this process can be joined, to those who find the file taken."""
        self._lock.announce(endpoint)

    def close(self) -> None:
        """Finish what is queued, free the file and the lock. May be called twice."""
        if self._closed:
            return
        self._closed = True
        try:
            self._thread.close()
            self._reader_engine.dispose()
            self._empty_log()
        finally:
            self._lock.release()

    def _connect_writer(self) -> Connection:
        with dialect.storage_errors(self._path):
            connection = self._writer_engine.connect()
            dialect.prepare_writer(connection, self._path)
        return connection

    def _empty_log(self) -> None:
        try:
            with dialect.storage_errors(self._path), self._writer_engine.connect() as connection:
                dialect.checkpoint(connection)
        except StoreError:
            # Nothing is lost: the next one who opens the file finds the log beside it.
            _log.warning("the log of %s could not be emptied", self._path, exc_info=True)


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
            f"databases of the kind {scheme!r} are not supported yet; name a file"
        )
    name = name.removeprefix("/") if is_url else text
    if not name or ":memory:" in name:
        raise InvalidOperationError(f"{text!r} names no file; forests are kept in a file")
    return Path(os.path.realpath(Path(name).expanduser()))


def read_owner(location: str | Path) -> Owner | None:
    """Return who owns a database file now, None when nobody does."""
    return _read_owner(database_path(location))


def _transact(path: Path, connection: Any, *, durable: bool) -> Any:
    return dialect.transaction(connection, path, durable=durable)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"the folder of database {path} cannot be made: {error.strerror}"
        ) from error


def _bring_up_to_date(path: Path, version: int | None) -> None:
    if version is None:
        dialect.create_schema(path)
    elif version < dialect.SCHEMA_VERSION:
        # Slow to import, and needed once per release.
        from grok_tree.store._migrate import migrate

        migrate(path)
