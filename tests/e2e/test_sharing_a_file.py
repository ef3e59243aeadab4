"""One process owns a database file; the others of this machine join it, and take over in turn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grok_tree import Client
from grok_tree.testing import server_process

PROGRAM = """
import sys
from grok_tree import Client

with Client(database=sys.argv[1], model="scripted/echo") as client:
    answer = client.grok.create_conversation(title="mine").add_response("hello").result()
    print(answer.message, flush=True)
    sys.stdin.read()  # whoever has the file stays until all have their answer
"""


def start_program(database: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, str(database)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.PIPE
    )


def test_programs_that_start_at_the_same_time_all_get_in(tmp_path: Path) -> None:
    database = tmp_path / "forests.db"
    programs = [start_program(database) for _ in range(4)]
    said = [program.stdout.readline() for program in programs if program.stdout is not None]
    rest = [program.communicate(timeout=50) for program in programs]

    assert (said, rest) == (["echo: hello\n"] * 4, [("", "")] * 4)
    with Client(database=database) as client:
        assert len(client.grok.list_conversations()) == 4


def test_an_embedded_client_joins_the_server_that_has_the_file(tmp_path: Path) -> None:
    database = tmp_path / "forests.db"
    with server_process(database) as server, Client(database=database) as joined:
        joined.grok.create_conversation(title="through the file").create()
        with Client(server.host) as remote:
            titles = [conversation.title for conversation in remote.grok.list_conversations()]

    assert titles == ["through the file"]


@pytest.mark.parametrize("ending", ["terminate", "kill"])
def test_a_client_takes_over_when_the_owner_of_the_file_ends(tmp_path: Path, ending: str) -> None:
    database = tmp_path / "forests.db"
    with (
        server_process(database) as server,
        Client(database=database, model="scripted/echo") as client,
    ):
        conversation = client.grok.create_conversation()
        conversation.add_response("before").result()
        getattr(server, ending)()
        conversation.add_response("after").result()

        reopened = client.grok.get_conversation(conversation.conversation_id)
        assert [r.message for r in reopened.forest] == [
            "before",
            "echo: before",
            "after",
            "echo: after",
        ]


def test_two_clients_of_one_process_share_the_embedded_server(tmp_path: Path) -> None:
    database = tmp_path / "forests.db"
    with Client(database=database, model="scripted/echo") as first:
        first.grok.create_conversation(title="shared").create()
        with Client(database=database) as second:
            assert [c.title for c in second.grok.list_conversations()] == ["shared"]
        first.grok.create_conversation(title="still there").create()
        assert len(first.grok.list_conversations()) == 2
