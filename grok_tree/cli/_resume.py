"""``grok-tree resume``: go on with an answer that was cut."""

from __future__ import annotations

from typing import Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._sampling import call_options, follow, sampling
from grok_tree.cli._where import Where


@click.command(
    "resume",
    epilog=examples(
        "grok-tree resume 0192f0c1-2345-7abc",
        "grok-tree resume 0192f0c1-2345-7abc --max-tokens 500",
    ),
)
@click.argument("id")
@sampling
@json_option
@connecting
@talking
def command(
    *,
    where: Where,
    console: Console,
    id: str,
    settings: dict[str, Any],
    as_json: bool,
) -> None:
    """Continue a partial response by a sibling that begins with its text.

    The response itself stays as it is. Model, settings and seed are its own where no option says
    otherwise.
    """
    from grok_tree.cli._find import find_response

    with where.client() as client:
        response = find_response(client, id)
        handle = response.resume(**call_options(settings, where))
        follow(console, handle, as_json=as_json)
