"""The command that follows a conversation."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from grok_tree import Client
from tests.e2e.cli._command import Command, read_until
from tests.patience import PATIENCE_S


@contextmanager
def watching(command: Command, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command until the block is left."""
    process = command.start("watch", *arguments)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_each_change_is_a_line_until_ctrl_c(command: Command) -> None:
    with Client(database=command.database, model="scripted/echo") as client:
        conversation = client.grok.create_conversation(title="watched")
        conversation.add_response("hello").result()
        with watching(command, conversation.conversation_id, "--since", "0") as process:
            assert b"human" in read_until(process, b"echo: hello")
            conversation.set_title("renamed")
            read_until(process, b"title")
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 130


def test_changes_are_records_with_their_responses(command: Command) -> None:
    with Client(database=command.database, model="scripted/echo") as client:
        conversation = client.grok.create_conversation()
        conversation.add_model_response("by hand")
        arguments = (conversation.conversation_id, "--since", "0", "--json")
        with watching(command, *arguments) as process:
            record = json.loads(read_until(process, b"\n"))
    assert record["response"]["message"] == "by hand"
    assert (record["deleted"], record["fields"]) == (False, [])
