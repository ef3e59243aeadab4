"""``grok-tree chat``: talk with a model, and branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import connecting, examples, talking
from grok_tree.cli._sampling import call_options, sampling
from grok_tree.cli._where import Where

if TYPE_CHECKING:
    from grok_tree.client import Client, SyncConversation


@click.command(
    "chat",
    epilog=examples(
        "grok-tree chat",
        "grok-tree chat 0192f0c1-2345                  # go on where it ended",
        'grok-tree chat --system "Answer in one short English sentence."',
        'printf "Hello\\n/resample 3\\n/tree\\n" | grok-tree chat',
    ),
)
@click.argument("id", required=False)
@click.option("--system", metavar="TEXT", help="What the model is told first, in a new one.")
@sampling
@connecting
@talking
def command(
    *,
    where: Where,
    console: Console,
    id: str | None,
    system: str | None,
    settings: dict[str, Any],
) -> None:
    """Talk with a model: a line in, the answer out, as it comes.

    An empty line or Ctrl-D ends the chat; everything is kept. Ctrl-C stops an answer and keeps
    what came. A line that begins with / is a command: /help lists them.
    """
    from grok_tree.cli._chat_session import ChatSession

    with where.client() as client:
        conversation = _conversation(client, where, id, system)
        session = ChatSession(console, conversation, call_options(settings, where))
        session.run()


def _conversation(
    client: Client, where: Where, id: str | None, system: str | None
) -> SyncConversation:
    from grok_tree.cli._find import find_conversation

    if id is not None:
        if system is not None:
            raise click.UsageError("--system is for a new conversation; this one has its own")
        return find_conversation(client, id)
    return client.grok.create_conversation(model_name=where.asked_model or "", system_prompt=system)
