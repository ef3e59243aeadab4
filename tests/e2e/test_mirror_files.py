"""A mirror that cannot be used is renamed and begun anew, and its reader gets what it asked for."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grok_tree import Client
from grok_tree.client import MirrorWarning, clear_mirrors, mirror_folder, verify_mirrors
from grok_tree.errors import ServerUnavailable
from grok_tree.testing import running_server, server_process

HOLDER = """
import sys
from grok_tree import Client

with Client(sys.argv[1]) as client:
    client.grok.get_conversation(sys.argv[2])
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with running_server(tmp_path / "server.db") as server:
        yield server.address


@pytest.fixture
def conversation_id(address: str) -> str:
    """A conversation that is in the mirror, which nobody has open."""
    with Client(address) as client:
        conversation = client.grok.create_conversation(title="kept")
        conversation.add_response("hello").result()
        conversation.refresh()
        return conversation.conversation_id


def the_mirror() -> Path:
    (path,) = mirror_folder().glob("*.db")
    return path


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database at all" * 100)


def another_programs(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()


def newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.commit()
    connection.close()


def a_servers_own(path: Path) -> None:
    path.unlink()
    with running_server(path) as server, Client(server.address, mirror=False) as client:
        client.grok.create_conversation().create()


def without_tables(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE mirrored")
    connection.execute("DROP TABLE meta")
    connection.commit()
    connection.close()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwritten(path: Path) -> None:
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (size - 4096))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "something").write_text("of somebody")


@pytest.mark.parametrize(
    "spoil",
    [garbage, another_programs, newer, a_servers_own, without_tables, cut, overwritten, a_folder],
    ids=lambda spoil: spoil.__name__,
)
def test_a_bad_mirror_is_renamed_and_begun_anew(
    spoil: Callable[[Path], None], address: str, conversation_id: str
) -> None:
    path = the_mirror()
    spoil(path)

    with Client(address) as client:
        with pytest.warns(MirrorWarning, match="was renamed to .*aside-1 and is begun anew"):
            conversation = client.grok.get_conversation(conversation_id)
        assert len(conversation.forest) == 2

    assert path.with_name(f"{path.name}.aside-1").exists()
    with Client(address) as client:  # and the new one is well
        assert len(client.grok.get_conversation(conversation_id).forest) == 2
    (state,) = verify_mirrors()
    assert state.state == "ok"


def test_an_empty_file_becomes_a_mirror(address: str, conversation_id: str) -> None:
    the_mirror().write_bytes(b"")
    with Client(address) as client:
        assert len(client.grok.get_conversation(conversation_id).forest) == 2


def test_where_no_mirror_can_be_kept_reading_needs_the_server(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GROK_TREE_CACHE", str(tmp_path / "file" / "cache"))
    with Client(address) as client:
        conversation = client.grok.create_conversation()
        conversation.add_response("hello").result()
        with pytest.warns(MirrorWarning, match="no mirror is kept"):
            conversation.refresh()
        assert len(conversation.forest) == 2


def test_a_bad_mirror_without_the_server_is_as_none(tmp_path: Path) -> None:
    with server_process(tmp_path / "server.db") as server:
        with Client(server.host) as client:
            made = client.grok.create_conversation()
            made.create()
            made.load()
        server.kill()
    garbage(the_mirror())
    with (
        Client(server.host, channel_options=[("grpc.enable_retries", 0)]) as client,
        pytest.warns(MirrorWarning),
        pytest.raises(ServerUnavailable, match="never loaded"),
    ):
        client.grok.get_conversation(made.conversation_id)


def test_two_processes_have_a_mirror_each(address: str, conversation_id: str) -> None:
    command = [sys.executable, "-c", HOLDER, address, conversation_id]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "open\n"
            with Client(address) as client, pytest.warns(MirrorWarning, match="another process"):
                assert len(client.grok.get_conversation(conversation_id).forest) == 2
            assert len(list(mirror_folder().glob("*.db"))) == 2
            assert {state.state for state in verify_mirrors()} == {"ok", "busy"}
            assert {state.state for state in clear_mirrors()} == {"removed", "busy"}
        finally:
            other.kill()
    assert [state.state for state in clear_mirrors()] == ["removed"]
    assert list(mirror_folder().glob("*.db")) == []


def test_two_clients_of_one_process_share_the_mirror(address: str, conversation_id: str) -> None:
    with Client(address) as one, Client(address) as two:
        one.grok.get_conversation(conversation_id)
        assert len(two.grok.get_conversation(conversation_id).forest) == 2
        one.close()
        two.grok.get_conversation(conversation_id).star()
        assert two.grok.get_conversation(conversation_id).starred


@pytest.mark.usefixtures("conversation_id")
def test_changed_texts_are_found() -> None:
    connection = sqlite3.connect(the_mirror())
    connection.execute("UPDATE response SET message = 'forged' WHERE position = 0")
    connection.commit()
    connection.close()
    (state,) = verify_mirrors()
    assert state.state == "damaged"
    assert "was changed on disk" in state.problems[0]


def test_clearing_takes_what_was_put_aside(address: str, conversation_id: str) -> None:
    garbage(the_mirror())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MirrorWarning)
        with Client(address) as client:
            client.grok.get_conversation(conversation_id)
    assert [state.state for state in clear_mirrors()] == ["removed", "removed"]
    assert not [path for path in mirror_folder().iterdir() if path.suffix == ".db"]
