"""Calls that clients send again by themselves must not be sampled again.

A client that has heard nothing of its call cannot know whether it was begun here. So a sampling
that is left before anything of it was sent goes on for a little while, and a repeat of its call
follows it. Only what was left can be followed: equal calls stay samples of their own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.abc

from grok_tree.errors import GrokTreeError
from grok_tree.service._run import SamplingRun

LINGER_S = 2.0
"""How long a sampling waits for a repeat of its call. gRPC comes back within 1.2 s, clients of
OpenAI half a second after their first attempt, a second after their second."""

NOTICED_WITHIN_S = 0.5
"""So much later than its repeat comes may be noticed that an attempt was left."""

Begin = Callable[[], Awaitable[SamplingRun]]


@dataclass(eq=False)
class _Sampling:
    """What was begun for a call.

    Attributes:
        begun: It has its run, or a failure in the place of one.
        followed: Set unless its client has left and may come back.
        over: Nobody follows it any more, and nobody will.
    """

    fingerprint: bytes
    run: SamplingRun | None = None
    failure: Exception | None = None
    begun: anyio.Event = field(default_factory=anyio.Event)
    followed: anyio.Event = field(default_factory=anyio.Event)
    over: anyio.Event = field(default_factory=anyio.Event)

    @property
    def waits(self) -> bool:
        """Whether a repeat can follow it: what was cut is no answer to give again."""
        was_cut = self.failure is not None or (self.run is not None and self.run.was_cut)
        return not self.followed.is_set() and not was_cut


class Attempts:
    """Begins samplings, so that a repeat of a call finds that of an earlier attempt."""

    def __init__(self, tasks: anyio.abc.TaskGroup) -> None:
        """Begin with none.

        Args:
            tasks: Where a sampling can wait for the repeat of its call.
        """
        self._tasks = tasks
        self._same: dict[bytes, list[_Sampling]] = {}
        self._changed = anyio.Event()

    @asynccontextmanager
    async def sampling(
        self, begin: Begin, fingerprint: bytes, *, is_repeat: bool, may_return: Callable[[], bool]
    ) -> AsyncIterator[SamplingRun]:
        """Give the sampling of a call, and hold it while the block runs.

        Args:
            begin: Begins it, if there is none to follow.
            fingerprint: The same for every attempt at one call.
            is_repeat: Whether there was an attempt before.
            may_return: Asked when the block is left by the client, or by what tells of its loss:
                whether the client may send the call again, because it has heard nothing.

        Raises:
            GrokTreeError: As `begin`.
        """
        one = await self._left_by_earlier(fingerprint) if is_repeat else None
        one = one or self._begun(begin, fingerprint)
        try:
            yield await _run_of(one)
        except BaseException as error:
            # Doors hear of a lost client in several ways; an error of ours is told to the client.
            if not isinstance(error, GrokTreeError) and may_return():
                one.followed = anyio.Event()
                self._tasks.start_soon(self._linger, one, one.followed)
            raise
        finally:
            if one.followed.is_set():
                self._end(one)
            self._tell_change()

    def _begun(self, begin: Begin, fingerprint: bytes) -> _Sampling:
        one = _Sampling(fingerprint)
        one.followed.set()
        self._same.setdefault(fingerprint, []).append(one)
        # In a task of the server's own, which a client who leaves cannot stop.
        self._tasks.start_soon(_hold, one, begin)
        return one

    async def _left_by_earlier(self, fingerprint: bytes) -> _Sampling | None:
        """Take over a sampling that was left; that may be noticed only now."""
        with anyio.move_on_after(NOTICED_WITHIN_S):
            while True:
                same = self._same.get(fingerprint, ())
                for one in same:
                    if one.waits:
                        one.followed.set()
                        return one
                if not any(one.followed.is_set() for one in same):
                    return None
                await self._changed.wait()
        return None

    async def _linger(self, one: _Sampling, followed: anyio.Event) -> None:
        """Let a sampling that its client has left go on for a while."""
        await one.begun.wait()
        with anyio.move_on_after(LINGER_S):
            await followed.wait()
        if not followed.is_set():
            self._end(one)

    def _end(self, one: _Sampling) -> None:
        one.over.set()
        same = self._same[one.fingerprint]
        same.remove(one)
        if not same:
            del self._same[one.fingerprint]

    def _tell_change(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


async def _run_of(one: _Sampling) -> SamplingRun:
    await one.begun.wait()
    if one.failure is not None:
        raise one.failure
    assert one.run is not None
    return one.run


async def _hold(one: _Sampling, begin: Begin) -> None:
    """Begin a sampling, and count among those who follow it until it is over."""
    try:
        one.run = await begin()
    except Exception as error:
        one.failure = error
        return
    finally:
        one.begun.set()
    leave = one.run.hold()
    await one.over.wait()
    leave()
