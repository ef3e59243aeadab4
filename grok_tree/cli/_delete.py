"""``grok-tree delete``: hide a conversation or a response."""

from __future__ import annotations

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where


@click.command(
    "delete", epilog=examples("grok-tree delete 0192f0c1-2345", "grok-tree delete 0192f0c1 --json")
)
@click.argument("id")
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, id: str, as_json: bool) -> None:
    """Hide a conversation, or a response and everything below it.

    Nothing is lost: undelete brings it back, until purge removes it.
    """
    from grok_tree.cli._find import find_place
    from grok_tree.forest import counted

    with where.client() as client:
        place = find_place(client, id)
        if place.response_id is None:
            full, n_deleted = (
                str(place.conversation.conversation_id),
                len(place.conversation.forest),
            )
            place.conversation.delete()
        else:
            full = place.response_id
            n_deleted = place.conversation.get_response(full).delete()
    if as_json:
        console.json({"id": full, "n_deleted": n_deleted})
    else:
        hidden, them = counted(n_deleted, "response"), "it" if n_deleted == 1 else "them"
        console.line(f"hidden: {hidden}; grok-tree undelete {full} brings {them} back")
