"""``grok-tree show``: a forest as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.cli._tree import TreeStyle
    from grok_tree.forest import Forest


@click.command(
    "show",
    epilog=examples(
        "grok-tree show 0192f0c1-2345",
        "grok-tree show 0192f0c1-2345 --diff --lines 3",
        "grok-tree show 0192f0c1-2345 --all | less -R",
    ),
)
@click.argument("id")
@click.option("--all", "everything", is_flag=True, help="Also the middle of long runs and forks.")
@click.option("--lines", default=1, show_default=True, metavar="N", help="Most lines a response.")
@click.option("--diff", is_flag=True, help="Show in which words siblings differ.")
@json_option
@connecting
@talking
def command(
    *,
    where: Where,
    console: Console,
    id: str,
    everything: bool,
    lines: int,
    diff: bool,
    as_json: bool,
) -> None:
    """Show a conversation, or what is below a response, as a tree.

    The JSON has one response a line, in order of creation.
    """
    from grok_tree.cli._find import find_place
    from grok_tree.cli._tree import TreeStyle

    with where.client() as client, console.waiting("reading the forest"):
        place = find_place(client, id)
        forest = place.conversation.forest
    if as_json:
        _write_json(console, forest, place.response_id)
        return
    style = TreeStyle(
        width=console.width,
        colour=console.colour,
        lines=max(1, lines),
        everything=everything,
        differences=diff,
    )
    write_tree(console, forest, style, top=place.response_id)


def write_tree(
    console: Console, forest: Forest, style: TreeStyle, *, top: str | None = None
) -> None:
    """Write a tree and the line above it."""
    from grok_tree.cli._tree import TreeDrawing

    drawing = TreeDrawing(forest, style)
    console.lines([drawing.heading()])
    console.lines(drawing.lines(top=top))


def _write_json(console: Console, forest: Forest, top: str | None) -> None:
    shown = forest.responses if top is None else [forest[top], *forest.descendants(top)]
    for response in shown:
        console.json(response)
