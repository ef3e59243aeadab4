"""``grok-tree import``: conversations from files."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.cli._importing import Imported
    from grok_tree.client import Client

_REPAIRS_SHOWN = 10


@click.command(
    "import",
    epilog=examples(
        "grok-tree import demo-forest.jsonl",
        "grok-tree export --all --host lab:8733 | grok-tree import -",
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.File("rb"))
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, files: tuple[BinaryIO, ...], as_json: bool) -> None:
    """Add the conversations of files.

    The files are in the native format; - is standard input. Each conversation becomes a new one,
    whose id is written. What had to be mended is named.
    """
    with where.client() as client:
        for file in files:
            _import(client, file, console=console, as_json=as_json)


def _import(client: Client, file: BinaryIO, *, console: Console, as_json: bool) -> None:
    from grok_tree.cli._importing import import_document
    from grok_tree.formats import read_documents

    for document in read_documents(file):
        with console.waiting(f"importing {len(document.responses):,} responses"):
            imported = import_document(client, document)
        if as_json:
            console.json(imported)
        else:
            console.line(imported.conversation_id)
        _report(console, imported)


def _report(console: Console, imported: Imported) -> None:
    from grok_tree.cli._rows import counted

    responses = counted(imported.n_responses, "response")
    repairs = counted(len(imported.repairs), "repair")
    console.say(f"imported {responses} with {repairs}")
    shown = len(imported.repairs) if console.verbosity > 0 else _REPAIRS_SHOWN
    for repair in imported.repairs[:shown]:
        console.say(f"  {repair}")
    if len(imported.repairs) > shown:
        console.say(f"  and {len(imported.repairs) - shown:,} more; -v names them all")
