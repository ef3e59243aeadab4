"""Reading a conversation: from the server through the mirror, or from the mirror alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

import anyio.to_thread

from grok_tree.client._cache import Cache
from grok_tree.client._mirror import Mirror, doubt_mirror, now, read_mirror
from grok_tree.client._mirror_copy import copy_changes
from grok_tree.client._remote import Remote
from grok_tree.errors import (
    AlreadyExists,
    ConversationDeletedError,
    ConversationNotFound,
    ServerUnavailable,
    StoreError,
)
from grok_tree.forest import Conversation, Response

if TYPE_CHECKING:
    from grok_tree.client._mirror_files import MirrorFile
    from grok_tree.store import Mirrored, Reader

Ready = Callable[[], Awaitable[None]]


class Reading:
    """How one conversation is read; with the server away, from the mirror.

    Attributes:
        stale_since: When what is known was last compared with the server; None when the last
            reading reached it.
    """

    def __init__(self, mirror: Mirror | None, remote: Remote, cache: Cache) -> None:
        """Prepare.

        Args:
            mirror: The client's; None for none.
            remote: The conversation's calls.
            cache: Where everything goes that was read.
        """
        self.stale_since: datetime | None = None
        self._mirror = mirror
        self._remote = remote
        self._cache = cache
        self._database_id = ""
        self._contact: datetime | None = None

    def reached(self) -> None:
        """Note that the server has just told everything that is known."""
        self.stale_since = None
        self._contact = now()

    async def read(self, ready: Ready, *, everything: bool) -> None:
        """Bring what is known up to date.

        Args:
            ready: Tells the server what it must know before.
            everything: Without a mirror, read also what is known already.

        Raises:
            ServerUnavailable: The server is away and nothing was read before.
        """
        try:
            await self._find_server()
            await ready()
            await self._read_online(everything=everything)
        except ServerUnavailable as away:
            await self._read_offline(away)
        else:
            self.reached()

    async def fetch(self, response_id: str) -> None:
        """Read the newest state of one response.

        Raises:
            ResponseNotFound: There is none of this id in this conversation.
            ServerUnavailable: The server is away and the response was not read before.
        """
        try:
            await self._find_server()
            await self._remote.fetch(response_id)
        except ServerUnavailable as away:
            await self._read_offline(away)
            self._cache.response(response_id)

    async def _find_server(self) -> None:
        if self._mirror is not None:
            await self._mirror.find_server()

    async def _read_online(self, *, everything: bool) -> None:
        file = None if self._mirror is None else await self._mirror.online()
        if file is not None:
            try:
                await self._read_through(file)
            except (StoreError, AlreadyExists) as problem:
                await doubt_mirror(file, problem)
            else:
                return
        await self._remote.read_changes(0 if everything else self._cache.revision)

    async def _read_through(self, file: MirrorFile) -> None:
        base = self._cache.base
        if base is not None and base.problem is not None:
            self._cache.clear()
            raise base.problem
        if self._database_id not in ("", file.database_id):
            self._cache.clear()  # what was known is of another database
        self._database_id = file.database_id
        await copy_changes(self._remote, file)
        await self._take(file)

    async def _take(self, file: MirrorFile) -> None:
        """Take from the mirror what changed there since the last time."""
        from grok_tree.store import Cursor

        conversation_id, since = self._remote.conversation_id, Cursor(self._cache.revision, -1)
        if self._cache.base is None:
            # First what the conversation itself is: its responses may then be newer, never older.
            conversation = await read_mirror(file, lambda r: r.conversation(conversation_id))
            self._cache.stand_on(await anyio.to_thread.run_sync(file.base, conversation_id))
            self._cache.set_conversation(conversation)
            return

        def look(reader: Reader) -> tuple[Conversation, Mirrored | None, list[Response]]:
            return (
                reader.conversation(conversation_id),
                reader.mirrored(conversation_id),
                reader.changes(conversation_id, since, limit=2**31, max_bytes=2**62),
            )

        conversation, mirrored, responses = await read_mirror(file, look)
        for response in responses:
            self._cache.put(response)
        self._cache.set_conversation(conversation)
        if mirrored is not None:
            self._cache.revision = max(self._cache.revision, mirrored.cursor.revision)

    async def _read_offline(self, away: ServerUnavailable) -> None:
        if self._mirror is None:
            raise away
        file = await self._mirror.offline()
        sync_time = None if file is None else await self._take_offline(file)
        if sync_time is None and self._contact is None:
            raise self._never_read(away) from away
        times = [time for time in (sync_time, self._contact) if time is not None]
        self.stale_since = max(times)

    async def _take_offline(self, file: MirrorFile) -> datetime | None:
        """Take a conversation that is whole in the mirror; return when it was the server's."""
        conversation_id = self._remote.id
        if conversation_id is None:
            return None

        def look(reader: Reader) -> tuple[Mirrored | None, bool]:
            deleted = reader.conversation(conversation_id).deleted
            return reader.mirrored(conversation_id), deleted

        try:
            mirrored, deleted = await read_mirror(file, look)
            if deleted:
                raise ConversationDeletedError(
                    f"conversation {conversation_id} was deleted; restore() it first",
                    conversation_id=conversation_id,
                )
            if mirrored is None or not mirrored.complete:
                return None
            await self._take(file)
        except ConversationNotFound:
            return None
        except StoreError as problem:
            await doubt_mirror(file, problem)
            return None
        self._database_id = file.database_id
        return mirrored.sync_time

    def _never_read(self, away: ServerUnavailable) -> ServerUnavailable:
        if self._remote.id is None:
            return away
        return ServerUnavailable(
            f"conversation {self._remote.id} was never loaded completely, and the server is away:"
            f" {away.message}",
            conversation_id=self._remote.id,
        )
