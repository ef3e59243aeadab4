"""``grok-tree models``: what can be sampled."""

from __future__ import annotations

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where


@click.command(
    "models",
    epilog=examples("grok-tree models", "grok-tree models --json | jq -r .name"),
)
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, as_json: bool) -> None:
    """List the models of the server.

    Those that cannot be used there now say what is missing.
    """
    from grok_tree.cli._rows import model_row

    with where.client() as client:
        models = client.models.list()
    name_width = max((len(model.name) for model in models), default=0)
    for model in models:
        if as_json:
            console.json(model)
        else:
            console.line(*model_row(model, name_width=name_width))
