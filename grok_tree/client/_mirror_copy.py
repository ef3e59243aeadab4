"""Bringing a mirror up to date with what has changed of one conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from grok_tree.client._mirror import now, read_mirror, write_mirror
from grok_tree.errors import (
    ConversationDeletedError,
    ConversationNotFound,
    GrokTreeError,
    ProtocolMismatch,
)
from grok_tree.forest import Conversation
from grok_tree.wire import conversation_from_wire, pb, response_from_wire

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

    from grok_tree.client._mirror_files import MirrorFile
    from grok_tree.client._remote import Remote
    from grok_tree.store import Mirrored, Orphan

BATCH_RESPONSES = 5_000
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
    try:
        await _copy(remote, file, known)
    except ConversationNotFound:
        await anyio.to_thread.run_sync(file.forget, conversation_id)
        raise
    except ConversationDeletedError:
        await write_mirror(file, lambda writer: writer.mark_deleted(conversation_id))
        raise


async def _copy(remote: Remote, file: MirrorFile, known: Mirrored | None) -> None:
    since, position = 0, None
    if known is not None:
        since = known.cursor.revision
        position = None if known.complete else known.cursor.position
    # Of no size: one batch is applied while the next one is read, and no more are in memory.
    send, receive = anyio.create_memory_object_stream[_Batch](0)
    failures: list[GrokTreeError] = []
    try:
        async with anyio.create_task_group() as tasks, send:
            tasks.start_soon(_apply_all, file, receive)
            await remote.read_pages(since, position, _Batching(send).add)
    except* GrokTreeError as group:
        failures += [one for one in group.exceptions if isinstance(one, GrokTreeError)]
    if failures:
        raise failures[0]


@dataclass(frozen=True)
class _Batch:
    """Some changes that are applied together.

    Attributes:
        cursor: How far the mirror has come with them; (revision, -1) with the last.
    """

    conversation: Conversation
    responses: list[pb.Response]
    cursor: tuple[int, int]

    @property
    def last(self) -> bool:
        """Whether the mirror is complete with it."""
        return self.cursor[1] < 0


class _Batching:
    """Gathers pages into batches; few changes are one batch, and so one transaction."""

    def __init__(self, send: MemoryObjectSendStream[_Batch]) -> None:
        self._send = send
        self._conversation: Conversation | None = None
        self._waiting: list[pb.Response] = []
        self._n_bytes = 0

    async def add(self, page: pb.ChangesPage) -> None:
        if page.HasField("conversation"):
            self._conversation = conversation_from_wire(page.conversation)
        self._waiting.extend(page.responses)
        self._n_bytes += page.ByteSize()
        if page.last:
            await self._pass_on((page.revision, -1))
        elif len(self._waiting) >= BATCH_RESPONSES or self._n_bytes >= BATCH_BYTES:
            newest = self._waiting[-1]
            await self._pass_on((newest.revision, newest.position))

    async def _pass_on(self, cursor: tuple[int, int]) -> None:
        assert self._conversation is not None, "the first page brings it"
        batch = _Batch(self._conversation, self._waiting, cursor)
        self._waiting, self._n_bytes = [], 0
        await self._send.send(batch)


async def _apply_all(file: MirrorFile, batches: MemoryObjectReceiveStream[_Batch]) -> None:
    orphans: list[Orphan] = []
    async with batches:
        async for batch in batches:
            work = partial(_apply, file, batch, orphans, now())
            orphans = await anyio.to_thread.run_sync(work)
            if batch.last and orphans:
                raise ProtocolMismatch(
                    "the server sent responses without their parents; see that it is of the same"
                    " version as this program",
                    conversation_id=batch.conversation.conversation_id,
                )


def _apply(file: MirrorFile, batch: _Batch, orphans: list[Orphan], time: datetime) -> list[Orphan]:
    from grok_tree.store import Cursor

    responses = [response_from_wire(message) for message in batch.responses]
    return file.change(
        batch.conversation.conversation_id,
        responses,
        lambda writer: writer.apply_changes(
            batch.conversation, responses, Cursor(*batch.cursor), now=time, orphans=orphans
        ),
    )
