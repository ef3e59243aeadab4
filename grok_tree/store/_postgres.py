"""PostgreSQL: one schema of a database, owned through an advisory lock."""

from __future__ import annotations

import os
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from grok_tree.errors import (
    AlreadyExists,
    ExtraMissing,
    GrokTreeError,
    SchemaTooNew,
    StoreBusy,
    StoreContention,
    StoreCorrupted,
    StoreError,
    StoreForeign,
)
from grok_tree.forest import Health
from grok_tree.store._copy import copy_rows
from grok_tree.store._database import SCHEMA_VERSION, Owner, Stopped
from grok_tree.store._schema import metadata
from grok_tree.store._sqlite import SqliteFile

try:
    import psycopg
except ImportError as error:
    raise ExtraMissing(
        'PostgreSQL needs an extra; run: python -m pip install "grok-tree[postgres]"'
    ) from error

_N_READERS = 8
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}
"""For a server that is frozen or cut off; each may be given another value in the URL."""
_OWNING = 0x67726F6B
"""The letters grok: the class of the advisory locks of those who own a schema."""
_WRITING = _OWNING + 1
"""The class of the locks of the sessions that write: none can while another one may."""
_N_TRIES, _PAUSE_S = 10, 0.05
"""A server that was killed leaves its lock as soon as the database notices."""

_ALSO = (
    "CREATE TABLE text_index (up_to_key BIGINT NOT NULL)",
    "INSERT INTO text_index VALUES (0)",
    "CREATE TABLE unindexed (response_key BIGINT PRIMARY KEY)",
    "CREATE TABLE response_text (response_key BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
    "CREATE INDEX response_text_words ON response_text USING gin (words)",
    "INSERT INTO meta VALUES ('database_id', replace(gen_random_uuid()::text, '-', ''))",
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    f"INSERT INTO alembic_version VALUES ('{SCHEMA_VERSION:04d}')",
)
_LOCK = text("SELECT pg_try_advisory_lock(:what, hashtext(current_schema()))")
_HOLDER = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :what"
    " AND l.objid = (hashtext(current_schema())::bigint & 4294967295)"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_OURS = {"conversation", "response", "text_index"}
