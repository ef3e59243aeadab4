"""``grok-tree import``: conversations from files of any known format."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from grok_tree.cli._console import Console
from grok_tree.cli._errors import Failed
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where
from grok_tree.errors import GrokTreeError, InvalidOperationError

if TYPE_CHECKING:
    from grok_tree.cli._import_report import FileReport
    from grok_tree.client import Client, Source


@click.command(
    "import",
    epilog=examples(
        "grok-tree import chatgpt-export.zip",
        "grok-tree import --dry-run --json claude/conversations.json",
        "grok-tree import tree.json --into 0192f0c1-2345",
        "grok-tree export --all --host lab:8733 | grok-tree import -",
    ),
)
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, allow_dash=True),
)
@click.option(
    "--format",
    "format_name",
    metavar="NAME",
    help="Their format; by default it is recognised. grok-tree formats lists all.",
)
@click.option(
    "--into", metavar="ID", help="Attach to this response, or to the leaf of this conversation."
)
@click.option("--dry-run", is_flag=True, help="Read and report, but store nothing.")
@json_option
@connecting
@talking
def command(
    *,
    where: Where,
    console: Console,
    files: tuple[str, ...],
    format_name: str | None,
    into: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Add the conversations of files, archives and folders.

    Each conversation is stored wholly or not at all, and what is there already does not come
    twice: a newer export of the same account adds what is new. What had to be mended is named.
    FILE may be a database of grok_tree; - is standard input.
    """
    from grok_tree.cli._import_report import FileReport

    failures: list[Exception] = []
    with where.client() as client:
        under = None if into is None else _response_of(client, into)
        for file in files:
            report = FileReport(console, file, as_json=as_json, dry_run=dry_run)
            try:
                _import(client, report, format_name=format_name, into=under, dry_run=dry_run)
                if report.nothing_came:
                    failures.append(Failed())
            except (GrokTreeError, OSError) as error:
                failures.append(error)
                if len(files) > 1:
                    console.complain(f"{file}: {error}")
    if len(failures) == len(files) == 1:
        raise failures[0]
    if failures:
        raise Failed


def _import(
    client: Client,
    report: FileReport,
    *,
    format_name: str | None,
    into: str | None,
    dry_run: bool,
) -> None:
    from grok_tree.client import read_outcomes

    source: Source = _standard_input() if report.file == "-" else Path(report.file)
    with report.shown():
        if dry_run:
            for outcome in read_outcomes(source, format_name):
                report.add(outcome)
        else:
            client.grok.import_file(source, format=format_name, into=into, on_progress=report.add)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # so Python says that whoever started it closed it
        raise InvalidOperationError("standard input is closed; name a file, or pipe one into it")
    return sys.stdin.buffer


def _response_of(client: Client, into: str) -> str:
    """Return the response that is named, or the leaf of the conversation that is."""
    from grok_tree.cli._find import find_place

    place = find_place(client, into)
    if place.response_id is not None:
        return place.response_id
    leaf = place.conversation.leaf
    if leaf is None:
        raise click.UsageError(f"conversation {into} has no leaf; name a response to attach to")
    return leaf.response_id
