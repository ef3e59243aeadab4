"""The contract over gRPC: from the async client, and from the blocking one, remote and embedded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from grok_tree.client import AsyncClient, Client
from grok_tree.errors import ConversationDeletedError, ConversationNotFound
from grok_tree.testing import SeenConversation, running_server
from grok_tree.testing.contracts import (
    AsyncClientBackend,
    Backend,
    ForestContract,
    OpenBackend,
    open_async_backend,
    open_sync_backend,
)
from tests import postgres


class TestAsyncClientOfARemoteServer(ForestContract):
    mirror = False

    @pytest.fixture
    def open_backend(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenBackend:
        numbers = count()

        @contextmanager
        def opened() -> Iterator[Backend]:
            number = next(numbers)
            monkeypatch.setenv("GROK_TREE_CACHE", str(tmp_path / f"cache-{number}"))
            with (
                running_server(tmp_path / f"{number}.db") as server,
                open_async_backend(AsyncClient(server.address, mirror=self.mirror)) as backend,
            ):
                yield backend

        return opened


class TestAsyncClientWithAMirror(TestAsyncClientOfARemoteServer):
    mirror = True


class TestAsyncClientOfAServerOnPostgres(ForestContract):
    @pytest.fixture
    def open_backend(self, needs_postgres: None) -> OpenBackend:  # noqa: ARG002
        @contextmanager
        def opened() -> Iterator[Backend]:
            with (
                postgres.fresh_schema() as url,
                running_server(url) as server,
                open_async_backend(AsyncClient(server.address, mirror=False)) as backend,
            ):
                yield backend

        return opened


class ReadAhead(AsyncClientBackend):
    """A backend before which another client of the same mirror has read everything."""

    ahead: Client

    def seen(self, conversation_id: str) -> SeenConversation:
        with suppress(ConversationDeletedError, ConversationNotFound):
            self.ahead.grok.get_conversation(conversation_id)
        return super().seen(conversation_id)


class TestAsyncClientOfAMirrorThatIsAhead(ForestContract):
    max_histories = 2
    max_long_histories = 48

    @pytest.fixture
    def open_backend(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenBackend:
        numbers = count()

        @contextmanager
        def opened() -> Iterator[Backend]:
            number = next(numbers)
            monkeypatch.setenv("GROK_TREE_CACHE", str(tmp_path / f"cache-{number}"))
            with (
                running_server(tmp_path / f"{number}.db") as server,
                Client(server.address) as ahead,
                start_blocking_portal() as portal,
                portal.wrap_async_context_manager(AsyncClient(server.address)) as client,
            ):
                backend = ReadAhead(portal, client)
                backend.ahead = ahead
                yield backend

        return opened


class TestBlockingClientOfARemoteServer(ForestContract):
    @pytest.fixture
    def open_backend(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenBackend:
        numbers = count()

        @contextmanager
        def opened() -> Iterator[Backend]:
            number, socket = next(numbers), f"unix:{tmp_path}/socket"
            monkeypatch.setenv("GROK_TREE_CACHE", str(tmp_path / f"cache-{number}"))
            with (
                running_server(tmp_path / f"{number}.db", address=socket),
                open_sync_backend(Client(socket)) as backend,
            ):
                yield backend

        return opened


class TestBlockingClientOfTheEmbeddedServer(ForestContract):
    @pytest.fixture
    def open_backend(self, tmp_path: Path) -> OpenBackend:
        numbers = count()

        def opened() -> Client:
            database = tmp_path / f"{next(numbers)}.db"
            return Client(database=database, model="scripted/echo")

        return lambda: open_sync_backend(opened())
