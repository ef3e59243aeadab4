"""Backups through a client: whole, or not there at all."""

from __future__ import annotations

import stat
from contextlib import closing
from pathlib import Path

import pytest

from grok_tree import Client
from grok_tree.errors import ConnectionFailedError, InvalidOperationError
from grok_tree.store import Store
from grok_tree.testing import running_server, server_process
from tests.unit.store._shelf import add, add_conversation, drafted

N_LONG = 40
LONG = "so long that a copy takes its time " * 16_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A database that does not fit between a server and a client that reads nothing."""
    database = tmp_path / "server" / "forests.db"
    with closing(Store.open(database)) as store:
        add(store, add_conversation(store), [drafted(LONG) for _ in range(N_LONG)])
    return database


def test_a_backup_tells_how_far_it_is_and_is_private(large: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    copy = tmp_path / "copy.db"
    with running_server(large) as server, Client(server.address, mirror=False) as client:
        size = client.backup(copy, progress=lambda *far: told.append(far))
    assert told == sorted(told)
    assert told[-1] == (size, size) == (copy.stat().st_size, size)
    assert len({total for _, total in told}) == 1
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_server_that_dies_leaves_no_file(large: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    with server_process(large) as server, Client(server.host, mirror=False) as client:

        def kill(*_: int) -> None:
            server.kill()

        with pytest.raises(ConnectionFailedError):
            client.backup(folder / "copy.db", progress=kill)
        assert list(folder.iterdir()) == []
        assert list(large.parent.glob("*.copying-*"))
    with server_process(large):
        assert not list(large.parent.glob("*.copying-*"))


def test_a_reader_that_has_enough_leaves_nothing_on_the_server(large: Path, tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def leave(*_: int) -> None:
        raise Enough

    with running_server(large) as server, Client(server.address, mirror=False) as client:
        with pytest.raises(Enough):
            client.backup(tmp_path / "copy.db", progress=leave)
        assert client.check_store().problems == ()
    assert not list(large.parent.glob("*.copying-*"))
    assert not list(tmp_path.glob("*copy*"))


def test_a_file_that_comes_meanwhile_stays(large: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"

    def interfere(*_: int) -> None:
        copy.write_text("mine")

    with (
        running_server(large) as server,
        Client(server.address, mirror=False) as client,
        pytest.raises(InvalidOperationError, match="exists already"),
    ):
        client.backup(copy, progress=interfere)
    assert copy.read_text() == "mine"
