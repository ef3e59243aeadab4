"""One page of what has changed, read in one snapshot."""

from __future__ import annotations

from grok_tree.forest import Conversation, Response
from grok_tree.service._base import LARGEST_PAGE
from grok_tree.service._requests import ChangesPage
from grok_tree.store import Cursor, Reader

PAGE_BYTES = 512 * 1024
"""Most text of one page of changes, so that a message stays below 1 MiB."""


def changes_page(
    reader: Reader, conversation: Conversation, since: Cursor, *, limit: int = LARGEST_PAGE
) -> ChangesPage:
    """Return the changes that come next after a cursor.

    Args:
        reader: Of the snapshot that the conversation was read in; only then no more rows really
            means the end at its revision.
        conversation: Whose changes.
        since: How far the caller has come.
        limit: Most responses.
    """
    conversation_id = conversation.conversation_id
    responses = reader.changes(conversation_id, since, limit=limit, max_bytes=PAGE_BYTES)
    last = not responses or not reader.changes(
        conversation_id, _place(responses[-1]), limit=1, max_bytes=PAGE_BYTES
    )
    return ChangesPage(conversation, responses, conversation.revision if last else 0, last)


def cursor_after(page: ChangesPage) -> Cursor:
    """Return how far a reader has come that has taken a page."""
    return Cursor(page.revision, -1) if page.last else _place(page.responses[-1])


def _place(response: Response) -> Cursor:
    return Cursor(response.revision, response.position)
