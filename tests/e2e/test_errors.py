"""What goes wrong is one clear sentence of our own, and nothing is lost by it.

Each case is seen from a program (the class of the error) and from the command line (the exit
code). Exit codes: 1 failed, 2 wrong usage, 4 server unreachable or not signed in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from grok_tree import Client
from grok_tree.errors import (
    AuthenticationFailed,
    ConversationDeletedError,
    ConversationNotFound,
    GrokTreeError,
    InvalidOperationError,
    ModelNotFound,
    PortTaken,
    ResponseNotFound,
    SchemaTooNew,
    ServerUnavailable,
    StoreBusy,
    StoreCorrupted,
    StoreForeign,
)
from grok_tree.server import ServerSettings
from grok_tree.server import running_server as serve
from grok_tree.store import Store
from grok_tree.testing import running_server, server_process
from tests.e2e.conftest import (
    UNKNOWN_ID,
    Filled,
    assert_one_sentence,
    content_of,
    fill,
    grok_tree,
)

NOBODY = "127.0.0.1:1"

FAILURES: dict[str, tuple[Callable[[Client, Filled], object], type[GrokTreeError]]] = {
    "unknown conversation": (
        lambda client, _: client.grok.get_conversation(UNKNOWN_ID),
        ConversationNotFound,
    ),
    "unknown response": (
        lambda client, filled: client.grok.get_conversation(filled.conversation_id).fetch_response(
            UNKNOWN_ID
        ),
        ResponseNotFound,
    ),
    "resample of a human response": (
        lambda client, filled: (
            client.grok.get_conversation(filled.conversation_id)
            .get_response(filled.question_id)
            .resample()
        ),
        InvalidOperationError,
    ),
    "empty message without a parent": (
        lambda client, filled: client.grok.get_conversation(filled.conversation_id).add_response(
            "", parent=None
        ),
        InvalidOperationError,
    ),
    "model that is not there": (
        lambda client, filled: (
            client.grok.get_conversation(filled.conversation_id)
            .add_response("hello", model_name="scripted/none")
            .result()
        ),
        ModelNotFound,
    ),
    "provider that is not there": (
        lambda client, filled: (
            client.grok.get_conversation(filled.conversation_id)
            .add_response("hello", model_name="nobody/none")
            .result()
        ),
        ModelNotFound,
    ),
}


@pytest.mark.parametrize(("act", "error"), FAILURES.values(), ids=FAILURES.keys())
def test_a_program_gets_a_class_of_our_own(
    filled: Filled, act: Callable[[Client, Filled], object], error: type[GrokTreeError]
) -> None:
    with Client(database=filled.database, model="scripted/echo") as client:
        with pytest.raises(error) as caught:
            act(client, filled)
        assert type(caught.value) is error
        assert len(caught.value.message.splitlines()) == 1

    assert content_of(filled) == filled.content


COMMANDS: dict[str, tuple[Callable[[Filled], list[str]], int, str]] = {
    "unknown conversation": (lambda _: ["show", UNKNOWN_ID], 1, UNKNOWN_ID),
    "unknown response": (lambda _: ["resample", UNKNOWN_ID], 1, UNKNOWN_ID),
    "no id": (lambda _: ["show", "xyz"], 1, "xyz"),
    "resample of a human response": (
        lambda filled: ["resample", filled.question_id],
        1,
        "cannot be resampled",
    ),
    "model that is not there": (
        lambda _: ["sample", "--model", "scripted/none", "hello"],
        1,
        "scripted/none",
    ),
    "provider that is not there": (
        lambda _: ["sample", "--model", "nobody/none", "hello"],
        1,
        "nobody",
    ),
}


@pytest.mark.parametrize(("words", "code", "said"), COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_fails_with_one_sentence(
    filled: Filled, words: Callable[[Filled], list[str]], code: int, said: str
) -> None:
    done = grok_tree(*words(filled), GROK_TREE_DATABASE=str(filled.database))

    assert said in assert_one_sentence(done, code=code)
    assert content_of(filled) == filled.content


def test_an_empty_message_without_a_parent_is_wrong_usage(filled: Filled) -> None:
    done = grok_tree("sample", "", GROK_TREE_DATABASE=str(filled.database))

    assert done.returncode == 2
    assert "there is no message" in done.stderr
    assert content_of(filled) == filled.content


# Deleted conversations


def test_a_deleted_conversation_is_named_and_can_come_back(filled: Filled) -> None:
    with Client(database=filled.database, model="scripted/echo") as client:
        conversation = client.grok.get_conversation(filled.conversation_id)
        conversation.delete()
        with pytest.raises(ConversationDeletedError) as caught:
            client.grok.get_conversation(filled.conversation_id)
    done = grok_tree("show", filled.conversation_id, GROK_TREE_DATABASE=str(filled.database))
    with Client(database=filled.database) as client:
        (deleted,) = client.grok.list_conversations(deleted=True)
        deleted.restore()

    assert caught.value.conversation_id == filled.conversation_id
    assert "deleted" in assert_one_sentence(done, code=1)
    assert content_of(filled) == filled.content


# Servers


def test_a_server_that_does_not_run_is_named() -> None:
    once = [("grpc.enable_retries", 0)]
    with (
        Client(NOBODY, channel_options=once) as client,
        pytest.raises(ServerUnavailable, match=NOBODY) as caught,
    ):
        client.grok.list_conversations()
    done = grok_tree("ls", "--host", NOBODY)

    assert caught.value.grpc_status == "UNAVAILABLE"
    assert NOBODY in assert_one_sentence(done, code=4)


@pytest.mark.parametrize(
    "key", [None, "wrong", "rightx", ""], ids=["none", "wrong", "near", "empty"]
)
def test_a_bad_key_is_refused(
    filled: Filled, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROK_TREE_API_KEY", raising=False)
    with running_server(filled.database, api_key="right") as server:
        host = server.address
        with Client(host, api_key=key) as client, pytest.raises(AuthenticationFailed) as caught:
            client.grok.list_conversations()
        done = grok_tree("ls", "--host", host, GROK_TREE_API_KEY=key or "")

    assert "GROK_TREE_API_KEY" in caught.value.message
    assert caught.value.grpc_status == "UNAUTHENTICATED"
    line = assert_one_sentence(done, code=4)
    assert "key" in line
    assert "right" not in line


def test_the_right_key_is_let_in(filled: Filled) -> None:
    with running_server(filled.database, api_key="right") as server:
        done = grok_tree("ls", "--host", server.address, GROK_TREE_API_KEY="right")

    assert (done.returncode, "precious" in done.stdout) == (0, True)


def test_a_taken_port_is_named(filled: Filled, tmp_path: Path) -> None:
    async def serve_at(address: str) -> None:
        async with serve(ServerSettings(database=tmp_path / "other.db", address=address)):
            raise AssertionError("two servers listen on one port")

    with running_server(filled.database) as server:
        port = server.address.rpartition(":")[2]
        with pytest.raises(PortTaken, match=port):
            anyio.run(serve_at, server.address)
        done = grok_tree("serve", "--port", port, "--database", str(tmp_path / "other.db"))

    assert port in assert_one_sentence(done, code=1)
    assert content_of(filled) == filled.content


# Database files


def test_a_database_of_another_process_is_named_with_its_owner(filled: Filled) -> None:
    with server_process(filled.database) as server:
        with pytest.raises(StoreBusy) as caught:
            Store.open(filled.database)
        done = grok_tree("serve", "--port", "0", "--database", str(filled.database))

    assert caught.value.details["pid"] == server.pid
    assert str(server.pid) in assert_one_sentence(done, code=1)
    assert content_of(filled) == filled.content


def newer(database: Path) -> None:
    fill(database)
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 9999")
    connection.close()


def foreign(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE mine (name TEXT)")
    connection.close()


def text(database: Path) -> None:
    database.write_text("Not a database, but somebody's notes.\n" * 100)


def damaged(database: Path) -> None:
    """Overwrite every page but the first, as a bad disk might."""
    fill(database)
    content = bytearray(database.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    database.write_bytes(content)


def cut(database: Path) -> None:
    """Keep the header and half a page."""
    fill(database)
    database.write_bytes(database.read_bytes()[:6_000])


FILES: dict[str, tuple[Callable[[Path], None], type[GrokTreeError]]] = {
    "newer": (newer, SchemaTooNew),
    "foreign": (foreign, StoreForeign),
    "text": (text, StoreForeign),
    "damaged": (damaged, StoreCorrupted),
    "cut": (cut, StoreCorrupted),
}


@pytest.mark.parametrize(("spoil", "error"), FILES.values(), ids=FILES.keys())
def test_a_file_that_cannot_be_used_is_refused_and_left_as_it_is(
    tmp_path: Path, spoil: Callable[[Path], None], error: type[GrokTreeError]
) -> None:
    database = tmp_path / "forests.db"
    spoil(database)
    before = database.read_bytes()

    with Client(database=database) as client, pytest.raises(error, match=r"forests\.db") as caught:
        client.grok.list_conversations()
    done = grok_tree("ls", "--database", str(database))

    assert type(caught.value) is error
    assert "forests.db" in assert_one_sentence(done, code=1)
    assert database.read_bytes() == before
