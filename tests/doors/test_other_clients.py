"""A tool and a framework, unmodified and in processes of their own, leave the forests they mean."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from grok_tree import Client
from grok_tree.testing import running_server
from grok_tree.web import path_with

KEY = "of the lab"

LLM = """
    import llm

    def talk(*questions):
        conversation = llm.get_model("gpt-4o-mini").conversation()
        for question in questions:
            print(conversation.prompt(question, system="Be brief.").text())

    talk("one", "two", "three", "four", "five")
    talk("one", "2", "three")
    talk("one", "2")
"""
LLM_TREE = """
    one
      echo: one
        two
          echo: two
            three
              echo: three
                four
                  echo: four
                    five
                      echo: five
      echo: one
        2
          echo: 2
            three
              echo: three
          echo: 2
      echo: one
"""
PYDANTIC_AI = """
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel

    agent = Agent(OpenAIChatModel("gpt-4o-mini"), system_prompt="Be brief.")
    histories = [[]]
    for question in ("one", "two", "three", "four", "five"):
        for _ in range(2):
            answer = agent.run_sync(question, message_history=histories[-1])
        print(answer.output)
        histories.append(answer.all_messages())
    agent.run_sync("2", message_history=histories[1])
"""
PYDANTIC_AI_TREE = """
    one
      echo: one
      echo: one
        two
          echo: two
          echo: two
            three
              echo: three
              echo: three
                four
                  echo: four
                  echo: four
                    five
                      echo: five
                      echo: five
        2
          echo: 2
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("others") / "forests.db", api_key=KEY) as running:
        yield running.address


def run(client: Client, code: str, folder: Path, group: str) -> list[str]:
    """Run a script with OpenAI's variables pointed at the server, and return what it wrote."""
    wishes = {"conversation": group, "model": "scripted/echo"}
    environment = {
        **os.environ,
        "OPENAI_BASE_URL": f"{client.doors().http_url}{path_with(wishes.items())}/v1",
        "OPENAI_API_KEY": KEY,
        "LLM_USER_PATH": str(folder),
        # The package of our local model's weights is a plugin, too, for a runtime that is not here.
        "LLM_LOAD_PLUGINS": "",
    }
    command = [sys.executable, "-c", dedent(code)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def tree(client: Client, group: str) -> list[str]:
    """Return the conversation of a name, each response in a line below its parent's."""
    (found,) = [one for one in client.grok.iter_conversations() if one.title == group]
    found.load()
    lines = []
    waiting = [(0, root) for root in reversed(found.root_responses)]
    while waiting:
        depth, response = waiting.pop()
        lines.append("  " * depth + response.message)
        waiting += [(depth + 1, child) for child in reversed(response.children)]
    return lines


@pytest.mark.parametrize(
    ("code", "expected"),
    [(LLM, LLM_TREE), (PYDANTIC_AI, PYDANTIC_AI_TREE)],
    ids=["llm", "pydantic_ai"],
)
def test_five_turns_with_second_thoughts_are_the_tree_that_was_meant(
    server: str, tmp_path: Path, request: pytest.FixtureRequest, code: str, expected: str
) -> None:
    group = f"{request.node.name} öß"
    with Client(server, api_key=KEY) as client:
        said = run(client, code, tmp_path, group)
        assert said[:5] == ["echo: one", "echo: two", "echo: three", "echo: four", "echo: five"]
        assert tree(client, group) == dedent(expected).strip().splitlines()
