"""``grok-tree undelete``: bring back what was deleted."""

from __future__ import annotations

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where


@click.command(
    "undelete",
    epilog=examples(
        "grok-tree ls --deleted",
        "grok-tree undelete 0192f0c1-2345",
        "grok-tree undelete 0192f0c1-2345-7abc-8def-0123456789ab",
    ),
)
@click.argument("id")
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, id: str, as_json: bool) -> None:
    """Bring back a deleted conversation or response.

    A response is named by its whole id, as delete has written it.
    """
    from grok_tree.cli._find import find_deleted
    from grok_tree.forest import counted

    with where.client() as client:
        place = find_deleted(client, id)
        if place.response_id is None:
            place.conversation.restore()
            full, n_restored = (
                str(place.conversation.conversation_id),
                place.conversation.value.n_responses,
            )
        else:
            full = place.response_id
            n_restored = place.conversation.get_response(full).restore()
    if as_json:
        console.json({"id": full, "n_restored": n_restored})
    else:
        console.line(f"back: {counted(n_restored, 'response')} of {full}")
