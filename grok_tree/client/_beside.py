"""What a client's snapshots find beside their responses: what was loaded, or can be waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import anyio.from_thread

from grok_tree.errors import AttachmentNotFound, InvalidOperationError
from grok_tree.forest import Response, TokenLogprob

Asked = Callable[[Response], Awaitable[Sequence[TokenLogprob]]]
Read = Callable[[str], Awaitable[bytes]]


Wait = Callable[..., Any]
"""Runs a coroutine function to its end, for a blocking caller: its first argument."""


class Loaded:
    """Log-probabilities by response; what is missing is loaded where somebody can wait for it.

    Attributes:
        wait: How a blocking client waits; None where there is an event loop that must not stand.
    """

    def __init__(self, ask: Asked, read: Read) -> None:
        """Begin with nothing.

        Args:
            ask: Asks the server for the log-probabilities of a response.
            read: Reads a file from the server.
        """
        self.wait: Wait | None = None
        self._ask = ask
        self._read = read
        self._logprobs: dict[str, Sequence[TokenLogprob]] = {}

    def in_thread(self) -> Loaded:
        """Return the same for a thread of the event loop, which may wait."""
        if self.wait is not None:
            return self
        waiting = Loaded(self._ask, self._read)
        waiting.wait = anyio.from_thread.run
        return waiting

    async def load(self, response: Response) -> Sequence[TokenLogprob]:
        """Return the log-probabilities of a response's tokens, and keep them if it is finished."""
        known = self._logprobs.get(response.response_id)
        if known is not None:
            return known
        found = await self._ask(response)
        if response.finish_reason is not None or not response.partial:
            self._logprobs[response.response_id] = found
        return found

    async def load_all(self, responses: Iterable[Response]) -> int:
        """Load those of several responses; return how many of these have any."""
        return sum([bool(await self.load(response)) for response in responses])

    def logprobs(self, response: Response) -> Sequence[TokenLogprob]:
        """Return the log-probabilities of a response's tokens, empty where none are kept.

        Raises:
            InvalidOperationError: They were not loaded, and nobody may wait for them here.
        """
        known = self._logprobs.get(response.response_id)
        if known is not None:
            return known
        if self.wait is None:
            raise InvalidOperationError(
                f"the log-probabilities of response {response.response_id} are not loaded;"
                " await conversation.load_logprobs() first",
                response_id=response.response_id,
            )
        found: Sequence[TokenLogprob] = self.wait(self.load, response)
        return found

    def file(self, file_id: str) -> bytes | None:
        """Return the contents of an attached file, None where nobody can wait for it."""
        if self.wait is None:
            return None
        try:
            data: bytes = self.wait(self._read, file_id)
        except AttachmentNotFound:
            return None
        return data
