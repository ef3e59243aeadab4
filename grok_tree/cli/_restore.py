"""``grok-tree restore``: a backup in the place of a database."""

from __future__ import annotations

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._visible import visible_line
from grok_tree.cli._where import Where


@click.command(
    "restore",
    epilog=examples(
        "grok-tree restore monday.db",
        "grok-tree restore monday.db --database study.db",
    ),
)
@click.argument("file", type=click.Path())
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, file: str, as_json: bool) -> None:
    """Put a backup in the place of a database that no program has open.

    The backup is checked first, and stays. The database that was there is kept beside it under
    another name. A PostgreSQL database must be empty.
    """
    if where.host:
        raise click.UsageError("restore works on a database of this machine, not on --host")
    from pathlib import Path

    from grok_tree.client import default_database
    from grok_tree.store import restore_backup

    location = where.database or default_database()
    with console.waiting("restoring"):
        aside = restore_backup(Path(file), location)
    if as_json:
        console.json({"restored": file, "kept": None if aside is None else str(aside)})
        return
    console.line(visible_line(f"restored from {file}"))
    if aside is not None:
        console.line(visible_line(f"what was there is kept in {aside}"))
