"""What only SQLite can do or needs: files, pragmas, transactions, the full-text index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from grok_tree.errors import SchemaTooNew, StoreCorrupted, StoreError, StoreForeign
from grok_tree.store._schema import metadata

APPLICATION_ID = 0x67726F6B
"""In the header of every file of ours: the letters grok."""

SCHEMA_VERSION = 1
"""Raised with every migration; equals the number of the newest one."""

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_N_READERS = 4
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
_ALSO = (
    "CREATE TABLE unindexed (response_key INTEGER PRIMARY KEY)",
    "CREATE VIRTUAL TABLE response_text USING fts5("
    "message, content='response', content_rowid='key', tokenize='unicode61')",
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    f"INSERT INTO alembic_version VALUES ('{SCHEMA_VERSION:04d}')",
)


def file_version(database: Path) -> int | None:
    """Return the schema version of a database file, None when there is none yet.

    Reads the header only, so a file that is refused is not touched.

    Raises:
        StoreForeign: It is not a database of ours.
        SchemaTooNew: It was written by a newer release.
    """
    try:
        with database.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"database {database} cannot be read: {error.strerror}") from error
    if not header:
        return None
    application = int.from_bytes(header[68:72], "big")
    if not header.startswith(_MAGIC) or application != APPLICATION_ID:
        raise StoreForeign(
            f"{database} is not a grok_tree database and was left as it is;"
            " name another file with --database"
        )
    version = int.from_bytes(header[60:64], "big")
    if version > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"database {database} has schema {version}, this release knows {SCHEMA_VERSION};"
            " it was left as it is: install a newer grok_tree to open it",
            found=version,
            known=SCHEMA_VERSION,
        )
    return version


def create_schema(database: Path) -> None:
    """Make a new database, whole or not at all."""
    engine = _engine(database, begin="BEGIN EXCLUSIVE", pooled=False)
    with storage_errors(database), engine.begin() as connection:
        metadata.create_all(connection)
        for statement in _ALSO:
            connection.exec_driver_sql(statement)
        # In the rollback journal, so that the header is in the main file and not in a log.
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
    engine.dispose()


def writer_engine(database: Path) -> Engine:
    """Return the engine of the one connection that writes."""
    return _engine(database, begin="BEGIN IMMEDIATE", pooled=False)


def reader_engine(database: Path) -> Engine:
    """Return the engine of the connections that read."""
    return _engine(database, begin="BEGIN", pooled=True)


def prepare_writer(connection: Connection) -> None:
    """Switch the file to write-ahead logging, and check that it is readable at all."""
    driver = _driver(connection)
    driver.execute("PRAGMA journal_mode=WAL")
    driver.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT_BYTES}")
    driver.execute("SELECT count(*) FROM conversation").fetchone()


@contextmanager
def transaction(connection: Connection, database: Path, *, durable: bool) -> Iterator[None]:
    """Run a block in one write transaction.

    A durable commit is on the disk when the block ends; another may be lost by a power cut (never
    by a crash of the process) until the next durable one.
    """
    with storage_errors(database):
        _driver(connection).execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        with connection.begin():
            yield


def checkpoint(connection: Connection) -> None:
    """Move everything from the log into the main file, and empty the log."""
    _driver(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def storage_errors(database: Path) -> Iterator[None]:
    """Turn the database's own errors into ours."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise _error(database, error) from error


def _error(database: Path, error: Exception) -> StoreError:
    cause = getattr(error, "orig", None) or error
    text = str(cause)
    if "malformed" in text or "not a database" in text:
        return StoreCorrupted(
            f"database {database} is damaged ({text}); restore a backup,"
            " or move the file away to begin a new one"
        )
    if "full" in text:
        return StoreError(f"the disk of database {database} is full; free some space and try again")
    return StoreError(f"database {database} failed: {text}")


def _engine(database: Path, *, begin: str, pooled: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            database, isolation_level=None, check_same_thread=False, timeout=10
        )
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA mmap_size=0")
        connection.execute("PRAGMA cache_size=-16000")
        return connection

    if pooled:
        engine = create_engine(
            "sqlite://", creator=connect, poolclass=QueuePool, pool_size=_N_READERS, max_overflow=8
        )
    else:
        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    # The driver would begin late and deferred, which loses updates; we begin ourselves.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
