"""``grok-tree models``: what can be sampled."""

from __future__ import annotations

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where


@click.command(
    "models",
    epilog=examples(
        "grok-tree models",
        "grok-tree models grok-4.7     # what it can do, what it costs",
        "grok-tree models --json | jq -r .name",
    ),
)
@click.argument("part", required=False, default="")
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, part: str, as_json: bool) -> None:
    """List the models of the server, or those with PART in their name.

    Those that cannot be used there now say what is missing. Prices are in US dollars for a million
    tokens of prompt and of answer. Of a model that is named alone, all is shown.
    """
    from grok_tree.cli._model_rows import model_details, model_row
    from grok_tree.errors import ModelNotFound

    with where.client() as client:
        models = [model for model in client.models.list() if part in model.name]
    if not models:
        raise ModelNotFound(f"no model has {part!r} in its name; grok-tree models lists all")
    if as_json:
        for model in models:
            console.json(model)
        return
    name_width = max(len(model.name) for model in models)
    for model in models:
        console.line(*model_row(model, name_width=name_width))
    if len(models) == 1:
        for line in model_details(models[0]):
            console.line(*line)
