"""``grok-tree watch``: what changes in a conversation, as it happens."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grok_tree.cli._spans import Span
    from grok_tree.client import SyncChange


@click.command(
    "watch",
    epilog=examples(
        "grok-tree watch 0192f0c1-2345",
        "grok-tree watch 0192f0c1-2345 --since 0 --json | jq -r .response.message",
    ),
)
@click.argument("id")
@click.option("--since", type=click.IntRange(0), metavar="N", help="Begin after this revision.")
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, id: str, since: int | None, as_json: bool) -> None:
    """Write a line for each change of a conversation, until Ctrl-C.

    It begins with what happens next, or after a revision: 0 begins with everything. An interrupted
    connection is made again, and nothing is missed.
    """
    from grok_tree.cli._find import find_place

    with where.client() as client:
        conversation = find_place(client, id).conversation
        console.say(f"watching from revision {conversation.revision}; Ctrl-C ends it")
        with conversation.watch(since) as watch:
            for change in watch:
                if as_json:
                    console.json(_record(change))
                else:
                    console.line(*_row(change, console.width))
                sys.stdout.flush()


def _record(change: SyncChange) -> dict[str, object]:
    return {
        "revision": change.revision,
        "deleted": change.deleted,
        "fields": change.fields,
        "response": None if change.response is None else change.response.value,
    }


def _row(change: SyncChange, width: int) -> Sequence[Span]:
    from grok_tree.cli._rows import change_row, response_change_row

    if change.response is None:
        return change_row(change.revision, ", ".join(change.fields), width=width)
    return response_change_row(change.revision, change.response.value, width=width)
