"""The pace of calls, with a clock that only the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from grok_tree.errors import RateLimited, SamplingError
from grok_tree.samplers._pace import Pace

pytestmark = pytest.mark.anyio


class Time:
    """Passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Calls:
    """Calls that run until the test ends them."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.running: list[asyncio.Future[None]] = []
        self.order: list[int] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def begin(self, n: int, n_tokens: int = 0) -> None:
        self.tasks += [
            asyncio.ensure_future(self._call(number, n_tokens))
            for number in range(len(self.tasks), len(self.tasks) + n)
        ]
        await self.settle()

    async def settle(self) -> None:
        for _ in range(2 * len(self.tasks) + 5):
            await asyncio.sleep(0)

    async def end(self, n: int, error: Exception | None = None) -> None:
        for _ in range(n):
            call = self.running.pop(0)
            call.set_result(None) if error is None else call.set_exception(error)
        await self.settle()

    async def drain(self) -> None:
        while self.running:
            await self.end(len(self.running))

    async def _call(self, number: int, n_tokens: int) -> None:
        with suppress(SamplingError):
            async with self.pace.turn(n_tokens):
                self.order.append(number)
                ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self.running.append(ended)
                await ended


def limited(retry_after_s: float | None = None) -> RateLimited:
    return RateLimited("too many requests; wait", retry_after_s=retry_after_s)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def paced(time: Time) -> Callable[..., Calls]:
    def make(**options: float) -> Calls:
        return Calls(Pace(clock=time.clock, sleep=time.sleep, **options))  # type: ignore[arg-type]

    return make


async def test_twenty_calls_run_at_first_and_the_others_wait(paced: Callable[..., Calls]) -> None:
    calls = paced()
    await calls.begin(25)
    assert len(calls.running) == 20
    await calls.drain()
    assert calls.order == list(range(25))


async def test_calls_that_go_well_while_all_places_are_taken_add_places(
    paced: Callable[..., Calls],
) -> None:
    calls = paced()
    await calls.begin(100)
    await calls.end(10)
    assert len(calls.running) == calls.pace.n_at_once == 30
    await calls.drain()


async def test_the_upper_bound_is_never_passed(paced: Callable[..., Calls]) -> None:
    calls = paced(n_at_most=24)
    await calls.begin(100)
    await calls.end(20)
    assert len(calls.running) == calls.pace.n_at_once == 24
    await calls.drain()
    assert calls.pace.n_running == 0


async def test_calls_one_after_another_add_nothing(paced: Callable[..., Calls]) -> None:
    calls = paced()
    for _ in range(30):
        await calls.begin(1)
        await calls.end(1)
    assert calls.pace.n_at_once == 20


async def test_a_burst_of_refusals_halves_once(paced: Callable[..., Calls]) -> None:
    calls = paced()
    await calls.begin(20)
    await calls.end(5, limited())
    assert calls.pace.n_at_once == 10
    await calls.end(15, limited())
    assert calls.pace.n_at_once == 10


async def test_a_refusal_of_a_later_call_halves_again_and_never_below_one(
    paced: Callable[..., Calls],
) -> None:
    calls = paced(n_at_first=4)
    seen = []
    for _ in range(5):
        await calls.begin(1)
        await calls.end(1, limited())
        seen.append(calls.pace.n_at_once)
    assert seen == [2, 1, 1, 1, 1]


async def test_after_a_refusal_a_whole_round_adds_one_place(paced: Callable[..., Calls]) -> None:
    calls = paced()
    await calls.begin(1)
    await calls.end(1, limited())
    await calls.begin(100)
    assert len(calls.running) == 10
    await calls.end(10)
    await calls.end(1)
    assert calls.pace.n_at_once == 11
    await calls.drain()


async def test_other_errors_say_nothing_about_the_pace(paced: Callable[..., Calls]) -> None:
    calls = paced()
    await calls.begin(20)
    await calls.end(20, SamplingError("the model failed; try again"))
    assert (calls.pace.n_at_once, calls.pace.n_running) == (20, 0)


@pytest.mark.parametrize(("asked", "waited"), [(7.0, 7.0), (9e9, 120.0), (-5.0, 0.0)])
async def test_new_calls_are_held_back_for_as_long_as_the_provider_says(
    paced: Callable[..., Calls], time: Time, asked: float, waited: float
) -> None:
    calls = paced()
    await calls.begin(1)
    await calls.end(1, limited(asked))
    await calls.begin(3)
    assert time.now == pytest.approx(1_000 + waited)
    await calls.drain()


async def test_a_limit_of_requests_is_kept(paced: Callable[..., Calls], time: Time) -> None:
    calls = paced(requests_per_minute=60)
    for _ in range(70):
        await calls.begin(1)
        await calls.drain()
    assert time.now == pytest.approx(1_060)


async def test_a_limit_of_tokens_is_kept_also_by_a_call_that_is_larger(
    paced: Callable[..., Calls], time: Time
) -> None:
    calls = paced(tokens_per_minute=6_000)
    for _ in range(3):
        await calls.begin(1, n_tokens=3_000)
        await calls.drain()
    assert time.now == pytest.approx(1_060)


async def test_what_a_call_did_not_use_is_given_back(time: Time) -> None:
    pace = Pace(tokens_per_minute=60, clock=time.clock, sleep=time.sleep)
    for _ in range(5):
        async with pace.turn(5) as turn:
            turn.used(1)
    assert time.now == 1_000


async def test_a_call_that_is_cancelled_while_it_waits_takes_no_place(
    paced: Callable[..., Calls],
) -> None:
    calls = paced(n_at_first=1, n_at_most=1)
    await calls.begin(3)
    calls.tasks[1].cancel()
    await calls.end(1)
    assert calls.order == [0, 2]
    await calls.drain()
    assert calls.pace.n_running == 0


async def test_a_call_that_is_cancelled_in_the_moment_of_its_turn_gives_it_on(
    paced: Callable[..., Calls],
) -> None:
    calls = paced(n_at_first=1, n_at_most=1)
    async with calls.pace.turn():
        await calls.begin(2)
    calls.tasks[0].cancel()
    await calls.settle()
    assert calls.order == [1]
    await calls.drain()
    assert calls.pace.n_running == 0