_SCHEMA = text("SELECT current_schema()")
_ENDPOINT = text("SELECT value FROM meta WHERE name = 'endpoint'")
_ANNOUNCE = text(
    "INSERT INTO meta VALUES ('endpoint', :endpoint)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_PROGRAM = re.compile(r"grok_tree (\d+)@(.*)")

_ADVICE = {
    "53100": "; free some space on its disk and try again",
    "53300": "; it has no connection left: end other programs or raise max_connections",
    "3F000": "; create the schema that its search path names",
    "25006": "; it takes no writes at present: connect to its primary server",
    "28P01": "; check the user and the password of its URL",
    "3D000": "; create the database, or name another",
    "42501": "; give the user the right to use and create tables in it",
}
"""What to do, by SQLSTATE."""
_CONTENTION = ("40001", "40P01")
"""A transaction that cannot be put in order with others, and one in a deadlock with them."""


class PostgresDatabase:
    """A database of a PostgreSQL server: the schema that its URL's search path begins with."""

    def __init__(self, url: URL) -> None:
        """Name a database; nothing is opened."""
        self._url = url.set(drivername="postgresql+psycopg")
        self._lock: _AdvisoryLock | None = None

    @property
    def description(self) -> str:
        """What it is, for people: neither user nor password."""
        host = self._url.host or self._url.query.get("host") or "this machine"
        return f"PostgreSQL database {self._url.database or 'of the user'} at {host}"

    def version(self) -> int | None:
        """Return the number of the newest migration."""
        with self._look() as connection:
            if connection.scalar(_SCHEMA) is None:
                raise StoreError(
                    f"{self.description} has no schema of the name that its search path begins"
                    " with; create it, or name another one"
                )
            tables = inspect(connection).get_table_names()
            if "alembic_version" not in tables:
                if tables:
                    raise self._foreign()
                return None
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if not re.fullmatch(r"\d{4}", str(found)) or not _OURS.issubset(tables):
            raise self._foreign()
        version = int(str(found))
        if version > SCHEMA_VERSION:
            raise SchemaTooNew(
                f"{self.description} has schema {version}, this release knows {SCHEMA_VERSION};"
                " it was left as it is: install a newer grok_tree to open it",
                found=version,
                known=SCHEMA_VERSION,
            )
        return version

    def own(self) -> _AdvisoryLock:
        """Take the advisory lock of the schema."""
        self._lock = _AdvisoryLock(self)
        return self._lock

    def owner(self) -> Owner | None:
        """Return who holds the advisory lock."""
        with self._look() as connection:
            return self._holder(connection, _OWNING)

    def create(self) -> None:
        """Make every table in one transaction."""
        with self.errors(), self._engine().begin() as connection:
            metadata.create_all(connection)
            for statement in _ALSO:
                connection.exec_driver_sql(statement)

    def mark_as_current(self, connection: Connection) -> None:
        """Do nothing: the number of the newest migration says it."""

    def writer_engine(self) -> Engine:
        """Return the engine of the one connection that writes."""
        return self._engine()

    def reader_engine(self) -> Engine:
        """Return the engine of the connections that read, each in one snapshot."""
        return create_engine(
            self._url,
            connect_args=self._connect_args(),
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
            pool_size=_N_READERS,
            pool_pre_ping=True,
        )

    def prepare_writer(self, connection: Connection) -> None:
        """See that the lock is still held, that nobody else writes, and that the tables are there.

        Raises:
            StoreBusy: The lock was lost with a connection, and somebody else has it now.
        """
        if self._lock is not None:
            self._lock.renew()
            self.take(connection, _WRITING)
        connection.execute(text("SELECT count(*) FROM meta")).scalar()
        connection.rollback()

    @contextmanager
    def transaction(self, connection: Connection, *, durable: bool) -> Iterator[None]:
        """Run a block in one write transaction."""
        with self.errors(), connection.begin():
            if not durable:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the database's own errors into ours."""
        try:
            yield
        except (SQLAlchemyError, psycopg.Error) as error:
            raise self._error(error) from error

    def structure_problems(self, _: Connection) -> Iterator[str]:
        """Yield nothing: the server checks its own pages when it reads them."""
        yield from ()

    def scratch(self) -> tempfile.TemporaryDirectory[str]:
        """Return a folder on this machine."""
        return tempfile.TemporaryDirectory(prefix="grok-tree-", ignore_cleanup_errors=True)

    def copy_to(self, connection: Connection, target: Path, stopped: Stopped) -> None:
        """Write every row that a reader's snapshot sees into a new SQLite file."""
        file = SqliteFile(target)
        file.create()
        engine = file.copy_engine()
        with file.errors(), engine.begin() as copy:
            copy_rows(connection, copy, stopped)
        engine.dispose()

    def before_upgrade(self, _version: int) -> None:
        """Do nothing: all migrations are one transaction, and its server has backups."""

    def after_upgrade(self, _version: int) -> None:
        """Do nothing: nothing was kept."""

    def health(self, connection: Connection) -> Health:
        """Return the size of the database and the version of its server."""
        size = connection.scalar(text("SELECT pg_database_size(current_database())"))
        version = connection.scalar(text("SHOW server_version"))
        return Health(
            database=self.description, library=f"PostgreSQL {version}", size_bytes=int(size or 0)
        )

    def tidy(self, _: Connection) -> None:
        """Do nothing: the server looks after its own log."""

    def connect(self) -> Connection:
        """Return a connection of its own, where each statement is a transaction."""
        return self._engine().execution_options(isolation_level="AUTOCOMMIT").connect()

    def take(self, connection: Connection, what: int) -> None:
        """Take a lock, which is freed when the connection ends.

        Raises:
            StoreBusy: Somebody else has it.
        """
        for _ in range(_N_TRIES):
            if connection.scalar(_LOCK, {"what": what}):
                return
            time.sleep(_PAUSE_S)
        raise self._busy(connection, what)

    def _busy(self, connection: Connection, what: int) -> StoreBusy:
        holder = self._holder(connection, what)
        if holder is None:
            return StoreBusy(f"{self.description} is open in another process; try again")
        where = f" at {holder.endpoint}" if holder.endpoint else ""
        return StoreBusy(
            f"{self.description} is open in process {holder.pid} on {holder.host}{where};"
            " connect to that one, or end it first",
            pid=holder.pid,
            endpoint=holder.endpoint,
        )

    def _holder(self, connection: Connection, what: int) -> Owner | None:
        name = connection.scalar(_HOLDER, {"what": what})
        program = _PROGRAM.fullmatch(str(name))
        if program is None:
            return None
        known = inspect(connection).has_table("meta")
        endpoint = connection.scalar(_ENDPOINT) if known else None
        return Owner(int(program[1]), program[2], endpoint or "")

    @contextmanager
    def _look(self) -> Iterator[Connection]:
        with self.errors(), self.connect() as connection:
            yield connection

    def _engine(self) -> Engine:
        engine = create_engine(self._url, connect_args=self._connect_args(), poolclass=NullPool)

        # Whatever the server's default is: what was acknowledged must be on its disk.
        @event.listens_for(engine, "connect")
        def _(connection: psycopg.Connection[Any], _record: object) -> None:
            connection.execute("SET synchronous_commit = on")
            # A plan that was made while a table was empty would read all of it when it has grown.
            connection.execute("SET plan_cache_mode = force_custom_plan")
            connection.commit()

        return engine

    def _connect_args(self) -> dict[str, Any]:
        patience = {name: n for name, n in _PATIENCE.items() if name not in self._url.query}
        program = f"grok_tree {os.getpid()}@{socket.gethostname()}"
        return {**patience, "application_name": program[:63]}

    def _foreign(self) -> StoreForeign:
        return StoreForeign(
            f"{self.description} holds tables that are not grok_tree's, and was left as it is;"
            " name another database, or another schema by ?options=-csearch_path%3DNAME"
        )

    def _error(self, error: Exception) -> GrokTreeError:
        cause = getattr(error, "orig", None) or error
        state = getattr(cause, "sqlstate", None) or ""
        words = str(cause).strip().split("\n")[0]
        if state in _CONTENTION:
            return StoreContention(f"{self.description} was busy with others ({words}); try again")
        if state == "23505":
            return AlreadyExists(
                f"nothing was stored in {self.description}, because an id is taken; use a new id"
            )
        if state.startswith("XX00"):
            return StoreCorrupted(f"{self.description} is damaged ({words}); restore a backup")
        if not state or state.startswith(("08", "57P")):
            # What the driver says of a lost connection may quote the URL.
            return StoreError(
                f"{self.description} does not answer; see that its server runs, and try again"
            )
        return StoreError(f"{self.description} failed: {words}{_ADVICE.get(state, '')}")


class _AdvisoryLock:
    """The lock of a schema, held by a connection of its own and freed when that ends."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._endpoint = ""
        self.renew()

    def announce(self, endpoint: str) -> None:
        """Write down where this process can be joined."""
        self._endpoint = endpoint
        self.renew()
        with self._database.errors():
            assert self._connection is not None
            self._connection.execute(_ANNOUNCE, {"endpoint": endpoint})

    def renew(self) -> None:
        """Take the lock unless it is held.

        Raises:
            StoreBusy: Somebody else has it.
        """
        if self._is_held():
            return
        self.release()
        with self._database.errors():
            connection = self._database.connect()
            try:
                self._database.take(connection, _OWNING)
            except BaseException:
                connection.close()
                raise
        self._connection = connection

    def release(self) -> None:
        """Give the lock up."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _is_held(self) -> bool:
        try:
            return self._connection is not None and self._connection.scalar(text("SELECT 1")) == 1
        except SQLAlchemyError:
            return False
