"""A database with a conversation in it, and a way to see that nothing of it was lost."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from grok_tree import Client
from grok_tree.testing import SeenConversation, seen_conversation

UNKNOWN_ID = "01900000-0000-7000-8000-00000000dead"


@dataclass(frozen=True)
class Filled:
    """A closed database with one turn in it."""

    database: Path
    conversation_id: str
    question_id: str
    answer_id: str
    content: SeenConversation


def fill(database: Path) -> Filled:
    with Client(database=database, model="scripted/echo") as client:
        conversation = client.grok.create_conversation(title="precious")
        answer = conversation.add_response("hello").result()
        question = answer.path[0]
        content = seen_conversation(conversation.value, list(conversation.forest))
        return Filled(
            database,
            conversation.conversation_id,
            question.response_id,
            answer.response_id,
            content,
        )


def content_of(filled: Filled) -> SeenConversation:
    """Read the conversation again, from the file."""
    with Client(database=filled.database, model="scripted/echo") as client:
        conversation = client.grok.get_conversation(filled.conversation_id)
        return seen_conversation(conversation.value, list(conversation.forest))


@pytest.fixture
def filled(tmp_path: Path) -> Filled:
    return fill(tmp_path / "forests.db")


def grok_tree(*words: str, typed: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    return subprocess.run(
        [Path(sys.executable).with_name("grok-tree"), *words],
        input=typed,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**os.environ, "GROK_TREE_MODEL": "scripted/echo", **variables},
    )


def assert_one_sentence(done: subprocess.CompletedProcess[str], *, code: int) -> str:
    """Check that a command failed with this code and one clear line, and return the line."""
    assert done.returncode == code, done
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    return lines[0]
