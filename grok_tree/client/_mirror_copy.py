"""Bringing a mirror up to date with what has changed of one conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread

from grok_tree.client._mirror import now, read_mirror, write_mirror
from grok_tree.errors import ConversationDeletedError, ConversationNotFound, ProtocolMismatch
from grok_tree.forest import Conversation
from grok_tree.wire import conversation_from_wire, pb, response_from_wire

if TYPE_CHECKING:
    from grok_tree.client._mirror_files import MirrorFile
    from grok_tree.client._remote import Remote
    from grok_tree.store import Cursor, Orphan

BATCH_RESPONSES = 10_000
BATCH_BYTES = 8 * 1024 * 1024
"""What is held in memory; less is applied in one transaction together with its cursor."""


async def copy_changes(remote: Remote, file: MirrorFile) -> None:
    """Take what has changed of a conversation since the last time into a mirror.

    Raises:
        ConversationNotFound: The server has no such conversation; nor has the mirror now.
        ConversationDeletedError: It was deleted; so it is now in the mirror.
    """
    conversation_id = remote.conversation_id
    known = await read_mirror(file, lambda reader: reader.mirrored(conversation_id))
    copy = _Copy(file)
    try:
        if known is None:
            await remote.read_pages(0, None, copy.add)
        else:
            position = None if known.complete else known.cursor.position
            await remote.read_pages(known.cursor.revision, position, copy.add)
    except ConversationNotFound:
        await anyio.to_thread.run_sync(file.forget, conversation_id)
        raise
    except ConversationDeletedError:
        await write_mirror(file, lambda writer: writer.mark_deleted(conversation_id))
        raise


class _Copy:
    """One reading of changes, on its way into the mirror."""

    def __init__(self, file: MirrorFile) -> None:
        self._file = file
        self._conversation: Conversation | None = None
        self._waiting: list[pb.Response] = []
        self._n_bytes = 0
        self._orphans: list[Orphan] = []

    async def add(self, page: pb.ChangesPage) -> None:
        from grok_tree.store import Cursor

        if page.HasField("conversation"):
            self._conversation = conversation_from_wire(page.conversation)
        self._waiting.extend(page.responses)
        self._n_bytes += page.ByteSize()
        if page.last:
            await self._apply(Cursor(page.revision, -1))
            if self._orphans:
                raise ProtocolMismatch(
                    "the server sent responses without their parents; see that it is of the same"
                    " version as this program",
                    conversation_id=page.responses[-1].conversation_id if page.responses else None,
                )
        elif len(self._waiting) >= BATCH_RESPONSES or self._n_bytes >= BATCH_BYTES:
            newest = self._waiting[-1]
            await self._apply(Cursor(newest.revision, newest.position))

    async def _apply(self, cursor: Cursor) -> None:
        conversation, messages = self._conversation, self._waiting
        assert conversation is not None, "the first page brings it"
        self._waiting, self._n_bytes = [], 0
        orphans, time = self._orphans, now()

        def apply() -> list[Orphan]:
            responses = [response_from_wire(message) for message in messages]
            return self._file.change(
                conversation.conversation_id,
                responses,
                lambda writer: writer.apply_changes(
                    conversation, responses, cursor, now=time, orphans=orphans
                ),
            )

        self._orphans = await anyio.to_thread.run_sync(apply)
