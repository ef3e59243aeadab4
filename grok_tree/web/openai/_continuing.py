"""Texts that are being continued, several at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import anyio

from grok_tree.forest import Finished, Token
from grok_tree.service import EventLog, Forests
from grok_tree.web.openai._completion_request import Continuation

Event = tuple[int, Token | Finished]
Batches = AsyncGenerator[list[Event], None]


class Continuing:
    """Continuations that run together; those who read them may be slower than they are."""

    def __init__(self, forests: Forests, model: str, asked: Sequence[Continuation]) -> None:
        self._forests = forests
        self._model = model
        self._asked = asked
        self._log: EventLog[tuple[int, Token | Finished | Exception]] = EventLog()

    async def run(self) -> bool:
        """Sample until all have ended."""
        async with anyio.create_task_group() as tasks:
            for index, one in enumerate(self._asked):
                tasks.start_soon(self._read, index, one)
        self._log.close()
        return False

    async def batches(self) -> Batches:
        """Yield what has come of all since the last look, each with its index.

        Raises:
            GrokTreeError: One failed.
        """
        async with aclosing(self._log.follow()) as batches:
            async for batch in batches:
                events: list[Event] = []
                for index, event in batch:
                    if isinstance(event, Exception):
                        raise event
                    events.append((index, event))
                yield events

    async def _read(self, index: int, one: Continuation) -> None:
        try:
            events = self._forests.complete(self._model, one.prompt, one.settings)
            async with aclosing(events):
                async for event in events:
                    self._log.append((index, event))
        except Exception as error:
            self._log.append((index, error))
