"""``grok-tree demo``: a forest grows while you watch."""

from __future__ import annotations

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import examples, talking
from grok_tree.cli._settings import places

_FILE = "demo-forest.jsonl"
_MODEL = "local/smollm2-135m"


@click.command(
    "demo",
    epilog=examples("grok-tree demo", "grok-tree demo --output forest.jsonl --no-color"),
)
@click.option(
    "-o", "--output", default=_FILE, show_default=True, metavar="FILE", help="The exported forest."
)
@click.option(
    "--database",
    metavar="FILE",
    help="Where to keep the forest; by default a file of the demo's own in the data folder.",
)
@click.option("--model", default=_MODEL, show_default=True, metavar="NAME", help="Who answers.")
@talking
def command(*, console: Console, output: str, database: str | None, model: str) -> None:
    """Watch a forest grow on a small real model.

    The forest is shown as a tree and exported at the end. Takes less than two minutes on two cores
    and needs no key and no network. It looks at no configuration and touches none of your
    conversations.
    """
    from grok_tree.cli._demo_steps import Demo
    from grok_tree.client import Client

    location = database or str(places().data / "demo.db")
    with Client(database=location, model=model) as client:
        Demo(console, client, model).run(output=output, database=location)
