"""Every command is documented, has help with examples, and helping loads nothing heavy."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import click
import pytest

from grok_tree.cli._app import program
from tests.docs._blocks import ROOT

MANUAL = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def commands() -> dict[str, click.Command]:
    """Return every command that does something, by its full name."""
    context = click.Context(program)
    found: dict[str, click.Command] = {}
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= {f"{name} {below}": one for below, one in command.commands.items()}
        else:
            found[name] = command
    return found


COMMANDS = commands()
each_command = pytest.mark.parametrize("name", COMMANDS)


def help_of(name: str) -> str:
    return COMMANDS[name].get_help(click.Context(COMMANDS[name], info_name=name))


@each_command
def test_a_command_is_documented(name: str) -> None:
    assert re.search(rf"^\| `{name}[` ]", MANUAL, re.MULTILINE)
    assert f"`{name}`" in CHANGELOG


@each_command
def test_its_help_has_examples_of_itself(name: str) -> None:
    examples = help_of(name).partition("Examples:\n")[2]
    assert f"grok-tree {name}" in examples


@each_command
def test_its_examples_use_options_that_exist(name: str) -> None:
    lines = help_of(name).partition("Examples:\n")[2].splitlines()
    own = [line for line in lines if line.strip().startswith(f"grok-tree {name}")]
    for line in own:
        words = shlex.split(line.partition("|")[0], comments=True)[1 + len(name.split()) :]
        words = words[: words.index(">")] if ">" in words else words
        COMMANDS[name].make_parser(click.Context(COMMANDS[name])).parse_args(words)


@each_command
def test_every_option_is_explained(name: str) -> None:
    options = [one for one in COMMANDS[name].params if isinstance(one, click.Option)]
    assert [option.name for option in options if not option.help] == []


@each_command
def test_every_variable_is_in_the_manual_and_in_the_help(name: str) -> None:
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option) and option.envvar:
            assert f"`{option.envvar}`" in MANUAL
            assert str(option.envvar) in help_of(name)


@pytest.mark.parametrize(
    "name",
    ["ls", "show", "path", "diff", "stats", "search", "models", "doctor", "config path", "sample"],
)
def test_what_reads_can_write_json(name: str) -> None:
    assert "--json" in help_of(name)


def test_every_exit_code_is_in_the_manual() -> None:
    for code in (0, 1, 2, 3, 4, 5, 130):
        assert f"\n| {code} | " in MANUAL


def test_helping_loads_nothing_heavy() -> None:
    code = (
        "import sys; from grok_tree.cli._app import program;"
        "program.main(['--help'], standalone_mode=False);"
        "heavy = {'grpc', 'sqlalchemy', 'networkx', 'rich', 'msgspec', 'asyncio'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
