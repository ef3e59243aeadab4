"""The demo, with a scripted model and with the real one."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from grok_tree.forest import Settings
from grok_tree.samplers import installed_samplers
from tests.e2e.cli._command import Command, Finished


def demo(command: Command, tmp_path: Path, *options: str) -> Finished:
    return command.run(
        "demo",
        "--database",
        str(tmp_path / "demo.db"),
        "--output",
        str(tmp_path / "forest.jsonl"),
        *options,
    )


def test_the_demo_grows_shows_and_exports_a_forest(command: Command, tmp_path: Path) -> None:
    done = demo(command, tmp_path, "--model", "scripted/varied")
    lines = (tmp_path / "forest.jsonl").read_text(encoding="utf-8").splitlines()
    responses = [json.loads(line) for line in lines[1:-1]]
    assert done.code == 0
    assert [line[:3] for line in done.out.splitlines() if line[1:3] == "/6"] == [
        f"{step}/6" for step in range(1, 7)
    ]
    assert len(responses) == 12
    assert {"resampled", "replaced", "sampled"} <= {one["origin"]["kind"] for one in responses}
    assert len([one for one in responses if one["parent_response_id"] is None]) == 2
    assert "{+" in done.out
    assert "Try next:" in done.out


def test_what_the_demo_says_to_try_next_works(command: Command, tmp_path: Path) -> None:
    done = demo(command, tmp_path, "--model", "scripted/varied")
    tried = [line for line in done.out.splitlines() if line.startswith("  grok-tree ")]
    assert len(tried) == 5
    for line in tried:
        arguments = line.partition("#")[0].split()[1:]
        if arguments[0] == "import":
            arguments[1] = str(tmp_path / "forest.jsonl")
        assert command.run(*arguments).code == 0


def test_the_demo_leaves_the_users_own_database_alone(command: Command, tmp_path: Path) -> None:
    demo(command, tmp_path, "--model", "scripted/varied")
    assert not command.database.exists()


def test_the_demo_can_be_run_again(command: Command, tmp_path: Path) -> None:
    for _ in range(2):
        assert demo(command, tmp_path, "--model", "scripted/varied").code == 0
    listed = command.run("ls", "--database", str(tmp_path / "demo.db"), "--json")
    assert len(listed.records) == 2


@pytest.mark.local_model
def test_the_demo_on_the_real_model_ends_in_two_minutes(command: Command, tmp_path: Path) -> None:
    sampler, model = installed_samplers().resolve("local/smollm2-135m")
    if reason := sampler.models()[0].unavailable_because:
        pytest.skip(reason)
    sampler.check(model, Settings(), 4)
    begun = time.monotonic()
    done = demo(command, tmp_path)
    assert done.code == 0
    assert time.monotonic() - begun < 120
    assert "music" in done.out
