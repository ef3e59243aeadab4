"""SQLite: one file, a log beside it, and a lock that says whose it is."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from grok_tree.errors import (
    AlreadyExists,
    GrokTreeError,
    SchemaTooNew,
    StoreCorrupted,
    StoreError,
    StoreForeign,
)
from grok_tree.forest import Health
from grok_tree.store._database import SCHEMA_VERSION, Owner, Stopped, check_wanted, never
from grok_tree.store._leftovers import COPYING, discard_unfinished, kept_copies, kept_name
from grok_tree.store._library import library_warning
from grok_tree.store._lock import FileLock, read_owner
from grok_tree.store._network import network_file_system
from grok_tree.store._schema import metadata

APPLICATION_ID = 0x67726F6B
"""In the header of every file of ours: the letters grok."""

_PRAGMAS = ("foreign_keys=ON", "mmap_size=0", "cache_size=-16000")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SIGNS_OF_DAMAGE = ("decode to UTF-8", "no such table", "no such column")
_ADVICE = {
    sqlite3.SQLITE_FULL: "; free some space on its disk and try again",
    sqlite3.SQLITE_IOERR: "; see that its disk is there and has space, and try again",
    sqlite3.SQLITE_READONLY: "; make the file and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "; make the file and its folder readable and writable",
    sqlite3.SQLITE_BUSY: "; another program writes to the file: end it and try again",
}
"""What to do, by the kind of SQLite's error."""

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_LOGS = ("-wal", "-shm")
_BACKUP_PAGES = 1_000
_LITTLE_SPACE = 1 << 30
_N_READERS = 4
_READERS_END_MS = 500
_CHECKPOINT_PAGES = 1000
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
_ALSO = (
    "CREATE TABLE text_index (up_to_key INTEGER NOT NULL)",
    "INSERT INTO text_index VALUES (0)",
    "CREATE TABLE unindexed (response_key INTEGER PRIMARY KEY)",
    "CREATE VIRTUAL TABLE response_text USING fts5("
    "message, content='response', content_rowid='key', tokenize='unicode61')",
    "INSERT INTO meta VALUES ('database_id', lower(hex(randomblob(16))))",
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    f"INSERT INTO alembic_version VALUES ('{SCHEMA_VERSION:04d}')",
)


