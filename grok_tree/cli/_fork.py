"""``grok-tree fork``: what if the answer had gone another way from here."""

from __future__ import annotations

from typing import Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._sampling import call_options, follow, sampling
from grok_tree.cli._where import Where


@click.command(
    "fork",
    epilog=examples(
        'grok-tree fork 0192f0c1-2345-7abc --before "Paris" --text "Lyon"',
        "grok-tree fork 0192f0c1-2345-7abc --at 120 -n 8 --seed 1",
    ),
)
@click.argument("id")
@click.option("--at", type=int, metavar="N", help="Keep so many characters.")
@click.option("--before", metavar="TEXT", help="Keep what stands before this text.")
@click.option("--text", "forced", default="", metavar="TEXT", help="Force these words there.")
@click.option("-n", default=1, show_default=True, metavar="N", help="Number of siblings.")
@sampling
@json_option
@connecting
@talking
def command(
    *,
    where: Where,
    console: Console,
    id: str,
    at: int | None,
    before: str | None,
    forced: str,
    n: int,
    settings: dict[str, Any],
    as_json: bool,
) -> None:
    """Keep the beginning of an answer and sample on, as siblings of it.

    The response itself stays as it is. Model and settings are its own where no option says
    otherwise. The model must be able to continue a beginning; the models command tells which can.
    """
    from grok_tree.cli._find import find_response

    if (at is None) == (before is None):
        raise click.UsageError("say where, either with --at or with --before")
    with where.client() as client:
        response = find_response(client, id)
        offset = at if at is not None else _place_of(before or "", response.message)
        handle = response.fork_at(offset, forced, n=n, **call_options(settings, where))
        follow(console, handle, as_json=as_json)


def _place_of(text: str, message: str) -> int:
    place = message.find(text)
    if place < 0:
        raise click.UsageError(f"the response does not hold {text!r}; show it, or use --at")
    return place
