"""``grok-tree purge``: remove for good what was deleted."""

from __future__ import annotations

import sys

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where


@click.command(
    "purge",
    epilog=examples(
        "grok-tree ls --deleted",
        "grok-tree purge 0192f0c1-2345",
        "grok-tree purge 0192f0c1-2345-7abc-8def-0123456789ab --yes",
    ),
)
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, id: str, yes: bool, as_json: bool) -> None:
    """Remove a deleted conversation or response for good.

    Of responses empty places stay. What a backup or a copy from before an upgrade holds stays
    there; docs/decisions/0009-keeping.md says what else remains, and for how long.
    """
    from grok_tree.cli._find import find_deleted
    from grok_tree.forest import counted

    with where.client() as client:
        place = find_deleted(client, id)
        full = place.response_id or place.conversation.conversation_id
        if not yes:
            _ask(full)
        if place.response_id is None:
            n_purged = place.conversation.purge()
        else:
            n_purged = place.conversation.get_response(full).purge()
    if as_json:
        console.json({"id": full, "n_purged": n_purged})
    else:
        console.line(f"removed for good: {counted(n_purged, 'response')} of {full}")


def _ask(full: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("a purge cannot be undone: say --yes")
    click.confirm(f"Remove {full} for good?", abort=True, err=True)
