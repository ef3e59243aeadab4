"""``grok-tree backup``: a copy of the whole database."""

from __future__ import annotations

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._visible import visible_line
from grok_tree.cli._where import Where

_MIB = 1 << 20


@click.command(
    "backup",
    epilog=examples(
        "grok-tree backup monday.db",
        "grok-tree backup lab.db --host lab.example:8733 --force",
    ),
)
@click.argument("file")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, file: str, force: bool, as_json: bool) -> None:
    """Copy the whole database, as it is at one instant.

    It may be served meanwhile, and may be another machine's. The file is an SQLite database that
    was checked, or is not there at all; restore puts it back.
    """
    with where.client() as client, console.waiting("copying") as tell:

        def progress(n_bytes: int, n_in_all: int) -> None:
            tell(f"{n_bytes / _MIB:,.0f} of {n_in_all / _MIB:,.0f} MiB")

        size = client.backup(file, overwrite=force, progress=progress)
    if as_json:
        console.json({"file": file, "size_bytes": size})
    else:
        console.line(
            visible_line(f"{file}: {size / _MIB:,.1f} MiB; grok-tree restore puts it back")
        )
