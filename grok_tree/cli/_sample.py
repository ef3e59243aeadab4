"""``grok-tree sample``: ask a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._sampling import call_options, follow, message_from, sampling
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.cli._find import Place
    from grok_tree.client import Client
    from grok_tree.forest import Attachment


@click.command(
    "sample",
    epilog=examples(
        'grok-tree sample "Why is the sky blue?"',
        'grok-tree sample -n 8 --temperature 1 "Name a colour." --json',
        'grok-tree sample --in 0192f0c1-2345 "And at night?"',
        "cat question.txt | grok-tree sample -",
        'grok-tree sample --model xai/grok-4.7 --attach sky.png "What is this?"',
    ),
)
@click.argument("message", required=False)
@click.option(
    "--in", "target", metavar="ID", help="Conversation to go on with, or response to answer."
)
@click.option("-n", default=1, show_default=True, metavar="N", help="Number of answers.")
@click.option("--system", metavar="TEXT", help="What the model is told first.")
@click.option(
    "--attach",
    multiple=True,
    metavar="FILE",
    help="Show the model a file, an image, or one at an http address; repeatable.",
)
@sampling
@json_option
@connecting
@talking
def command(
    *,
    where: Where,
    console: Console,
    message: str | None,
    target: str | None,
    n: int,
    system: str | None,
    attach: tuple[str, ...],
    settings: dict[str, Any],
    as_json: bool,
) -> None:
    """Ask a model, by default in a new conversation.

    The message comes from the argument or from standard input. Without one, the response that
    --in names is answered as it is.
    """
    text = message_from(message)
    if not text and target is None:
        raise click.UsageError("there is no message: give one, or pipe it in")
    with where.client() as client:
        place = _place(client, where, target, system)
        options = call_options(settings, where)
        if attach:
            options["attachments"] = [_attachment(client, one) for one in attach]
        if system is not None and target is not None:
            options["system_prompt"] = system
        if place.response_id is not None:
            options["parent"] = place.response_id
        handle = place.conversation.add_responses(text, n, **options)
        follow(console, handle, as_json=as_json)


def _attachment(client: Client, given: str) -> Attachment:
    from mimetypes import guess_type

    from grok_tree.forest import Attachment

    if given.startswith(("https://", "http://")):
        return Attachment(url=given, media_type=guess_type(given)[0] or "")
    try:
        return client.files.upload(given)
    except OSError as error:
        raise click.UsageError(f"{given} cannot be attached: {error.strerror}") from error


def _place(client: Client, where: Where, target: str | None, system: str | None) -> Place:
    from grok_tree.cli._find import Place, find_place

    if target is not None:
        return find_place(client, target)
    created = client.grok.create_conversation(
        model_name=where.asked_model or "", system_prompt=system
    )
    return Place(created)
