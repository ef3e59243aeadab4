"""Taking conversations out: loaded one by one while the file is written."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import anyio.from_thread
import anyio.to_thread

from grok_tree.errors import AttachmentNotFound, ResponseNotFound
from grok_tree.forest import Forest, Response, TokenLogprob
from grok_tree.formats import write

if TYPE_CHECKING:
    from grok_tree.client._client import AsyncClient
    from grok_tree.client._conversation import Conversation

T = TypeVar("T")

Target = str | os.PathLike[str] | BinaryIO
"""A path, or an open file."""


async def write_conversations(
    client: AsyncClient,
    conversations: AsyncIterable[Conversation],
    target: Target,
    *,
    format_name: str | None,
    options: dict[str, str | int],
) -> int:
    """Write conversations as they are on the server now; return the number of responses."""
    coming = aiter(conversations)

    def forests() -> Iterator[Forest]:
        while (found := anyio.from_thread.run(_next, coming)) is not None:
            yield found.forest.with_beside(ServerBeside(client))

    return await anyio.to_thread.run_sync(lambda: write(forests(), target, format_name, **options))


async def _next(coming: AsyncIterator[Conversation]) -> Conversation | None:
    conversation = await anext(coming, None)
    if conversation is not None:
        await conversation.load()
    return conversation


class ServerBeside:
    """Fetches what does not come with responses, for a thread of the client's event loop."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def logprobs(self, response: Response) -> Sequence[TokenLogprob]:
        """Return the log-probabilities of a response's tokens, empty where it is not there."""

        async def fetch() -> Sequence[TokenLogprob]:
            try:
                return await (await self._client.grok.get_response(response.response_id)).logprobs()
            except ResponseNotFound:
                return ()

        return _there(fetch)

    def file(self, file_id: str) -> bytes | None:
        """Return the contents of a file, None where the server does not keep it."""

        async def fetch() -> bytes | None:
            try:
                return await self._client.files.read(file_id)
            except AttachmentNotFound:
                return None

        return _there(fetch)


def _there(fetch: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return anyio.from_thread.run(fetch)
