"""Asking a provider again when it failed before it said anything."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC
from typing import TypeVar

import msgspec

from grok_tree.errors import GrokTreeError, RateLimited, SamplerUnavailable
from grok_tree.forest import Finished, SamplerEvent
from grok_tree.samplers._pace import LONGEST_HOLD_S, Clock, Sleep

T = TypeVar("T")
Attempt = Callable[[], AsyncGenerator[SamplerEvent, None]]


def may_pass(error: GrokTreeError) -> bool:
    """Return whether an error may be gone at the next attempt, as far as its class says."""
    return isinstance(error, RateLimited | SamplerUnavailable)


@dataclass(frozen=True)
class Retrying:
    """How often and after what waits an attempt is repeated.

    Attributes:
        n_tries: Attempts at most, the first included.
        base_s: The first wait is up to this long, each further one up to twice as long.
        patience_s: An attempt that would begin later than this after the first is not made.
        worth_it: Says which errors may be gone at the next attempt.
        clock: Seconds that only grow.
        sleep: Waits so many seconds.
        fraction: Draws a number from 0 to 1.
    """

    n_tries: int = 3
    base_s: float = 1.0
    patience_s: float = 300.0
    worth_it: Callable[[GrokTreeError], bool] = may_pass
    clock: Clock = time.monotonic
    sleep: Sleep = asyncio.sleep
    fraction: Callable[[], float] = random.SystemRandom().random

    async def events(self, attempt: Attempt) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the events of the first attempt that says anything.

        The ends of its siblings say how many attempts there were, when there was more than one.

        Args:
            attempt: Begins a new attempt.

        Raises:
            GrokTreeError: The error of the last attempt.
        """
        begun = self.clock()
        n_attempts = 0
        while True:
            n_attempts += 1
            spoken = False
            try:
                async with aclosing(attempt()) as events:
                    async for event in events:
                        spoken = True
                        yield _counted(event, n_attempts)
                return
            except GrokTreeError as error:
                wait_s = self._wait_s(error, n_attempts, begun)
                if spoken or wait_s is None:
                    raise
            await self.sleep(wait_s)

    async def result(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return the result of the first attempt that has one.

        Args:
            attempt: Begins a new attempt.

        Raises:
            GrokTreeError: The error of the last attempt.
        """
        begun = self.clock()
        n_attempts = 0
        while True:
            n_attempts += 1
            try:
                return await attempt()
            except GrokTreeError as error:
                wait_s = self._wait_s(error, n_attempts, begun)
                if wait_s is None:
                    raise
            await self.sleep(wait_s)

    def _wait_s(self, error: GrokTreeError, n_attempts: int, begun: float) -> float | None:
        """Return how long to wait for the next attempt; None when there is none."""
        if n_attempts >= self.n_tries or not self.worth_it(error):
            return None
        drawn = self.fraction() * self.base_s * 2.0 ** (n_attempts - 1)
        asked = float(error.details.get("retry_after_s", 0.0))
        wait_s = min(max(asked, drawn), LONGEST_HOLD_S)
        return None if self.clock() + wait_s - begun > self.patience_s else wait_s


def retry_after_s(header: str | None, now: float) -> float | None:
    """Return what a ``Retry-After`` header asks for, in seconds from 0 to 120.

    Args:
        header: Seconds, or a date as in HTTP; None when there is none.
        now: The provider's time or ours, in seconds since 1970.

    Returns:
        None when it says nothing that can be understood.
    """
    asked = _seconds(header.strip(), now) if header else None
    return None if asked is None else min(max(asked, 0.0), LONGEST_HOLD_S)


def _seconds(header: str, now: float) -> float | None:
    try:
        asked = float(header)
    except ValueError:
        return _seconds_until(header, now)
    return None if math.isnan(asked) else asked


def _seconds_until(header: str, now: float) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(header)
        # HTTP knows no other zone; a date without one would be taken for local time.
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, OverflowError):
        return None


def _counted(event: SamplerEvent, n_attempts: int) -> SamplerEvent:
    if n_attempts == 1 or not isinstance(event, Finished):
        return event
    provenance = {**event.provenance, "n_attempts": str(n_attempts)}
    return msgspec.structs.replace(event, provenance=provenance)
