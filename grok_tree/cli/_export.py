"""``grok-tree export``: conversations as a file, in any format that is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.client import Client


@click.command(
    "export",
    epilog=examples(
        "grok-tree export 0192f0c1-2345 -o sky.jsonl",
        "grok-tree export --all --format archive -o everything.zip",
        "grok-tree export 0192f0c1-2345 --format dpo -O pairs=all -o pairs.jsonl",
        "grok-tree export 0192f0c1-2345 | jq -r 'select(.message).message'",
    ),
)
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every conversation.")
@click.option(
    "--format",
    "format_name",
    metavar="NAME",
    help="By default the native one, which loses nothing, or what the file's ending says.",
)
@click.option(
    "-O",
    "options",
    metavar="NAME=VALUE",
    multiple=True,
    help="A choice of the format; grok-tree formats NAME lists them.",
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
    format_name: str | None,
    options: tuple[str, ...],
    output: str | None,
) -> None:
    """Write conversations to a file.

    The file is complete or not there at all. docs/native-format.md describes the native lines;
    what another format cannot hold is said.
    """
    if bool(ids) == everything:
        raise click.UsageError("name conversations, or give --all")
    from grok_tree.cli._files import output_file
    from grok_tree.formats import checked_options, writable_format

    format = writable_format(format_name, output)
    chosen = checked_options(format, dict(_option(one) for one in options))
    with where.client() as client, console.waiting("exporting"):
        found = _conversations(client, ids)
        with output_file(output) as file:
            n_responses = client.grok.export(file, found, format=format.name, **chosen)
    console.say(_report(len(found), n_responses, output))
    if found and not n_responses:
        console.say(f"nothing in it fits; grok-tree formats {format.name} says what is written")
    if format.losses:
        console.say(f"{format.name} does not hold: {'; '.join(format.losses)}")


def _option(given: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if not sign:
        raise click.UsageError(f"-O {given} has no value; write -O NAME=VALUE")
    return name, value


def _conversations(client: Client, ids: Sequence[str]) -> list[str]:
    from grok_tree.cli._find import find_conversation

    if ids:
        return [find_conversation(client, prefix).conversation_id for prefix in ids]
    return [one.conversation_id for one in client.grok.iter_conversations()]


def _report(n_conversations: int, n_responses: int, output: str | None) -> str:
    from grok_tree.forest import counted

    to = "" if output in (None, "-") else f" to {output}"
    conversations = counted(n_conversations, "conversation")
    return f"exported {conversations} with {counted(n_responses, 'response')}{to}"
