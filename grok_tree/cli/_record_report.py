"""What a recorded program left behind."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.forest import counted

if TYPE_CHECKING:
    from datetime import datetime

    from grok_tree.client import Client, SyncConversation

MOST_TREES = 10
MOST_LINES = 100
"""Of one tree; ``grok-tree show`` has the rest."""


def last_change(client: Client) -> datetime | None:
    """Return when the newest conversation was changed; None if there is none."""
    newest = next(client.grok.iter_conversations(), None)
    return newest.modify_time if newest else None


def changed_since(client: Client, before: datetime | None) -> list[SyncConversation]:
    """Return the conversations that were changed after a time, the first changed first."""
    found = []
    for conversation in client.grok.iter_conversations():
        if before is not None and conversation.modify_time <= before:
            break
        found.append(conversation)
    return found[::-1]


def write_report(path: Path, grown: Sequence[SyncConversation]) -> None:
    """Write the responses of conversations as JSON Lines."""
    import msgspec

    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for conversation in grown:
            conversation.load()
            for response in conversation.forest.responses:
                file.write(encode(response) + b"\n")


def tell(console: Console, grown: Sequence[SyncConversation]) -> None:
    """Draw what grew on standard error, unless the user wants it quiet."""
    if console.verbosity < 0:
        return
    if not grown:
        console.say("nothing was recorded")
    for conversation in grown[:MOST_TREES]:
        conversation.load()
        _draw(console, conversation)
    if len(grown) > MOST_TREES:
        more = counted(len(grown) - MOST_TREES, "more conversation")
        console.say(f"and {more}; grok-tree ls lists all")


def _draw(console: Console, conversation: SyncConversation) -> None:
    from grok_tree.cli._tree import TreeDrawing, TreeStyle

    colour = console.colour and sys.stderr.isatty()
    drawing = TreeDrawing(conversation.forest, TreeStyle(width=console.width, colour=colour))
    click.echo(drawing.heading(), err=True)
    lines = drawing.lines()
    for line in islice(lines, MOST_LINES):
        click.echo(line, err=True)
    if next(lines, None) is not None:
        console.say(f"... grok-tree show {conversation.conversation_id} has the rest")
