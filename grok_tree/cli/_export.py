"""``grok-tree export``: conversations as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.client import Client
    from grok_tree.forest import Forest


@click.command(
    "export",
    epilog=examples(
        "grok-tree export 0192f0c1-2345 -o sky.jsonl",
        "grok-tree export --all -o everything.jsonl",
        "grok-tree export 0192f0c1-2345 | jq -r 'select(.message).message'",
    ),
)
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every conversation.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["json"]),
    default="json",
    show_default=True,
    help="json is the native JSON Lines, which loses nothing.",
)
@click.option("-o", "--output", metavar="FILE", help="Where to; by default standard output.")
@connecting
@talking
def command(
    *,
    where: Where,
    console: Console,
    ids: tuple[str, ...],
    everything: bool,
    format_name: str,
    output: str | None,
) -> None:
    """Write conversations to a file.

    The file is complete or not there at all. docs/native-format.md describes the lines.
    """
    del format_name  # there is one so far; the option keeps scripts valid when there are more
    if bool(ids) == everything:
        raise click.UsageError("name conversations, or give --all")
    from grok_tree.cli._files import output_file
    from grok_tree.formats import write_native

    n_conversations = n_responses = 0
    with where.client() as client, output_file(output) as file, console.waiting("exporting"):
        for forest in _forests(client, ids):
            n_responses += write_native(forest, file)
            n_conversations += 1
    console.say(_report(n_conversations, n_responses, output))


def _forests(client: Client, ids: tuple[str, ...]) -> Iterator[Forest]:
    from grok_tree.cli._find import find_conversation

    for prefix in ids:
        yield find_conversation(client, prefix).forest
    if not ids:
        for conversation in client.grok.iter_conversations():
            conversation.load()
            yield conversation.forest


def _report(n_conversations: int, n_responses: int, output: str | None) -> str:
    from grok_tree.cli._rows import counted

    to = "" if output in (None, "-") else f" to {output}"
    conversations = counted(n_conversations, "conversation")
    return f"exported {conversations} with {counted(n_responses, 'response')}{to}"
