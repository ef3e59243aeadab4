"""However a server ends, what it has acknowledged is there when it comes back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from grok_tree import Client, SyncConversation
from grok_tree.errors import GrokTreeError
from grok_tree.store import Store
from grok_tree.testing import ServerProcess, server_process
from tests.patience import PATIENCE_S


def reopened(database: Path, conversation_id: str) -> SyncConversation:
    """Read a conversation through a new server, and leave."""
    with server_process(database) as server, Client(server.host) as client:
        return client.grok.get_conversation(conversation_id)


def test_sigterm_during_a_stream_saves_what_came_and_exits_with_0(tmp_path: Path) -> None:
    database = tmp_path / "forests.db"
    with server_process(database) as server, Client(server.host) as client:
        conversation = client.grok.create_conversation(model_name="scripted/hang")
        tokens = iter(conversation.add_response("hello"))
        assert next(tokens) == "waiting"
        assert server.terminate() == 0
        assert server.stderr == ""
        with pytest.raises((StopIteration, GrokTreeError)):
            next(tokens)

    question, kept = reopened(database, conversation.conversation_id).forest
    assert question.message == "hello"
    assert (kept.message, kept.partial) == ("waiting", True)
    assert kept.finish_reason == "cancelled"


def test_sigterm_of_an_idle_server_exits_with_0(tmp_path: Path) -> None:
    with server_process(tmp_path / "forests.db") as server:
        assert server.terminate() == 0
        assert server.stderr == ""


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    database = tmp_path / "notes.txt"
    database.write_text("not a database")

    with (
        pytest.raises(RuntimeError, match=r"ended with 1: error: .*notes\.txt is not a grok_tree"),
        server_process(database),
    ):
        pass


def test_a_server_can_be_started_again_on_its_port(tmp_path: Path) -> None:
    database = tmp_path / "forests.db"
    with server_process(database) as first:
        port = int(first.host.rpartition(":")[2])
        first.terminate()
    with server_process(database, port=port) as second:
        assert second.host == first.host


def test_a_killed_server_keeps_the_growing_answer(tmp_path: Path) -> None:
    """It is saved at least every half second, ten words of 50 ms; a busy machine may take two s."""
    database = tmp_path / "forests.db"
    message = " ".join(f"word{number}" for number in range(200))
    with server_process(database) as server, Client(server.host) as client:
        conversation = client.grok.create_conversation(model_name="scripted/slow")
        tokens = iter(conversation.add_response(message))
        seen = [next(tokens) for _ in range(50)]
        server.kill()

    _, kept = reopened(database, conversation.conversation_id).forest
    assert (kept.partial, kept.finish_reason) == (True, "failed")
    assert f"echo: {message}".startswith(kept.message)
    assert len(kept.message.split()) >= len(seen) - 40


def write_until_it_dies(server: ServerProcess, enough: threading.Event) -> dict[str, str]:
    """Add turns from four threads, kill the server when enough is acknowledged; return those."""
    acknowledged: dict[str, str] = {}
    numbers = count()

    def write() -> None:
        with Client(server.host) as client:
            conversation = client.grok.create_conversation()
            while True:
                message = f"turn {next(numbers)}"
                try:
                    answer = conversation.add_response(message).result()
                except GrokTreeError:
                    return
                acknowledged[answer.response_id] = answer.message
                if len(acknowledged) >= 60:
                    enough.set()

    with ThreadPoolExecutor(4) as threads:
        for _ in range(4):
            threads.submit(write)
        assert enough.wait(PATIENCE_S)
        server.kill()
    return acknowledged


@pytest.mark.parametrize("attempt", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_what_a_killed_server_acknowledged_is_there(tmp_path: Path, attempt: int) -> None:
    del attempt
    database = tmp_path / "forests.db"
    with server_process(database) as server:
        acknowledged = write_until_it_dies(server, threading.Event())
    found: dict[str, str] = {}
    with server_process(database) as server, Client(server.host) as client:
        for conversation in client.grok.iter_conversations():
            conversation.load()
            for response in conversation.forest:
                found[response.response_id] = response.message
                assert response.sender == "human" or response.finish_reason is not None
    store = Store.open(database)
    try:
        assert store.check() == []
    finally:
        store.close()

    assert len(acknowledged) >= 60
    assert {key: found.get(key) for key in acknowledged} == acknowledged
