"""How many calls go to one model of one endpoint at once, found out while they run."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from grok_tree.errors import RateLimited

N_AT_FIRST = 20
N_AT_MOST = 256
LONGEST_HOLD_S = 120.0
"""Whatever a provider says, it is asked again after this time."""

_BURST_S = 10.0
"""So many seconds' worth of a limit per minute may be used in one go."""

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """Lets calls begin as fast as the provider allows, and no faster.

    As many calls run at once as went well so far. Each call that goes well while all places are
    taken adds a place; once the provider has refused a call, it takes a whole round of them to add
    one. A refusal halves the places, once for all calls that were under way together.

    All methods belong to one event loop; calls begin in the order in which they came.
    """

    def __init__(
        self,
        *,
        n_at_first: int = N_AT_FIRST,
        n_at_most: int = N_AT_MOST,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Begin with nothing known of the provider.

        Args:
            n_at_first: Calls at once to begin with.
            n_at_most: Calls at once that are never exceeded.
            requests_per_minute: Limit of the provider; None for none.
            tokens_per_minute: The same, for tokens of prompts and answers.
            clock: Seconds that only grow.
            sleep: Waits so many seconds.
        """
        self._n_at_most = n_at_most
        self._places = float(min(n_at_first, n_at_most))
        self._clock, self._sleep = clock, sleep
        self._requests = _Bucket(requests_per_minute, clock())
        self._tokens = _Bucket(tokens_per_minute, clock())
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._n_running = 0
        self._n_halvings = 0
        self._held_until = clock()

    @property
    def n_at_once(self) -> int:
        """How many calls may run at once now."""
        return int(self._places)

    @property
    def n_running(self) -> int:
        """How many calls run, those that are held back in their turn included."""
        return self._n_running

    @asynccontextmanager
    async def turn(self, n_tokens: int = 0) -> AsyncIterator[Turn]:
        """Wait for a turn, and hold it while the call runs.

        A `RateLimited` that leaves the turn slows everything down; any other error says nothing
        about the pace.

        Args:
            n_tokens: What the call will probably use; `Turn.used` corrects it.
        """
        await self._enter()
        try:
            await self._begin(n_tokens)
            turn = Turn(self._n_halvings, n_tokens)
            try:
                yield turn
            except RateLimited as error:
                self.throttled(error.retry_after_s, turn)
                raise
            self._went_well(turn)
        finally:
            self._leave()

    def throttled(self, retry_after_s: float | None, turn: Turn | None = None) -> None:
        """Hold new calls back, since the provider refused one.

        Args:
            retry_after_s: For so long, 120 s at most; None when the provider did not say.
            turn: The turn that was refused; the places are halved unless they were since it began.
        """
        if retry_after_s is not None:
            until = self._clock() + min(max(retry_after_s, 0.0), LONGEST_HOLD_S)
            self._held_until = max(self._held_until, until)
        if turn is None or turn.n_halvings == self._n_halvings:
            self._n_halvings += 1
            self._places = max(1.0, self._places / 2)

    def _went_well(self, turn: Turn) -> None:
        if turn.n_used is not None:
            self._tokens.correct(turn.n_tokens - turn.n_used)
        if self._n_running >= self.n_at_once:
            gained = 1 / self._places if self._n_halvings else 1
            self._places = min(self._places + gained, self._n_at_most)

    async def _enter(self) -> None:
        if self._n_running < self.n_at_once:
            self._n_running += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            # It may have been admitted in the same moment.
            if not place.cancelled():
                self._leave()
            raise

    async def _begin(self, n_tokens: int) -> None:
        while (wait_s := self._wait_s(n_tokens)) > 0:
            await self._sleep(wait_s)
        self._requests.take(1)
        self._tokens.take(n_tokens)

    def _wait_s(self, n_tokens: int) -> float:
        now = self._clock()
        held_s = self._held_until - now
        return max(held_s, self._requests.wait_s(1, now), self._tokens.wait_s(n_tokens, now))

    def _leave(self) -> None:
        self._n_running -= 1
        while self._waiting and self._n_running < self.n_at_once:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                self._n_running += 1


@dataclass(slots=True, eq=False)
class Turn:
    """One call that runs.

    Attributes:
        n_halvings: How often the places had been halved when it began.
        n_tokens: What it was thought to use.
        n_used: What it used; None when that is not known.
    """

    n_halvings: int
    n_tokens: int
    n_used: int | None = None

    def used(self, n_tokens: int) -> None:
        """Say what the call really used."""
        self.n_used = n_tokens


class _Bucket:
    """A limit per minute; without one it is never empty.

    A single call that is larger than the bucket passes when it is full, and those after it wait.
    """

    def __init__(self, per_minute: float | None, now: float) -> None:
        self._per_s = per_minute / 60 if per_minute else None
        self._size = max(1.0, (self._per_s or 0.0) * _BURST_S)
        self._level, self._seen = self._size, now

    def wait_s(self, amount: float, now: float) -> float:
        """Return after how many seconds the amount can be taken."""
        if self._per_s is None:
            return 0.0
        self._level = min(self._size, self._level + (now - self._seen) * self._per_s)
        self._seen = now
        return (min(amount, self._size) - self._level) / self._per_s

    def take(self, amount: float) -> None:
        self._level -= amount

    def correct(self, amount: float) -> None:
        """Give back what was not used, or take what was used beyond the estimate."""
        self._level = min(self._size, self._level + amount)
