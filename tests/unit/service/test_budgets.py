"""Ceilings: the most that a call may take is reserved before it, and settled after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from grok_tree import errors
from grok_tree.forest import Budget, Ceiling, Ended, Response, Settings, ticks_of
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, SampleCommand, SamplingRun, World, open_forests
from grok_tree.store import Store
from tests.unit.service._billed import USAGE, BilledSampler
from tests.unit.service.conftest import share_url

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def forests_with(
    path: Path, sampler: BilledSampler, ceiling: Ceiling | None = None
) -> AsyncIterator[Forests]:
    store = Store.open(path / "billed.db")
    registry = SamplerRegistry([ScriptedSampler(), sampler])
    world = World(store, registry, "billed/model", share_url, ceiling=ceiling)
    try:
        async with open_forests(world) as opened:
            yield opened
    finally:
        store.close()


async def begun(forests: Forests, name: str = "1", **options: object) -> SamplingRun:
    conversation = await forests.create_conversation("conversation")
    command = {"request_id": f"sample {name}", "message": "hello there"} | options
    return await forests.sample(
        SampleCommand(conversation_id=conversation.conversation_id, **command)  # type: ignore[arg-type]
    )


async def ended(run: SamplingRun) -> list[Response]:
    events = [event async for batch in run.follow() for event in batch]
    return [event.response for event in events if isinstance(event, Ended)]


async def left(forests: Forests, name: str = "") -> Budget:
    found = await forests.get_budget(name)
    assert found is not None
    return found


ALL = Ceiling(name="server", max_tokens=100_000, max_cost_usd=1.0)


async def test_the_most_is_reserved_and_what_was_used_is_spent(tmp_path: Path) -> None:
    sampler = BilledSampler(hangs=True)
    async with forests_with(tmp_path, sampler, ALL) as forests:
        run = await begun(forests, n=2, settings=Settings(max_tokens=50))
        held = await left(forests)
        # A byte is a token at most, and around the turn there are marks of who speaks.
        assert held.reserved_tokens == 2 * (len("hello there") + 16 + 50)
        assert ticks_of(held.reserved_usd) == 2 * (27 * 30_000 + 50 * 150_000)
        run.cancel()
        answers = await ended(run)
        after = await left(forests)
    assert after.reserved_tokens == 0
    assert after.spent_tokens == sum(one.usage.total_tokens for one in answers)
    assert ticks_of(after.spent_usd) == sum(ticks_of(one.usage.cost_usd or 0) for one in answers)


async def test_an_exhausted_budget_refuses_before_anything_is_stored(tmp_path: Path) -> None:
    sampler = BilledSampler()
    async with forests_with(tmp_path, sampler, Ceiling(name="server", max_tokens=60)) as forests:
        with pytest.raises(errors.BudgetExhausted, match="the server's budget has no room"):
            await begun(forests, settings=Settings(max_tokens=50))
        assert sampler.asked == []
        (conversation,) = (await forests.list_conversations()).conversations
        assert conversation.n_responses == 0
        # The same request goes through once it asks for less.
        await ended(await begun(forests, settings=Settings(max_tokens=10)))


async def test_a_repeat_of_what_was_done_needs_no_room(tmp_path: Path) -> None:
    ceiling = Ceiling(name="server", max_tokens=1100)
    async with forests_with(tmp_path, BilledSampler(), ceiling) as forests:
        first = await ended(await begun(forests, settings=Settings(max_tokens=50)))
        assert await ended(await begun(forests, settings=Settings(max_tokens=50))) == first
        assert (await left(forests)).spent_tokens == USAGE.total_tokens


async def test_a_model_without_price_is_refused_under_a_limit_in_dollars(tmp_path: Path) -> None:
    sampler = BilledSampler(prices=None)
    ceiling = Ceiling(name="server", max_cost_usd=1000.0)
    async with forests_with(tmp_path, sampler, ceiling) as forests:
        with pytest.raises(errors.PriceUnknown, match="nobody knows what this model costs"):
            await begun(forests)
        assert sampler.asked == []


async def test_a_model_without_price_is_sampled_under_a_limit_in_tokens(tmp_path: Path) -> None:
    sampler = BilledSampler(prices=None)
    async with forests_with(tmp_path, sampler, Ceiling(name="server", max_tokens=5000)) as forests:
        await ended(await begun(forests))
        found = await left(forests)
    assert (found.spent_tokens, found.spent_usd, found.n_unpriced) == (1100, 0.0, 1)


async def test_under_a_ceiling_every_answer_has_a_longest_length(tmp_path: Path) -> None:
    sampler = BilledSampler()
    async with forests_with(tmp_path, sampler, ALL) as forests:
        (answer,) = await ended(await begun(forests))
    assert sampler.asked == [Settings(max_tokens=1024)]
    assert answer.settings.max_tokens == 1024


async def test_without_a_ceiling_nothing_is_limited(tmp_path: Path) -> None:
    sampler = BilledSampler()
    async with forests_with(tmp_path, sampler) as forests:
        await ended(await begun(forests))
        assert await forests.get_budget() is None
    assert sampler.asked == [Settings()]


async def test_a_client_and_its_server_both_have_to_have_room(tmp_path: Path) -> None:
    small = Ceiling(name="june", max_tokens=60)
    async with forests_with(tmp_path, BilledSampler(), ALL) as forests:
        with pytest.raises(errors.BudgetExhausted, match="the budget 'june'"):
            await begun(forests, budget=small, settings=Settings(max_tokens=50))
        assert (await left(forests)).reserved_tokens == 0
        large = msgspec.structs.replace(small, max_tokens=5000)
        await ended(await begun(forests, budget=large, settings=Settings(max_tokens=50)))
        assert (await left(forests)).spent_tokens == 1100
        assert (await left(forests, "june")).spent_tokens == 1100


async def test_a_named_budget_lasts_and_needs_no_limits_again(tmp_path: Path) -> None:
    first = Ceiling(name="june", max_tokens=2000)
    settings = Settings(max_tokens=50)
    async with forests_with(tmp_path, BilledSampler()) as forests:
        await ended(await begun(forests, budget=first, settings=settings))
    async with forests_with(tmp_path, BilledSampler()) as forests:
        name = Ceiling(name="june")
        await ended(await begun(forests, "2", budget=name, settings=settings))
        with pytest.raises(errors.BudgetExhausted, match="2,200 tokens of 2,000 tokens are spent"):
            await begun(forests, "3", budget=name, settings=settings)


async def test_what_the_provider_bills_beyond_the_reservation_is_booked(tmp_path: Path) -> None:
    dear = msgspec.structs.replace(USAGE, cost_usd=3.0)
    async with forests_with(tmp_path, BilledSampler(usage=dear), ALL) as forests:
        await ended(await begun(forests))
        found = await left(forests)
    assert (found.spent_usd, found.left_usd) == (3.0, 0.0)


async def test_a_failure_gives_back_what_it_did_not_use(tmp_path: Path) -> None:
    failure = errors.SamplerUnavailable("gave up", cost_usd=0.25)
    async with forests_with(tmp_path, BilledSampler(failure=failure), ALL) as forests:
        await ended(await begun(forests, n=3))
        found = await left(forests)
    assert (found.spent_usd, found.reserved_usd) == (0.25, 0.0)


async def test_a_title_is_counted_too(tmp_path: Path) -> None:
    async with forests_with(tmp_path, BilledSampler(), ALL) as forests:
        (answer,) = await ended(await begun(forests))
        before = await left(forests)
        await forests.generate_title("title", answer.conversation_id)
        after = await left(forests)
        tiny = Ceiling(name="tiny", max_tokens=10)
        with pytest.raises(errors.BudgetExhausted):
            await forests.generate_title("title 2", answer.conversation_id, budget=tiny)
    assert after.spent_tokens - before.spent_tokens == USAGE.total_tokens
    assert after.reserved_tokens == 0


async def test_what_a_dead_server_had_reserved_is_settled_by_what_was_saved(
    tmp_path: Path,
) -> None:
    async with forests_with(tmp_path, BilledSampler(hangs=True), ALL) as forests:
        run = await begun(forests)
        (growing,) = run.started.response_ids
        now = forests._world.clock.now()
        # As if it had been killed: its end is never stored.
        await forests._submit(
            lambda writer: writer.grow(growing, message="one two", reasoning="", now=now)
        )
        copied = tmp_path / "killed"
        copied.mkdir()
        forests._store.backup(copied / "billed.db")
    async with forests_with(copied, BilledSampler(), ALL) as forests:
        (answer,) = await forests.get_responses([growing])
        found = await left(forests)
    assert answer.finish_reason == "failed"
    assert answer.usage.estimated
    assert answer.usage.completion_tokens == 2
    assert ticks_of(found.spent_usd) == ticks_of(answer.usage.cost_usd or 0) > 0
    assert found.reserved_usd == 0


@pytest.mark.parametrize(
    "ceiling",
    [
        Ceiling(name="", max_tokens=1),
        Ceiling(name="june", max_cost_usd=-1.0),
        Ceiling(name="june", max_cost_usd=float("nan")),
        Ceiling(name="june", max_tokens=-1),
        Ceiling(name="june"),
    ],
)
async def test_a_ceiling_that_cannot_be_is_refused(tmp_path: Path, ceiling: Ceiling) -> None:
    async with forests_with(tmp_path, BilledSampler()) as forests:
        with pytest.raises(errors.InvalidOperationError):
            await begun(forests, budget=ceiling)
