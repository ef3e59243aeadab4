"""A first sign of life."""

from __future__ import annotations

import sys

from grok_tree.client._sync_client import Client

_QUESTION = "What is the capital of France?"
_SYSTEM_PROMPT = "Answer in one short English sentence."


def does_it_work(client: Client | None = None, *, model: str = "") -> bool:
    """Ask a model a question, print the question and the answer as it comes, and return True.

    Args:
        client: Whom to ask; by default the embedded server.
        model: ``provider/model``; by default the client's or the server's.

    Raises:
        GrokTreeError: It does not work; the message says what to do.
    """
    if client is not None:
        _ask(client, model)
        return True
    with Client() as own:
        _ask(own, model)
    return True


def _ask(client: Client, model: str) -> None:
    out = sys.stdout
    conversation = client.grok.create_conversation(
        model, system_prompt=_SYSTEM_PROMPT, title="Does it work?"
    )
    out.write(f"{_QUESTION}\n")
    for token in conversation.add_response(_QUESTION, temperature=0, seed=1):
        out.write(token)
        out.flush()
    out.write("\n")
    conversation.delete()
