"""A server process that other commands work on."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from grok_tree import Client
from grok_tree.testing import ServerProcess, server_process
from tests.e2e.cli._command import Command


def remote(command: Command, server: ServerProcess) -> None:
    """Make the commands work on a server."""
    command.patch.delenv("GROK_TREE_DATABASE")
    command.patch.setenv("GROK_TREE_HOST", server.host)


def test_commands_work_on_a_server(command: Command) -> None:
    with server_process(command.database) as server:
        remote(command, server)
        asked = command.run("sample", "over the wire", "--json")
        (answer,) = asked.records
        assert answer["message"] == "echo: over the wire"
        assert "over the wire" in command.run("show", answer["conversation_id"]).out
        assert "answers" in command.run("doctor").out


def test_a_shared_path_is_a_page_of_the_server(command: Command) -> None:
    with server_process(command.database) as server:
        remote(command, server)
        url = command.run("chat", given="hello\n/share\n").out.splitlines()[1]
        assert url.startswith(f"{server.http_url}/s/")
        with urllib.request.urlopen(url) as page:
            assert b"echo: hello" in page.read()


def test_sigterm_ends_a_server_with_exit_code_0_and_keeps_everything(command: Command) -> None:
    with server_process(command.database) as server:
        remote(command, server)
        command.run("sample", "kept")
        assert server.terminate() == 0
    command.patch.delenv("GROK_TREE_HOST")
    command.patch.setenv("GROK_TREE_DATABASE", str(command.database))
    assert len(command.run("ls", "--json").records) == 1


def test_a_key_is_needed_where_one_is_set(command: Command) -> None:
    with server_process(command.database, environment={"GROK_TREE_API_KEY": "s3cret"}) as server:
        remote(command, server)
        refused = command.run("ls")
        assert refused.code == 4
        assert "key is missing" in refused.err
        command.patch.setenv("GROK_TREE_API_KEY", "s3cret")
        assert command.run("ls").code == 0


def test_a_port_that_is_taken_is_one_sentence(command: Command, tmp_path: Path) -> None:
    with server_process(command.database) as server:
        port = server.host.rpartition(":")[2]
        other = str(tmp_path / "other.db")
        arguments = ("serve", "--port", port, "--http-port", "0", "--database", other)
        with command.start(*arguments) as process:
            _, errors = process.communicate()
    assert process.returncode == 1
    assert errors.startswith(f"error: cannot listen on 127.0.0.1:{port}".encode())
    assert len(errors.splitlines()) == 1


def test_other_machines_are_not_let_in_without_a_key(command: Command) -> None:
    failed = command.run("serve", "--host", "0.0.0.0", "--port", "0")
    assert failed.code == 1
    assert "set GROK_TREE_API_KEY first" in failed.err


def test_shares_begin_with_the_address_that_the_configuration_names(command: Command) -> None:
    config = Path(command.variables["GROK_TREE_CONFIG"])
    config.write_text('share_url = "https://forest.example"\n', encoding="utf-8")
    with server_process(command.database) as server:
        remote(command, server)
        url = command.run("chat", given="hello\n/share\n").out.splitlines()[1]
    assert url.startswith("https://forest.example/s/")


def test_ready_is_one_line_of_json(command: Command) -> None:
    with command.start("serve", "--json", "--port", "0", "--http-port", "0") as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        process.terminate()
        rest, errors = process.communicate()
    assert ready["pid"] == process.pid
    assert set(ready) == {"grpc", "http", "pid", "clients"}
    assert (process.returncode, rest, errors) == (0, b"", b"")


def test_a_server_on_every_address_is_joined_on_this_machine(command: Command) -> None:
    key = {"GROK_TREE_API_KEY": "swordfish"}
    options = ("--host", "0.0.0.0")
    with server_process(command.database, options=options, environment=key) as server:
        with Client(database=command.database, api_key="swordfish") as client:
            doors = client.doors()
        port = urlsplit(server.http_url).port
    assert (doors.is_near, doors.http_url) == (True, f"http://127.0.0.1:{port}")


def test_for_each_door_there_is_the_line_that_a_client_needs(command: Command) -> None:
    ports = ("--port", "0", "--http-port", "0")
    with command.start("serve", *ports, "--json") as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        process.terminate()
    port = ready["grpc"].rpartition(":")[2]
    assert ready["clients"]["native"] == f'Client("127.0.0.1:{port}")'
    client = f'xai_sdk.Client("any-text", api_host="localhost:{port}")'
    assert ready["clients"]["original"] == ready["clients"]["xai"] == client
    url = f"{ready['http']}/v1"
    assert ready["clients"]["openai"] == f"OPENAI_BASE_URL={url} OPENAI_API_KEY=any-text"
    assert ready["clients"]["shares"] == f"{ready['http']}/s/..."


@pytest.mark.parametrize("model", ["scripted/words-20", "scripted/echo"])
def test_the_model_of_a_server_is_its_default(command: Command, model: str) -> None:
    with server_process(command.database, model=model) as server:
        remote(command, server)
        command.patch.delenv("GROK_TREE_MODEL")
        (answer,) = command.run("sample", "x", "--json").records
    assert answer["model_name"] == model
