"""All that was said in a conversation, for protocols that send it at once."""

from __future__ import annotations

from contextlib import aclosing

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response
from grok_tree.service import Forests

MOST_BYTES = 16 * 1024 * 1024
"""Texts of one conversation, which the original sends in one message."""


async def responses_of(forests: Forests, conversation_id: str) -> list[Response]:
    """Return the visible responses of a conversation, in the order of creation.

    Raises:
        InvalidOperationError: They are too long for one message.
    """
    found: list[Response] = []
    n_bytes = 0
    async with aclosing(forests.iter_changes(conversation_id, 0)) as pages:
        async for page in pages:
            visible = [one for one in page.responses if not one.deleted]
            found += visible
            n_bytes += sum(len(one.message.encode()) for one in visible)
            if n_bytes > MOST_BYTES:
                raise InvalidOperationError(
                    f"conversation {conversation_id} has more than {MOST_BYTES:,} bytes of text,"
                    " which this protocol cannot send in one message; read it with"
                    " grok_tree.Client",
                    conversation_id=conversation_id,
                )
    return sorted(found, key=lambda one: one.position)
