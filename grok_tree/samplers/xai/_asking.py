"""Asking for siblings: at the pace that a model allows, and again when one failed silently."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from grok_tree.forest import Finished, SamplerEvent
from grok_tree.samplers._merged import merged
from grok_tree.samplers._pace import Pace
from grok_tree.samplers._retrying import Retrying
from grok_tree.samplers.xai._connection import Connection, Method
from grok_tree.samplers.xai._errors import Call


class Reply(Protocol):
    """Reads the messages of one streamed answer."""

    def events(self, message: Any) -> Iterator[SamplerEvent]:
        """Yield what a message brings."""

    def finished(self) -> Iterator[SamplerEvent]:
        """Yield the end, after the last message."""


@dataclass(frozen=True)
class Sibling:
    """One answer that is wanted.

    Attributes:
        request: What is asked.
        begin: Makes what reads the reply, anew for each attempt.
    """

    request: Any
    begin: Callable[[], Reply]


class Asking:
    """Asks for answers on one connection."""

    def __init__(self, connection: Connection, retrying: Retrying) -> None:
        """Begin with nothing known of any model's pace."""
        self._connection = connection
        self._retrying = retrying
        self._paces: dict[str, Pace] = {}

    async def events(
        self, method: Method, siblings: Sequence[Sibling], call: Call
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the events of all siblings, as they come.

        Raises:
            GrokTreeError: A sibling failed; it is raised when the others have ended.
        """
        streams = [
            self._retrying.events(partial(self._attempt, method, sibling, call))
            for sibling in siblings
        ]
        async with aclosing(merged(streams)) as events:
            async for event in events:
                yield event

    async def result(self, method: Method, request: Any, call: Call) -> Any:
        """Return the answer to a call that is not streamed.

        Raises:
            GrokTreeError: The last attempt failed.
        """

        async def attempt() -> Any:
            async with self._pace(call.model).turn():
                return await self._connection.unary(method, request, call)

        return await self._retrying.result(attempt)

    async def _attempt(
        self, method: Method, sibling: Sibling, call: Call
    ) -> AsyncGenerator[SamplerEvent, None]:
        async with self._pace(call.model).turn() as turn:
            reply = sibling.begin()
            stream = self._connection.stream(method, sibling.request, call)
            async with aclosing(stream) as messages:
                async for message in messages:
                    for event in reply.events(message):
                        yield event
            for event in reply.finished():
                if isinstance(event, Finished):
                    turn.used(event.usage.prompt_tokens + event.usage.completion_tokens)
                yield event

    def _pace(self, model: str) -> Pace:
        return self._paces.setdefault(model, Pace())
