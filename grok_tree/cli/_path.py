"""``grok-tree path``: the responses from a root to one response, written out."""

from __future__ import annotations

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where


@click.command(
    "path",
    epilog=examples(
        "grok-tree path 0192f0c1-2345-7abc",
        "grok-tree path 0192f0c1-2345-7abc --json | jq -r .message",
    ),
)
@click.argument("id")
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, id: str, as_json: bool) -> None:
    """Write out the path to a response, or to a conversation's leaf.

    This is what a model is shown when the next turn is sampled there.
    """
    from grok_tree.cli._find import find_place
    from grok_tree.cli._rows import response_heading, response_text
    from grok_tree.cli._short_ids import short_ids

    with where.client() as client:
        place = find_place(client, id)
        forest = place.conversation.forest
    end = place.response_id or forest.conversation.leaf_response_id
    if end is None:
        console.say("the conversation has no leaf yet: the next turn begins a new root")
        return
    path = forest.path(end)
    short = short_ids(path.ids)
    for number, response in enumerate(path):
        if as_json:
            console.json(response)
            continue
        if number:
            console.line()
        console.line(*response_heading(response, short[response.response_id]))
        console.lines(response_text(response))
