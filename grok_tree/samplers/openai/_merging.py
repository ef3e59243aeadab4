"""Several streams of events as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from grok_tree.forest import SamplerEvent

Events = AsyncGenerator[SamplerEvent, None]

_MOST_WAITING = 1_000
"""Events that wait for a slow reader before the streams wait too."""


async def merged(streams: Sequence[Events]) -> Events:
    """Yield the events of all streams as they come.

    A stream that fails does not stop the others; its error comes when they have ended.

    Args:
        streams: Read at once, each by a task of its own; closed at the end.

    Raises:
        Exception: The error of the first stream that failed.
    """
    if len(streams) == 1:
        async with aclosing(streams[0]) as only:
            async for event in only:
                yield event
        return
    basket = _Basket(len(streams))
    tasks = [asyncio.ensure_future(basket.fill(stream)) for stream in streams]
    try:
        while events := await basket.take():
            for event in events:
                yield event
        if basket.errors:
            raise basket.errors[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


class _Basket:
    """Holds what streams bring until it is taken, everything at once."""

    def __init__(self, n_streams: int) -> None:
        self.errors: list[Exception] = []
        self._n_streams = n_streams
        self._events: list[SamplerEvent] = []
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()

    async def fill(self, stream: Events) -> None:
        try:
            async with aclosing(stream):
                async for event in stream:
                    self._events.append(event)
                    self._filled.set()
                    while len(self._events) >= _MOST_WAITING:
                        self._emptied.clear()
                        await self._emptied.wait()
        except Exception as error:
            self.errors.append(error)
        finally:
            self._n_streams -= 1
            self._filled.set()

    async def take(self) -> list[SamplerEvent]:
        """Return what has come, at least one event; nothing when all streams have ended."""
        while not self._events and self._n_streams:
            self._filled.clear()
            await self._filled.wait()
        events, self._events = self._events, []
        self._emptied.set()
        return events
