"""Which server a command works on: what the user said, the environment, the file, in this order."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from grok_tree.cli._options import connecting
from grok_tree.cli._where import Where


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the configuration file, still to be written, in an empty environment."""
    path = tmp_path / "config.toml"
    for name in ("GROK_TREE_DATABASE", "GROK_TREE_HOST", "GROK_TREE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GROK_TREE_CONFIG", str(path))
    return path


def chosen(*arguments: str) -> Where:
    found: list[Where] = []

    @click.command()
    @connecting
    def command(*, where: Where) -> None:
        found.append(where)

    command.main(list(arguments), standalone_mode=False)
    return found[0]


@pytest.mark.usefixtures("config")
def test_when_nobody_says_anything_nothing_is_chosen() -> None:
    assert chosen() == Where()


def test_the_file_counts_when_nothing_else_is_said(config: Path) -> None:
    config.write_text('database = "file.db"\nmodel = "file/m"\n', encoding="utf-8")
    assert chosen() == Where(database="file.db", model="file/m")


def test_the_environment_goes_before_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('host = "file:1"\nmodel = "file/m"\n', encoding="utf-8")
    monkeypatch.setenv("GROK_TREE_DATABASE", "env.db")
    monkeypatch.setenv("GROK_TREE_MODEL", "env/m")
    assert chosen() == Where(database="env.db", model="env/m")


def test_an_option_goes_before_the_environment(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('database = "file.db"\n', encoding="utf-8")
    monkeypatch.setenv("GROK_TREE_DATABASE", "env.db")
    assert chosen("--host", "h:1") == Where(host="h:1")
    monkeypatch.setenv("GROK_TREE_HOST", "env:1")
    assert chosen("--database", "x.db") == Where(database="x.db")


@pytest.mark.usefixtures("config")
def test_only_a_model_on_the_command_line_goes_before_the_conversations_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GROK_TREE_MODEL", "env/m")
    assert chosen().asked_model is None
    assert chosen("--model", "a/b") == Where(model="a/b", asked_model="a/b")


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("by", ["option", "environment", "file"])
def test_a_database_and_a_host_in_one_place_exclude_each_other(
    by: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: list[str] = []
    if by == "option":
        arguments = ["--database", "x.db", "--host", "h:1"]
    elif by == "environment":
        monkeypatch.setenv("GROK_TREE_DATABASE", "x.db")
        monkeypatch.setenv("GROK_TREE_HOST", "h:1")
    else:
        config.write_text('database = "x.db"\nhost = "h:1"\n', encoding="utf-8")
    with pytest.raises(click.UsageError, match="either a database or a host"):
        chosen(*arguments)
