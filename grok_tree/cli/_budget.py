"""``grok-tree budget``: what may still be spent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, json_option, talking
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.forest import Budget


@click.command("budget", epilog=examples("grok-tree budget", "grok-tree budget june --json"))
@click.argument("name", required=False)
@json_option
@connecting
@talking
def command(*, where: Where, console: Console, name: str | None, as_json: bool) -> None:
    """Say what is left of the server's budget, or of the one named NAME.

    Budgets are named where a client or a server is given a ceiling.
    """
    from grok_tree.client import Client

    with Client(where.host, database=where.database, budget=name) as client:
        found = client.budget()
    if found is None:
        console.say("this server has no ceiling; serve --max-cost-usd or --max-tokens gives one")
        return
    if as_json:
        console.json(found)
        return
    console.line(found.name)
    for line in _lines(found):
        console.line(line)


def _lines(budget: Budget) -> Iterator[str]:
    from grok_tree.forest import counted

    left = "no limit" if budget.left_tokens is None else f"{budget.left_tokens:,} left"
    yield f"  tokens   {budget.spent_tokens:,} spent, {budget.reserved_tokens:,} reserved, {left}"
    left = "no limit" if budget.left_usd is None else f"${budget.left_usd:.6f} left"
    yield f"  dollars  ${budget.spent_usd:.6f} spent, ${budget.reserved_usd:.6f} reserved, {left}"
    if budget.n_unpriced:
        yield f"  nobody knows what {counted(budget.n_unpriced, 'answer')} cost"
