"""``grok-tree stats``: the shape of a forest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.analysis import Shape
    from grok_tree.cli._bars import Bar

_MOST_BARS = 16


@click.command(
    "stats",
    epilog=examples(
        "grok-tree stats 0192f0c1-2345",
        "grok-tree stats 0192f0c1-2345 --json | jq .balance",
    ),
)
@click.argument("id")
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, id: str, as_json: bool) -> None:
    """Say how large, deep and wide a conversation is, or what is below a response.

    Bars show how many responses have each depth, a root having depth 1, and how many have each
    number of children. Needs the extra analysis.
    """
    from grok_tree import analysis
    from grok_tree.cli._find import find_place

    with where.client() as client, console.waiting("reading the forest"):
        place = find_place(client, id)
        forest = place.conversation.forest
    found = analysis.shape(forest, below=place.response_id)
    if as_json:
        ids = {"conversation_id": forest.conversation.conversation_id}
        console.json(ids | {"response_id": place.response_id} | asdict(found))
        return
    _write(console, found)


def _write(console: Console, found: Shape) -> None:
    from grok_tree.cli._bars import bar_lines
    from grok_tree.cli._spans import Span

    console.lines(str(found).splitlines())
    charts = (("responses by depth", _depths(found)), ("responses by children", _fanouts(found)))
    for title, bars in charts:
        if not found.responses:
            return
        console.line()
        console.line(Span(title, "title"))
        for line in bar_lines(list(bars), console.width):
            console.line(*line)


def _depths(found: Shape) -> Iterator[Bar]:
    """Yield a bar for each depth; where there are too many, for several, with their mean."""
    from grok_tree.cli._bars import Bar

    step = -(-found.max_depth // _MOST_BARS)
    for start in range(0, found.max_depth, step):
        counts = found.depths[start : start + step]
        mean = sum(counts) / len(counts)
        if step == 1:
            yield Bar(f"{start + 1:,}", mean, f"{counts[0]:,}")
        else:
            yield Bar(f"{start + 1:,}-{start + len(counts):,}", mean, f"{mean:,.1f} each")


def _fanouts(found: Shape) -> Iterator[Bar]:
    """Yield a bar for each number of children; where there are too many, one for the rest."""
    from grok_tree.cli._bars import Bar

    shown, rest = found.fanouts[:_MOST_BARS], found.fanouts[_MOST_BARS:]
    for fanout, n in shown:
        yield Bar(f"{fanout:,}", n, f"{n:,}")
    if rest:
        n = sum(n for _, n in rest)
        yield Bar(f"{rest[0][0]:,} or more", n, f"{n:,}")