class SqliteFile:
    """A database in one file."""

    def __init__(self, path: Path) -> None:
        """Name a file; nothing is opened."""
        self.path = path

    @property
    def description(self) -> str:
        """What it is, for people."""
        return f"SQLite file {self.path}"

    def version(self) -> int | None:
        """Return the schema's version; only reads, so what is refused is untouched."""
        header = self._header()
        if not header:
            return None
        application = int.from_bytes(header[68:72], "big")
        if not header.startswith(_MAGIC) or application != APPLICATION_ID:
            raise StoreForeign(
                f"{self.path} is not a grok_tree database and was left as it is;"
                " name another file with --database"
            )
        version = max(int.from_bytes(header[60:64], "big"), self._version_in_log())
        if version > SCHEMA_VERSION:
            raise SchemaTooNew(
                f"database {self.path} has schema {version}, this release knows {SCHEMA_VERSION};"
                " it was left as it is: install a newer grok_tree to open it",
                found=version,
                known=SCHEMA_VERSION,
            )
        return version

    def own(self) -> FileLock:
        """Take the lock beside the file, making the folder when there is none."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(
                f"the folder of database {self.path} cannot be made: {error.strerror}"
            ) from error
        lock = FileLock(self.path)
        try:
            discard_unfinished(self.path)
        except OSError as error:
            lock.release()
            raise StoreError(
                f"{error.filename}, a leftover of database {self.path}, cannot be removed:"
                f" {error.strerror}"
            ) from error
        return lock

    def owner(self) -> Owner | None:
        """Return who holds the lock."""
        return read_owner(self.path)

    def create(self) -> None:
        """Make the file beside its place, and move it there when it is complete."""
        new = self.path.with_name(self.path.name + ".new")
        try:
            # What is there was left by a process that was killed at this point.
            for leftover in (new, new.with_name(new.name + "-journal")):
                leftover.unlink(missing_ok=True)
            with self.errors():
                SqliteFile(new)._fill()
            new.replace(self.path)
        except OSError as error:
            raise StoreError(f"database {self.path} cannot be made: {error.strerror}") from error

    def mark_as_current(self, connection: Connection) -> None:
        """Say in the header that the file is ours, and of this release's schema."""
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")

    def writer_engine(self) -> Engine:
        """Return the engine of the one connection that writes."""
        return _engine(self.path, begin="BEGIN IMMEDIATE")

    def reader_engine(self) -> Engine:
        """Return the engine of the connections that read."""
        pool = {"poolclass": QueuePool, "pool_size": _N_READERS, "max_overflow": 8}
        # Only the writer moves the log into the file: two at once is where SQLite had a defect.
        pragmas = ("query_only=ON", "wal_autocheckpoint=0")
        return _engine(self.path, begin="BEGIN", pragmas=pragmas, **pool)

    def prepare_writer(self, connection: Connection) -> None:
        """Switch the file to write-ahead logging, and check that it is readable at all.

        Raises:
            StoreError: The file system cannot do it, as some that come over a network.
        """
        driver = _driver(connection)
        (mode,) = driver.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise StoreError(
                f"the file system of database {self.path} cannot keep a write-ahead log;"
                " put the file on a local disk"
            )
        driver.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        # What was purged must not stay in pages that are free, whatever the library was built with.
        driver.execute("PRAGMA secure_delete=ON")
        driver.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT_BYTES}")
        driver.execute("SELECT count(*) FROM conversation").fetchone()

    @contextmanager
    def transaction(self, connection: Connection, *, durable: bool) -> Iterator[None]:
        """Run a block in one write transaction."""
        with self.errors():
            _driver(connection).execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            with connection.begin():
                yield

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the database's own errors into ours."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise _error(self.path, error) from error

    def structure_problems(self, connection: Connection) -> Iterator[str]:
        """Yield what a quick check finds."""
        for line in connection.exec_driver_sql("PRAGMA quick_check").scalars():
            if line != "ok":
                yield line

    def copy_engine(self) -> Engine:
        """Return the engine of a copy that nobody else has open, whatever its journal mode."""
        return _engine(self.path, begin="BEGIN")

    def scratch(self) -> tempfile.TemporaryDirectory[str]:
        """Return a folder beside the file: there is more room there than where others are made."""
        return tempfile.TemporaryDirectory(
            prefix=self.path.name + COPYING, dir=self.path.parent, ignore_cleanup_errors=True
        )

    def copy_to(self, connection: Connection, target: Path, stopped: Stopped) -> None:
        """Write everything that a reader's snapshot sees into a new file, page by page."""
        source = _driver(connection)
        source.execute("SELECT count(*) FROM conversation").fetchone()
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            # Inside the reader's transaction, so writers go on and the copy is of one instant.
            source.backup(copy, pages=_BACKUP_PAGES, progress=lambda *_: check_wanted(stopped))
            copy.execute("PRAGMA journal_mode=DELETE")

    def duplicate(self, target: Path) -> None:
        """Write everything that is in a file which nobody else has open into a new one."""
        engine = self.copy_engine()
        try:
            with self.errors(), engine.connect() as connection, connection.begin():
                self.copy_to(connection, target, never)
        finally:
            engine.dispose()

    def before_upgrade(self, version: int) -> None:
        """Keep a copy beside the file, named by its schema."""
        kept = kept_name(self.path, version)
        new = kept.with_name(kept.name + ".new")
        try:
            self.duplicate(new)
            new.replace(kept)
        except (OSError, StoreError) as error:
            why = error.message if isinstance(error, StoreError) else error.strerror
            raise StoreError(
                f"database {self.path} was not brought up to date and is as it was, because no copy"
                f" of it could be kept: {why}"
            ) from error

    def after_upgrade(self, version: int) -> None:
        """Drop the copies of earlier upgrades."""
        for kept in kept_copies(self.path):
            if kept != kept_name(self.path, version):
                kept.unlink(missing_ok=True)

    def fold_log(self) -> None:
        """Bring everything from the log into the file, which nobody else has open."""
        engine = self.copy_engine()
        with self.errors(), engine.connect() as connection:
            _driver(connection).execute("PRAGMA journal_mode=DELETE").fetchone()
        engine.dispose()

    def health(self, _: Connection) -> Health:
        """Return sizes, the library and what threatens a file."""
        files = [self.path, *(self.path.with_name(self.path.name + log) for log in _LOGS)]
        free = shutil.disk_usage(self.path.parent).free
        warnings = [library_warning()]
        if kind := network_file_system(self.path):
            warnings.append(
                f"{self.path} is on a network file system ({kind}), where neither locks nor syncs"
                " can be trusted; move it to a local disk"
            )
        if free < _LITTLE_SPACE:
            warnings.append(f"only {free / 2**20:,.0f} MiB are free on its disk; make room")
        return Health(
            database=self.description,
            warnings=tuple(filter(None, warnings)),
            library=f"SQLite {sqlite3.sqlite_version}",
            size_bytes=sum(file.stat().st_size for file in files if file.exists()),
            free_bytes=free,
        )

    def tidy(self, connection: Connection) -> None:
        """Move the log into the file and empty it; while somebody reads, as much as that allows."""
        driver = _driver(connection)
        driver.execute(f"PRAGMA busy_timeout={_READERS_END_MS}")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _version_in_log(self) -> int:
        """Return the version that a log says, which a killed upgrade may have left; 0 for none."""
        log = self.path.with_name(self.path.name + _LOGS[0])
        if not (log.exists() and log.stat().st_size):
            return 0
        try:
            # A connection that may not write leaves the log as it is when it ends.
            with closing(
                sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
            ) as connection:
                (version,) = connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error:
            return 0  # whoever opens it to write will say what is wrong
        return int(version)

    def _header(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                return file.read(_HEADER_BYTES)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise StoreError(f"database {self.path} cannot be read: {error.strerror}") from error

    def _fill(self) -> None:
        with _engine(self.path, begin="BEGIN EXCLUSIVE").begin() as connection:
            metadata.create_all(connection)
            for statement in _ALSO:
                connection.exec_driver_sql(statement)
            # In the rollback journal, so that the header is in the main file and not in a log.
            self.mark_as_current(connection)


def _error(database: Path, error: Exception) -> GrokTreeError:
    cause = getattr(error, "orig", None) or error
    # The low byte is the kind, the rest says more.
    kind = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if kind in _DAMAGED or any(sign in str(cause) for sign in _SIGNS_OF_DAMAGE):
        return StoreCorrupted(
            f"database {database} is damaged ({_first_words(cause)}); restore a backup,"
            " or move the file away to begin a new one"
        )
    if getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_CONSTRAINT_CHECK:
        return StoreError(f"nothing was stored in database {database}: {cause}")
    if kind == sqlite3.SQLITE_CONSTRAINT:
        return AlreadyExists(
            f"nothing was stored in database {database}, because an id is taken ({cause});"
            " use a new id"
        )
    advice = _ADVICE.get(kind, "")
    return StoreError(f"database {database} failed: {cause}{advice}")


def _first_words(cause: Exception) -> str:
    """Return what went wrong without the stored text that SQLite may have appended."""
    return str(cause).split(" with text ", 1)[0]


def _engine(database: Path, *, begin: str, pragmas: Sequence[str] = (), **pool: Any) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            database, isolation_level=None, check_same_thread=False, timeout=10
        )
        for pragma in (*_PRAGMAS, *pragmas):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine("sqlite://", creator=connect, **(pool or {"poolclass": NullPool}))

    # The driver would begin late and deferred, which loses updates; we begin ourselves.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        _driver(connection).execute(begin)

    return engine


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
