"""Ctrl-C in the middle of an answer: the program ends at once, and what came is kept."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grok_tree import Client
from tests.patience import PATIENCE_S

BLOCKING = """
import sys
from grok_tree import Client
with Client(database=sys.argv[1], model="scripted/hang") as client:
    for token in client.grok.create_conversation().add_response("hello"):
        print(token, flush=True)
"""
ASYNC = """
import asyncio, sys
from grok_tree import AsyncClient
async def main():
    async with AsyncClient(database=sys.argv[1], model="scripted/hang") as client:
        async for token in client.grok.create_conversation().add_response("hello"):
            print(token, flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize("program", [BLOCKING, ASYNC], ids=["blocking", "async"])
def test_an_interrupted_program_ends_at_once_and_keeps_what_came(
    tmp_path: Path, program: str
) -> None:
    database = tmp_path / "forests.db"
    command = [sys.executable, "-c", program, str(database)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == -signal.SIGINT
    assert said.rstrip().endswith("KeyboardInterrupt")

    with Client(database=database, model="scripted/echo") as client:
        (conversation,) = client.grok.list_conversations()
        conversation.load()
        answer = conversation.forest.responses[-1]
    assert (answer.message, answer.partial) == ("waiting", True)
    assert answer.finish_reason in ("cancelled", "disconnected")
