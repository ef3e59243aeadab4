"""A PostgreSQL server that cannot be reached for a while, or whose connections break."""

from __future__ import annotations

import pytest
from anyio import to_thread
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from grok_tree.errors import StoreError
from grok_tree.store import Store
from tests.faults._proxy import proxy_to
from tests.unit.store._shelf import add_conversation, add_one, read

pytestmark = pytest.mark.anyio

LOCALHOST = "127.0.0.1"
CONNECT_S = "2"
"""The shortest that the driver's library knows."""


def reached_over_tcp(url: URL) -> URL:
    """Return the URL by which a proxy can reach the server; skip the test if there is none."""
    try:
        with create_engine(url, poolclass=NullPool).connect() as connection:
            port = int(connection.execute(text("SHOW port")).scalar_one())
        host = url.host if url.host and not url.host.startswith("/") else LOCALHOST
        found = url.set(host=host, port=url.port or port)
        create_engine(found, poolclass=NullPool).connect().close()
    except SQLAlchemyError:
        pytest.skip("the PostgreSQL server answers on its socket only, where no proxy fits between")
    return found


async def test_a_database_that_was_away_is_found_again(postgres_url: str) -> None:
    direct = reached_over_tcp(make_url(postgres_url))
    async with proxy_to(f"{direct.host}:{direct.port}") as proxy:
        host, _, port = proxy.host.rpartition(":")
        through = direct.set(host=host, port=int(port)).update_query_dict(
            {"connect_timeout": CONNECT_S}
        )
        location = through.render_as_string(hide_password=False)
        store = await to_thread.run_sync(Store.open, location)
        home = await to_thread.run_sync(add_conversation, store, "kept")

        proxy.freeze()
        proxy.cut()
        for call in (add_one, add_one, read_title):
            with pytest.raises(StoreError, match="does not answer"):
                await to_thread.run_sync(call, store, home)

        proxy.thaw()
        assert await to_thread.run_sync(add_one, store, home)
        assert await to_thread.run_sync(read_title, store, home) == "kept"
        await to_thread.run_sync(store.close)


def read_title(store: Store, conversation_id: str) -> str:
    return read(store, lambda reader: reader.conversation(conversation_id)).title
