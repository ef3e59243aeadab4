"""``grok-tree diff``: what differs between two paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.analysis import Diff, DiffPair
    from grok_tree.cli._spans import Span
    from grok_tree.client import Client
    from grok_tree.forest import Forest, Response


@click.command(
    "diff",
    epilog=examples(
        "grok-tree diff 0192f0c1-2345 0192f0c1-6789",
        "grok-tree diff 0192f0c1-2345 0192f0c1-6789 --json | jq '.pairs[].kind'",
    ),
)
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, first: str, second: str, as_json: bool) -> None:
    """Show in which words the paths to two responses of a conversation differ.

    After the last response that both share, the rests stand side by side: a response more in one
    of them does not shift what follows. Needs the extra analysis.
    """
    from grok_tree import analysis

    with where.client() as client, console.waiting("reading the forest"):
        forest, ends = _ends(client, first, second)
    found = analysis.diff(*ends, forest=forest)
    if as_json:
        console.json(_record(found))
    else:
        _write(console, found)


def _ends(client: Client, first: str, second: str) -> tuple[Forest, list[Response]]:
    from grok_tree.cli._find import find_response
    from grok_tree.errors import InvalidOperationError

    ends = [find_response(client, first), find_response(client, second)]
    homes = [end.conversation.conversation_id for end in ends]
    if homes[0] != homes[1]:
        raise InvalidOperationError(
            f"{first} is in conversation {homes[0]} and {second} in {homes[1]}; give two responses"
            " of one conversation, which grok-tree show lists"
        )
    return ends[0].forest, [end.value for end in ends]


def _record(found: Diff) -> dict[str, Any]:
    rows = zip(found.to_records(), found.pairs, strict=True)
    return {
        "divergence_id": found.divergence and found.divergence.response_id,
        "n_common": found.n_common,
        "pairs": [
            row | {"words": [{"kind": one.kind, "text": one.text} for one in pair.words]}
            for row, pair in rows
        ],
    }


def _write(console: Console, found: Diff) -> None:
    from grok_tree.cli._changes import changed_lines
    from grok_tree.cli._short_ids import short_ids
    from grok_tree.cli._spans import Span

    both = [one for pair in found.pairs for one in (pair.first, pair.second) if one]
    last = [found.divergence] if found.divergence else []
    short = short_ids(one.response_id for one in [*both, *last])
    where = "".join(f"; the last is {short[one.response_id]}" for one in last)
    console.line(Span(found.summary, "title"), Span(where, "faint"))
    for pair in found.pairs:
        console.line()
        console.line(*_heading(pair, short))
        if pair.kind != "same":
            for line in changed_lines(pair.words, colour=console.colour):
                console.line(*line)


def _heading(pair: DiffPair, short: Mapping[str, str]) -> Iterator[Span]:
    from grok_tree.cli._spans import Span

    ids = [short[one.response_id] for one in (pair.first, pair.second) if one]
    note = {"same": "  the same words", "changed": "", "-": "  only in the first"}
    yield Span(pair.sender, "model" if pair.sender == "assistant" else "human")
    yield Span(f"  {' | '.join(ids)}", "faint")
    yield Span(note.get(pair.kind, "  only in the second"), "mark")
