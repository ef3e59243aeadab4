"""``grok-tree ls``: the conversations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.forest import Conversation


@click.command(
    "ls",
    epilog=examples(
        "grok-tree ls",
        "grok-tree ls --starred --json",
        "grok-tree ls --limit 0 --database study.db",
    ),
)
@click.option("--limit", default=50, show_default=True, metavar="N", help="Most rows; 0 for all.")
@click.option("--starred", is_flag=True, help="Only those with a star.")
@click.option("--deleted", is_flag=True, help="Those that were deleted instead.")
@json_option
@connecting
@talking
def command(
    *, where: Where, console: Console, limit: int, starred: bool, deleted: bool, as_json: bool
) -> None:
    """List conversations, last modified first."""
    with where.client() as client:
        found = client.grok.iter_conversations(deleted=deleted, starred=starred or None)
        rows = [conversation.value for conversation in islice(found, limit or None)]
    if not as_json:
        _write_table(console, rows)
        return
    for row in rows:
        console.json(row)


def _write_table(console: Console, rows: Sequence[Conversation]) -> None:
    from grok_tree.cli._rows import conversation_row
    from grok_tree.cli._short_ids import short_ids

    if not rows:
        console.say("there are no conversations here; grok-tree chat begins one")
        return
    short = short_ids(row.conversation_id for row in rows)
    for row in rows:
        console.line(*conversation_row(row, short[row.conversation_id], width=console.width))
