"""The program as a whole: version, configuration, verbosity."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from tests.e2e.cli._command import Command


def test_the_version_is_that_of_the_package(command: Command) -> None:
    assert command.run("--version").out == f"grok-tree, version {version('grok-tree')}\n"


def test_a_broken_configuration_is_one_sentence_and_its_place_can_still_be_found(
    command: Command,
) -> None:
    config = Path(command.variables["GROK_TREE_CONFIG"])
    config.write_text("api_key = 'sk-canary'\n", encoding="utf-8")
    failed = command.run("ls")
    assert failed.code == 1
    assert len(failed.err.splitlines()) == 1
    assert "canary" not in failed.err
    assert str(config) in command.run("config", "path").out


def test_the_model_of_the_configuration_is_the_default(command: Command) -> None:
    command.patch.delenv("GROK_TREE_MODEL")
    config = Path(command.variables["GROK_TREE_CONFIG"])
    config.write_text('model = "scripted/words-20"\n', encoding="utf-8")
    (answer,) = command.run("sample", "x", "--json").records
    assert answer["model_name"] == "scripted/words-20"


def test_when_asked_for_more_a_failure_shows_its_cause(command: Command) -> None:
    with command.start("ls", "--host", "127.0.0.1:1", "-v") as process:
        # The environment names a database, the command line a host, which goes before.
        _, errors = process.communicate()
    assert process.returncode == 4
    assert b"error: no grok_tree server answers at 127.0.0.1:1" in errors
    assert b"AioRpcError" in errors


def test_a_mistake_of_ours_never_shows_a_stack_trace_unasked(command: Command) -> None:
    command.database.mkdir()
    failed = command.run("ls")
    assert failed.code == 1
    assert failed.err.startswith("error: ")
    assert len(failed.err.splitlines()) == 1
