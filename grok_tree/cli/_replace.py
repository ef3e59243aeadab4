"""``grok-tree replace``: say something else in a place."""

from __future__ import annotations

from typing import Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._sampling import call_options, follow, message_from, sampling
from grok_tree.cli._where import Where


@click.command(
    "replace",
    epilog=examples(
        'grok-tree replace 0192f0c1-2345-7abc "Why is the sea blue?"',
        "cat better.txt | grok-tree replace 0192f0c1-2345-7abc -",
    ),
)
@click.argument("id")
@click.argument("text", required=False)
@sampling
@json_option
@connecting
@talking
def command(
    *,
    where: Where,
    console: Console,
    id: str,
    text: str | None,
    settings: dict[str, Any],
    as_json: bool,
) -> None:
    """Put another text beside a response.

    The response itself stays. In the place of a human response, a model answers the new text. In
    the place of a model's response, the text is kept as it is.
    """
    from grok_tree.cli._find import find_response

    message = message_from(text)
    if not message:
        raise click.UsageError("there is no text: give one, or pipe it in")
    with where.client() as client:
        response = find_response(client, id)
        handle = response.replace(message, **call_options(settings, where))
        follow(console, handle, as_json=as_json)
