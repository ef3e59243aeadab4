"""``grok-tree cache``: the mirrors of servers on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._errors import Failed
from grok_tree.cli._options import examples, json_option, talking
from grok_tree.cli._visible import visible_line

if TYPE_CHECKING:
    from grok_tree.client import MirrorState


@click.group(
    "cache",
    epilog=examples("grok-tree cache path", "grok-tree cache verify", "grok-tree cache clear"),
)
def command() -> None:
    """Look after the local copies of servers.

    What was read from a server with --host is kept in a mirror, so that it stays readable while
    the server is away. Set GROK_TREE_CACHE to keep mirrors in another folder.
    """


@command.command(
    "path", epilog=examples("grok-tree cache path", 'du -sh "$(grok-tree cache path)"')
)
@json_option
@talking
def path(*, console: Console, as_json: bool) -> None:
    """Write the folder of the mirrors."""
    from grok_tree.client import mirror_folder

    folder = str(mirror_folder())
    if as_json:
        console.json({"path": folder})
    else:
        console.line(visible_line(folder))


@command.command(
    "verify", epilog=examples("grok-tree cache verify", "grok-tree cache verify --json")
)
@json_option
@talking
def verify(*, console: Console, as_json: bool) -> None:
    """Look for damage in the mirrors; the exit code is 1 if there is some.

    A damaged mirror is put aside and begun anew when it is next used, so nothing needs to be done.
    """
    from grok_tree.client import verify_mirrors

    with console.waiting("looking"):
        states = verify_mirrors()
    _write(console, states, as_json=as_json)
    if any(state.state == "damaged" for state in states):
        raise Failed


@command.command("clear", epilog=examples("grok-tree cache clear", "grok-tree cache clear --json"))
@json_option
@talking
def clear(*, console: Console, as_json: bool) -> None:
    """Delete the mirrors, except those that a program has open."""
    from grok_tree.client import clear_mirrors

    _write(console, clear_mirrors(), as_json=as_json)


def _write(console: Console, states: Iterable[MirrorState], *, as_json: bool) -> None:
    n_written = 0
    for state in states:
        n_written += 1
        if as_json:
            console.json(state)
        else:
            console.line(f"{state.state:<9}{visible_line(state.path)}")
            for problem in state.problems:
                console.line(f"{'':<9}{visible_line(problem)}")
    if not n_written:
        console.say("there are no mirrors here")
