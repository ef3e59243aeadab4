"""``grok-tree config``: the configuration, as far as it can be shown."""

from __future__ import annotations

from dataclasses import asdict

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import examples, json_option, talking
from grok_tree.cli._settings import places


@click.group("config", epilog=examples("grok-tree config path", "grok-tree config path --json"))
def command() -> None:
    """Show where configuration, data and cache are kept.

    The configuration is a TOML file that may hold model, database, host and share_url. Options
    and environment variables go before it. Keys are never read from it: set GROK_TREE_API_KEY.
    """


@command.command(
    "path",
    epilog=examples("grok-tree config path", 'ls "$(grok-tree config path --json | jq -r .data)"'),
)
@json_option
@talking
def path(*, console: Console, as_json: bool) -> None:
    """Write the places of configuration, data and cache."""
    found = {name: str(place) for name, place in asdict(places()).items()}
    if as_json:
        console.json(found)
        return
    for name, place in found.items():
        console.line(f"{name:<8}{place}")
