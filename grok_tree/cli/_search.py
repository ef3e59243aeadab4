"""``grok-tree search``: words in titles and responses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.client import Client
    from grok_tree.forest import SearchHit


@click.command(
    "search",
    epilog=examples("grok-tree search rayleigh scattering", "grok-tree search blue --json"),
)
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=50, show_default=True, metavar="N", help="Most hits; 0 for all.")
@json_option
@connecting
@talking
def command(
    *, where: Where, console: Console, words: tuple[str, ...], limit: int, as_json: bool
) -> None:
    """Find words in titles and responses, newest first.

    All words must occur; the last one may be the beginning of a word.
    """
    from grok_tree.cli._rows import hit_row
    from grok_tree.cli._short_ids import short_ids

    with where.client() as client:
        hits = list(islice(_hits(client, " ".join(words)), limit or None))
    short = short_ids(_id(hit) for hit in hits)
    for hit in hits:
        if as_json:
            console.json(hit)
        else:
            console.line(*hit_row(hit, short[_id(hit)], width=console.width))
    if not hits:
        console.say("nothing was found")


def _hits(client: Client, text: str) -> Iterator[SearchHit]:
    token = ""
    while True:
        page = client.grok.search(text, page_token=token)
        yield from page
        token = page.next_page_token
        if not token:
            return


def _id(hit: SearchHit) -> str:
    return hit.response_id or hit.conversation_id
