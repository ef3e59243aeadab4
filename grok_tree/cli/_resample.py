"""``grok-tree resample``: what else could have been said."""

from __future__ import annotations

from typing import Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._sampling import call_options, follow, sampling
from grok_tree.cli._where import Where


@click.command(
    "resample",
    epilog=examples(
        "grok-tree resample 0192f0c1-2345-7abc",
        "grok-tree resample 0192f0c1-2345-7abc -n 8 --temperature 1.1 --seed 1",
    ),
)
@click.argument("id")
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
    n: int,
    settings: dict[str, Any],
    as_json: bool,
) -> None:
    """Sample siblings of a model's response.

    The response itself stays as it is; the first new one becomes the leaf.
    """
    from grok_tree.cli._find import find_response

    with where.client() as client:
        response = find_response(client, id)
        handle = response.resample_many(n, **call_options(settings, where))
        follow(console, handle, as_json=as_json)
