"""Listing and finding: what the server lists is kept in the mirror, which answers without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import anyio.to_thread

from grok_tree.client._connection import Connection
from grok_tree.client._mirror import Mirror, doubt_mirror, read_mirror, write_mirror
from grok_tree.errors import (
    AlreadyExists,
    ConversationDeletedError,
    ConversationNotFound,
    ServerUnavailable,
    StoreError,
)
from grok_tree.forest import Conversation
from grok_tree.wire import conversation_from_wire, pb

if TYPE_CHECKING:
    from grok_tree.client._mirror_files import MirrorFile
    from grok_tree.store import ConversationRows, Reader, ResolvedIds, SearchRows, Writer

T = TypeVar("T")

_OURS = "mirror:"
"""Before the page tokens of a mirror, which mean nothing to a server."""

_MOST_LISTINGS = 16
"""How many listings are followed at once, to see what a whole one no longer names."""

_MOST_ROWS = 500


class Finding:
    """The reads that span conversations, for when the server is away, and what they leave."""

    def __init__(self, mirror: Mirror | None, connection: Connection) -> None:
        """Prepare.

        Args:
            mirror: The client's; None for none.
            connection: To the server.
        """
        self._mirror = mirror
        self._connection = connection
        self._listings: dict[str, set[str]] = {}

    async def call(self, method: str, request: Any) -> Any:
        """Make a call that reads.

        Raises:
            ServerUnavailable: The server is away.
        """
        if self._mirror is not None:
            await self._mirror.find_server()
        return await self._connection.call(method, request)

    async def keep_listed(
        self,
        request: pb.ListConversationsRequest,
        found: Sequence[Conversation],
        next_page_token: str,
    ) -> None:
        """Take a page of conversations into the mirror.

        When a listing has come to its end, what it did not name is looked up and, if it is gone
        from the server, goes from the mirror too.
        """
        if self._mirror is None:
            return
        file = await self._mirror.online()
        if file is None:
            return
        named = self._listings.pop(request.page_token, set()) if request.page_token else set()
        named |= {conversation.conversation_id for conversation in found}
        try:
            await write_mirror(file, lambda writer: _keep(writer, found))
            if next_page_token:
                self._follow(next_page_token, named)
            elif not request.HasField("starred"):
                await self._look_after(file, named, deleted=request.deleted)
        except (StoreError, AlreadyExists) as problem:
            await doubt_mirror(file, problem)

    async def conversations(
        self, request: pb.ListConversationsRequest, away: ServerUnavailable
    ) -> tuple[list[Conversation], str]:
        """Return a page of conversations from the mirror, and the token of the next."""
        starred = request.starred if request.HasField("starred") else None

        def look(reader: Reader) -> ConversationRows:
            return reader.conversations(
                limit=min(request.page_size or 50, _MOST_ROWS),
                after=_token(request.page_token, away),
                deleted=request.deleted,
                starred=starred,
            )

        rows = await self._ask(look, away)
        return rows.conversations, _ours(rows.next_token)

    async def search(self, request: pb.SearchRequest, away: ServerUnavailable) -> SearchRows:
        """Find words in what the mirror has."""

        def look(reader: Reader) -> SearchRows:
            limit = min(request.page_size or 50, _MOST_ROWS)
            after = _token(request.page_token, away)
            return reader.search(request.query, limit=limit, after=after)

        rows = await self._ask(look, away, indexed=True)
        return type(rows)(rows.hits, _ours(rows.next_token))

    async def resolve(self, prefix: str, away: ServerUnavailable) -> ResolvedIds:
        """Return the ids of the mirror that begin with a prefix."""
        return await self._ask(lambda reader: reader.resolve(prefix), away)

    async def conversation_of(self, response_id: str, away: ServerUnavailable) -> str:
        """Return the id of the conversation that a response of the mirror belongs to."""
        return await self._ask(lambda reader: reader.response(response_id).conversation_id, away)

    async def _ask(
        self, look: Callable[[Reader], T], away: ServerUnavailable, *, indexed: bool = False
    ) -> T:
        file = None if self._mirror is None else await self._mirror.offline()
        if file is None:
            raise away
        try:
            if indexed:
                await write_mirror(file, lambda writer: writer.index_rest())
            return await read_mirror(file, look)
        except StoreError as problem:
            await doubt_mirror(file, problem)
            raise away from problem

    def _follow(self, token: str, named: set[str]) -> None:
        self._listings[token] = named
        while len(self._listings) > _MOST_LISTINGS:
            del self._listings[next(iter(self._listings))]

    async def _look_after(self, file: MirrorFile, named: set[str], *, deleted: bool) -> None:
        kept = await read_mirror(file, lambda reader: reader.conversation_ids(deleted=deleted))
        for conversation_id in kept:
            # It may only have moved to another page while this one was read, so it is asked for.
            if conversation_id not in named:
                await self._look_for(file, conversation_id)

    async def _look_for(self, file: MirrorFile, conversation_id: str) -> None:
        request = pb.GetConversationRequest(conversation_id=conversation_id)
        try:
            message = await self._connection.call("GetConversation", request)
        except ConversationNotFound:
            await anyio.to_thread.run_sync(file.forget, conversation_id)
        except ConversationDeletedError:
            await write_mirror(file, lambda writer: writer.mark_deleted(conversation_id))
        else:
            found = conversation_from_wire(message)
            await write_mirror(file, lambda writer: writer.keep_conversation(found))


def _keep(writer: Writer, conversations: Sequence[Conversation]) -> None:
    for conversation in conversations:
        writer.keep_conversation(conversation)


def _ours(token: str) -> str:
    return _OURS + token if token else ""


def _token(token: str, away: ServerUnavailable) -> str:
    """Return a mirror's page token.

    Raises:
        ServerUnavailable: It is a token of the server, which means nothing here.
    """
    if token and not token.startswith(_OURS):
        raise ServerUnavailable(
            f"the next page is only known to the server, which is away; begin again without a"
            f" page token to read from the mirror: {away.message}"
        )
    return token.removeprefix(_OURS)
