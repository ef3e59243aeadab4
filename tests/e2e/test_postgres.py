"""A server on PostgreSQL keeps what it acknowledged, and has the database to itself."""

from __future__ import annotations

import json
import re

import pytest

from grok_tree import Client
from grok_tree.testing import server_process
from tests.e2e.conftest import grok_tree


def test_what_was_acknowledged_is_there_after_a_kill(postgres_url: str) -> None:
    with server_process(postgres_url) as server, Client(server.host) as client:
        conversation = client.grok.create_conversation(title="precious")
        answer = conversation.add_response("hello").result()
        server.kill()
    with server_process(postgres_url) as server, Client(server.host) as client:
        again = client.grok.get_conversation(conversation.conversation_id)
        assert [one.message for one in again.forest] == ["hello", answer.message]
        assert again.title == "precious"


def test_a_second_server_is_refused_and_told_which_process_is_the_first(postgres_url: str) -> None:
    with (
        server_process(postgres_url) as first,
        pytest.raises(RuntimeError, match=rf"is open in process {first.pid}"),
        server_process(postgres_url),
    ):
        pass


def test_embedded_clients_share_it_as_they_share_a_file(postgres_url: str) -> None:
    with (
        Client(database=postgres_url, model="scripted/echo") as one,
        Client(database=postgres_url, model="scripted/echo") as other,
    ):
        conversation = one.grok.create_conversation()
        conversation.add_response("hello").result()
        found = other.grok.get_conversation(conversation.conversation_id)
        assert len(found.forest) == 2


def test_the_commands_take_its_url(postgres_url: str) -> None:
    at = {"GROK_TREE_DATABASE": postgres_url}
    sampled = grok_tree("sample", "hello", "--model", "scripted/echo", **at)
    listed = grok_tree("ls", "--json", **at)
    checked = grok_tree("doctor", "--json", **at)
    assert (sampled.returncode, listed.returncode) == (0, 0), sampled.stderr + listed.stderr
    assert json.loads(listed.stdout)["n_responses"] == 2
    findings = {one["what"]: one for one in map(json.loads, checked.stdout.splitlines())}
    assert findings["database"]["state"] == "ok"
    assert re.match("PostgreSQL database", findings["database"]["detail"])
