"""The PostgreSQL server that tests may use, and a schema of its own for each of them.

Which server: the one that GROK_TREE_TEST_POSTGRES names by URL, else one that answers on this
machine's socket. Without one, the tests that need it are skipped and say so.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

VARIABLE = "GROK_TREE_TEST_POSTGRES"
ON_SOCKET = "postgresql+psycopg:///postgres"
MISSING = (
    f"no PostgreSQL server answers: start one on this machine's socket, or name one in {VARIABLE}"
)


@cache
def server() -> URL | None:
    """Return the server's URL, None when there is none."""
    try:
        url = make_url(os.environ.get(VARIABLE) or ON_SOCKET).set(drivername="postgresql+psycopg")
        create_engine(
            url, poolclass=NullPool, connect_args={"connect_timeout": 3}
        ).connect().close()
    except (ArgumentError, ImportError, SQLAlchemyError):
        return None
    return url


def describe() -> str:
    """Return a line that says which server the tests use; without a password."""
    url = server()
    return MISSING if url is None else f"PostgreSQL: {url.render_as_string(hide_password=True)}"


@contextmanager
def fresh_schema() -> Iterator[str]:
    """Give the URL of a new, empty schema, and drop it in the end."""
    url = server()
    assert url is not None, MISSING
    name = f"grok_tree_test_{secrets.token_hex(6)}"
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    try:
        own = url.update_query_dict({"options": f"-csearch_path={name}"})
        yield own.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
