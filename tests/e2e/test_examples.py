"""The programs of a newcomer, run as they are, with a scripted model."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import anyio.to_thread
import pytest

from tests.unit.samplers._xai_server import chunk, end, output, says, xai_server

EXAMPLES = Path(__file__).parents[2] / "examples"
SHARED = re.compile(r"http://127\.0\.0\.1:\d+/s/[\w-]{20,}")


def run_example(name: str, folder: Path, *, typed: str = "") -> list[str]:
    """Run an example and return its lines; nothing may go to the standard error."""
    done = finished_example(name, folder, typed=typed)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def finished_example(
    name: str, folder: Path, *, typed: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run an example to its end."""
    return subprocess.run(
        [sys.executable, EXAMPLES / name],
        input=typed,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        cwd=folder,
        env={
            **os.environ,
            "GROK_TREE_MODEL": "scripted/echo",
            "GROK_TREE_DATABASE": str(folder / "forests.db"),
            "GROK_TREE_CONFIG": str(folder / "config.toml"),
            "XAI_API_KEY": "",
            **variables,
        },
    )


def test_any_client(tmp_path: Path) -> None:
    answer = "  echo: And which one do bees see best?"
    assert run_example("any_client.py", tmp_path) == [
        "ours:    echo: Name a colour.",
        "OpenAI: ",
        answer,
        answer,
        f"xAI:    {answer[1:]}",
        "forest:  <Forest 'Three clients': 6 responses, 3 tips>",
    ]


BRANCHES = [
    "answer:    echo: Why is the sky blue?",
    "siblings:  3",
    "replaced:  echo: Why is the sky red in the evening?",
    "by hand:   Because of Rayleigh scattering.",
    "path:      human > assistant > human > assistant",
    "starred:   True",
    "shared at: URL",
    "forest:    <Forest 'Branches': 10 responses, 6 tips>",
]


def test_the_linear_chat_of_the_original_runs(tmp_path: Path) -> None:
    lines = run_example("linear_chat.py", tmp_path, typed="hello there\nand now?\n\n")

    assert lines[0] == "You: Grok: echo: hello there"
    assert re.fullmatch(r"\(.+\)", lines[1])
    assert lines[2] == "You: Grok: echo: and now?"
    assert lines[3:] == ["You: "]


def test_the_linear_chat_is_kept_for_the_next_time(tmp_path: Path) -> None:
    run_example("linear_chat.py", tmp_path, typed="hello\n\n")
    run_example("linear_chat.py", tmp_path, typed="again\n\n")

    assert (tmp_path / "forests.db").exists()


def test_branches_are_grown_with_the_async_client(tmp_path: Path) -> None:
    lines = run_example("branches.py", tmp_path)

    assert [SHARED.sub("URL", line) for line in lines] == BRANCHES


def test_branches_are_grown_with_the_blocking_client_in_a_running_loop(tmp_path: Path) -> None:
    lines = run_example("branches_in_a_notebook.py", tmp_path)

    assert [SHARED.sub("URL", line) for line in lines] == BRANCHES


def test_live_grok_without_a_key_says_what_to_do(tmp_path: Path) -> None:
    done = finished_example("live_grok.py", tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "xai/grok-4.7 cannot be used: no key for api.x.ai:443; set XAI_API_KEY\n"
    )


@pytest.mark.anyio
async def test_live_grok_answers_and_says_what_it_cost(tmp_path: Path) -> None:
    async with xai_server() as xai:
        xai.script = says(chunk(output("Because.")), end(encrypted_content="THOUGHT"))
        table = f'[xai]\nhost = "{xai.host}"\ninsecure = true\nkey_variable = "STAND_IN_KEY"\n'
        (tmp_path / "config.toml").write_text(table)
        run = partial(finished_example, "live_grok.py", tmp_path, STAND_IN_KEY="key")
        done = await anyio.to_thread.run_sync(run)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        *["answer: Because."] * 3,
        "then:   Because.",
        "cost:   0.1400 USD",
    ]
    conversations = {metadata["x-grok-conv-id"] for metadata in xai.metadata}
    assert len(conversations) == 1, "all find the path in one cache"
    path = xai.requests[-1].messages
    assert [(message.content[0].text, message.encrypted_content) for message in path] == [
        ("Why is the sky blue? One sentence.", ""),
        ("Because.", "THOUGHT"),
        ("Who found that out?", ""),
    ]


@pytest.mark.local_model
def test_a_study_is_replayed_from_its_file(tmp_path: Path) -> None:
    *answers, verdict = run_example("replay_a_study.py", tmp_path)
    assert len(answers) == 7
    assert verdict == "the same was said"


def test_a_server_that_is_not_configured_is_named(tmp_path: Path) -> None:
    done = finished_example("openai_compatible.py", tmp_path)
    assert done.returncode == 1
    assert "no model of lab can be sampled: it is not in the configuration" in done.stderr


@pytest.mark.local_model
def test_an_answer_of_a_compatible_server_is_forked_where_it_hesitated(
    tmp_path: Path, llama_url: str
) -> None:
    table = f'[endpoints.lab]\nbase_url = "{llama_url}"\nserver = "llama.cpp"\n'
    (tmp_path / "config.toml").write_text(table)

    done = finished_example("openai_compatible.py", tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    model, answer, unsure, fork = done.stdout.splitlines()
    assert model == "model:  lab/smollm2-135m"
    assert "Paris" in answer
    words = re.fullmatch(r"unsure: '(.+)' or '(.+)', at character (\d+)", unsure)
    assert words is not None
    assert fork != answer
    begin = int(words[3])
    assert fork[8:].startswith(answer[8 : 8 + begin] + words[2])


def test_bring_and_take(tmp_path: Path) -> None:
    report, asked, pairs, counts = run_example("bring_and_take.py", tmp_path)
    assert report == "<ImportReport: 1 conversation, 2 new responses, 0 skipped>"
    assert asked.startswith("'Plaid, on Tuesdays.' was said then, ")
    assert pairs == "3 responses in pairs"
    assert counts.startswith("Counts(nodes=3, roots=1, forks=1, leaves=2")
