"""Attempts that are repeated, without waiting."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.errors import GrokTreeError, RateLimited, SamplerRefused, SamplerUnavailable
from grok_tree.forest import Finished, SamplerEvent, Token
from grok_tree.samplers._retrying import Retrying, retry_after_s

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DOWN = SamplerUnavailable("it is down; try later")


class Provider:
    """Fails as it is told, then says two words."""

    def __init__(self, *failures: GrokTreeError, after_words: int = 0) -> None:
        self.failures: Iterator[GrokTreeError] = iter(failures)
        self.after_words = after_words
        self.n_attempts = 0
        self.n_closed = 0

    async def attempt(self) -> AsyncGenerator[SamplerEvent, None]:
        self.n_attempts += 1
        failure = next(self.failures, None)
        try:
            for number in range(2):
                if failure is not None and number == self.after_words:
                    raise failure
                yield Token(f"word{number} ")
            yield Finished(provenance={"model": "m"})
        finally:
            self.n_closed += 1


class Waits:
    def __init__(self, fraction: float = 1.0, patience_s: float = 300.0) -> None:
        self.slept: list[float] = []
        self.retrying = Retrying(
            clock=lambda: sum(self.slept),
            sleep=self.sleep,
            fraction=lambda: fraction,
            patience_s=patience_s,
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def events(self, provider: Provider) -> list[SamplerEvent]:
        return [event async for event in self.retrying.events(provider.attempt)]


async def test_an_attempt_that_goes_well_is_the_only_one() -> None:
    provider, waits = Provider(), Waits()
    events = await waits.events(provider)
    assert events[-1] == Finished(provenance={"model": "m"})
    assert (provider.n_attempts, waits.slept) == (1, [])


async def test_an_attempt_that_failed_silently_is_repeated_and_counted() -> None:
    provider, waits = Provider(DOWN, DOWN), Waits()
    events = await waits.events(provider)
    assert len(events) == 3
    assert events[-1] == Finished(provenance={"model": "m", "n_attempts": "3"})
    assert waits.slept == [1.0, 2.0]


async def test_waits_are_drawn_below_a_bound_that_doubles() -> None:
    waits = Waits(fraction=0.25)
    await waits.events(Provider(DOWN, DOWN))
    assert waits.slept == [0.25, 0.5]


async def test_the_third_failure_is_the_last() -> None:
    provider, waits = Provider(*[DOWN] * 3), Waits()
    with pytest.raises(SamplerUnavailable):
        await waits.events(provider)
    assert provider.n_attempts == provider.n_closed == 3


async def test_nothing_is_repeated_once_a_word_was_said() -> None:
    provider, waits = Provider(DOWN, after_words=1), Waits()
    events = waits.retrying.events(provider.attempt)
    assert await anext(events) == Token("word0 ")
    with pytest.raises(SamplerUnavailable):
        await anext(events)
    assert provider.n_attempts == 1


async def test_a_refusal_is_not_repeated() -> None:
    provider = Provider(SamplerRefused("no; ask something else"))
    with pytest.raises(SamplerRefused):
        await Waits().events(provider)
    assert provider.n_attempts == 1


async def test_what_is_worth_repeating_can_be_said() -> None:
    waits = Waits()
    retrying = Retrying(sleep=waits.sleep, worth_it=lambda _: False)
    with pytest.raises(SamplerUnavailable):
        [event async for event in retrying.events(Provider(DOWN).attempt)]


async def test_the_provider_is_waited_for_as_long_as_it_asks() -> None:
    waits = Waits()
    await waits.events(Provider(RateLimited("wait", retry_after_s=17.0)))
    assert waits.slept == [17.0]


async def test_an_absurd_wait_is_capped() -> None:
    waits = Waits()
    await waits.events(Provider(RateLimited("wait", retry_after_s=1e9)))
    assert waits.slept == [120.0]


async def test_a_wait_beyond_the_patience_is_not_begun() -> None:
    provider, waits = Provider(RateLimited("wait", retry_after_s=31.0)), Waits(patience_s=30.0)
    with pytest.raises(RateLimited):
        await waits.events(provider)
    assert (provider.n_attempts, waits.slept) == (1, [])


async def test_a_call_with_one_result_is_repeated_alike() -> None:
    waits, failures = Waits(), iter([DOWN, DOWN])

    async def attempt() -> str:
        for failure in failures:
            raise failure
        return "done"

    assert await waits.retrying.result(attempt) == "done"
    assert waits.slept == [1.0, 2.0]


async def test_a_call_with_one_result_fails_like_its_last_attempt() -> None:
    async def attempt() -> str:
        raise DOWN

    with pytest.raises(SamplerUnavailable):
        await Waits().retrying.result(attempt)


async def test_leaving_closes_the_attempt() -> None:
    provider = Provider()
    async with aclosing(Waits().retrying.events(provider.attempt)) as events:
        await anext(events)
    assert provider.n_closed == 1


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("999999999999", 120.0),
        ("-3", 0.0),
        ("inf", 120.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
        (format_datetime(NOW.replace(second=30), usegmt=True), 30.0),
        ("Sat, 21 Nov 2026 12:00:30", 30.0),
        (format_datetime(NOW.replace(year=2099), usegmt=True), 120.0),
        (format_datetime(NOW.replace(year=1999), usegmt=True), 0.0),
        ("Sat, 21 Nov 99999 12:00:30 GMT", None),
    ],
)
def test_a_wait_is_read_from_seconds_and_from_dates(
    header: str | None, expected: float | None
) -> None:
    assert retry_after_s(header, NOW.timestamp()) == expected


@given(st.text())
def test_any_header_is_nothing_or_a_bounded_wait(header: str) -> None:
    found = retry_after_s(header, NOW.timestamp())
    assert found is None or 0 <= found <= 120
