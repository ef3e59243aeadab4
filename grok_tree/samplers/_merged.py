"""Several streams of events as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import anyio

from grok_tree.forest import SamplerEvent

Stream = AsyncGenerator[SamplerEvent, None]


async def merged(streams: Sequence[Stream]) -> Stream:
    """Yield the events of all streams as they come; leaving it closes them all.

    When one stream fails the others go on to their ends: what they say is paid for.

    Args:
        streams: Each is read by a task of its own, an event ahead at most.

    Raises:
        Exception: The first failure, when all streams have ended.
    """
    mail: asyncio.Queue[SamplerEvent | _Ended] = asyncio.Queue(max(1, len(streams)))
    tasks = [asyncio.create_task(_read(stream, mail)) for stream in streams]
    failures: list[Exception] = []
    n_running = len(tasks)
    try:
        while n_running:
            event = await mail.get()
            if not isinstance(event, _Ended):
                yield event
                continue
            n_running -= 1
            if event.error is not None:
                failures.append(event.error)
    finally:
        await _stopped(tasks)
    if failures:
        raise failures[0]


@dataclass(frozen=True)
class _Ended:
    error: Exception | None = None


async def _read(stream: Stream, mail: asyncio.Queue[SamplerEvent | _Ended]) -> None:
    try:
        async with aclosing(stream):
            async for event in stream:
                await mail.put(event)
    except Exception as error:
        await mail.put(_Ended(error))
    else:
        await mail.put(_Ended())


async def _stopped(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Stop tasks and wait until each has let go of its stream."""
    for task in tasks:
        task.cancel()
    if tasks:
        with anyio.CancelScope(shield=True):
            await asyncio.wait(tasks)
