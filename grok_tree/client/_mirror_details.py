"""What is asked for apart from the responses, and kept in the mirror once it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from grok_tree.client._mirror import Mirror, doubt_mirror, read_mirror, write_mirror
from grok_tree.client._remote import Remote
from grok_tree.errors import AlreadyExists, NotFoundError, ServerUnavailable, StoreError
from grok_tree.forest import Response, Share, TokenLogprob

if TYPE_CHECKING:
    from grok_tree.store import Reader, ShareRow, Writer

T = TypeVar("T")

_ID = "{share_id}"
"""Where the id stands in the address of a share."""


class Details:
    """Log-probabilities and shares of one conversation."""

    def __init__(self, mirror: Mirror | None, remote: Remote) -> None:
        """Prepare.

        Args:
            mirror: The client's; None for none.
            remote: The conversation's calls.
        """
        self._mirror = mirror
        self._remote = remote

    async def logprobs(self, response: Response) -> list[TokenLogprob]:
        """Return the log-probability of each token of a response.

        Raises:
            ServerUnavailable: The server is away, and they were not read before.
        """
        response_id = response.response_id
        try:
            await self._find_server()
            found = await self._remote.logprobs(response_id, response.origin.sampled_from)
        except ServerUnavailable as away:
            if self._mirror is not None and not response.settings.logprobs:
                return []
            what = f"the log-probabilities of response {response_id} were"
            kept = await self._kept(lambda reader: reader.logprobs(response_id), away, what)
            if not kept:
                raise _never_read(what, away) from away
            return kept
        if found:
            await self._keep(lambda writer: writer.keep_logprobs(response_id, found))
        return found

    async def shares(self) -> list[Share]:
        """Return every share of the conversation.

        Raises:
            ServerUnavailable: The server is away, and they were not listed before.
        """
        conversation_id = self._remote.conversation_id
        try:
            await self._find_server()
            found = await self._remote.shares()
        except ServerUnavailable as away:
            what = f"the shares of conversation {conversation_id} were"

            def look(reader: Reader) -> list[Share] | None:
                url = reader.share_url(conversation_id)
                rows = reader.shares(conversation_id)
                return [_share(row, url) for row in rows] if url else None

            kept = await self._kept(look, away, what)
            if kept is None:
                raise _never_read(what, away) from away
            return kept
        url = found[0].url.replace(found[0].share_id, _ID) if found else _ID
        await self._keep(lambda writer: writer.keep_shares(conversation_id, found, url))
        return found

    async def _find_server(self) -> None:
        if self._mirror is not None:
            await self._mirror.find_server()

    async def _kept(self, look: Callable[[Reader], T], away: ServerUnavailable, what: str) -> T:
        file = None if self._mirror is None else await self._mirror.offline()
        if file is None:
            raise away
        try:
            return await read_mirror(file, look)
        except NotFoundError:
            raise _never_read(what, away) from away
        except StoreError as problem:
            await doubt_mirror(file, problem)
            raise away from problem

    async def _keep(self, work: Callable[[Writer], object]) -> None:
        file = None if self._mirror is None else await self._mirror.online()
        if file is None:
            return
        try:
            await write_mirror(file, work)
        except NotFoundError:
            pass  # what they belong to was not copied yet
        except (StoreError, AlreadyExists) as problem:
            await doubt_mirror(file, problem)


def _share(row: ShareRow, url: str) -> Share:
    return Share(
        share_id=row.share_id,
        url=url.replace(_ID, row.share_id),
        response_id=row.response_id,
        create_time=row.create_time,
    )


def _never_read(what: str, away: ServerUnavailable) -> ServerUnavailable:
    return ServerUnavailable(f"{what} never read, and the server is away: {away.message}")
