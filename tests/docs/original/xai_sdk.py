"""The names of the original's package over the client of our tests that speaks its wire.

The package itself is on no index any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tests.doors._original_client import Said, Talk, Wire
from tests.doors._original_schema import NEWEST


class Client:
    """A client of a server on this machine."""

    def __init__(self, api_key: str, *, api_host: str) -> None:
        self.grok = Grok(Wire(int(api_host.removeprefix("localhost:")), api_key, NEWEST))


class Grok:
    """Its conversations."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def create_conversation(self) -> Conversation:
        """Begin a conversation."""
        return Conversation(Talk(self._wire))


class Conversation:
    """One of them."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def add_response(self, text: str) -> tuple[AsyncIterator[str], asyncio.Future[Said]]:
        """Return the stream of an answer, and the future of its response."""
        answering = self._talk.say(text)
        return aiter(answering), answering.response
