"""What an answer costs, and where that is from; unknown is never nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

from grok_tree import errors
from grok_tree.forest import Ended, Prices, Response, Usage, ticks_at, ticks_of, usd_of
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, SampleCommand, SamplingRun, World, open_forests
from grok_tree.store import Store
from tests.unit.service._billed import PRICES, USAGE, BilledSampler
from tests.unit.service.conftest import share_url

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def forests_with(
    path: Path, *samplers: BilledSampler, prices: Mapping[str, Prices] | None = None
) -> AsyncIterator[Forests]:
    store = Store.open(path / "billed.db")
    registry = SamplerRegistry([ScriptedSampler(), *samplers])
    world = World(store, registry, "scripted/echo", share_url, prices=prices or {})
    try:
        async with open_forests(world) as opened:
            yield opened
    finally:
        store.close()


async def begun(forests: Forests, model: str, n: int = 1) -> SamplingRun:
    made = await forests.create_conversation(f"make {model}")
    command = SampleCommand(
        request_id=f"sample {model}",
        conversation_id=made.conversation_id,
        message="hello there",
        model_name=model,
        n=n,
    )
    return await forests.sample(command)


async def ended(run: SamplingRun) -> list[Response]:
    events = [event async for batch in run.follow() for event in batch]
    return [event.response for event in events if isinstance(event, Ended)]


async def answer(forests: Forests, model: str) -> Response:
    (response,) = await ended(await begun(forests, model))
    return response


def test_a_cost_is_counted_in_whole_ticks_and_comes_back_from_dollars() -> None:
    # 600 * 3 + 400 * 0.75 + 100 * 15 = 3600 millionths of a dollar
    assert ticks_at(PRICES, USAGE) == 36_000_000
    assert ticks_of(usd_of(36_000_001)) == 36_000_001
    assert ticks_at(Prices(prompt=0.00001, completion=0), Usage(prompt_tokens=1)) == 1


def test_a_price_that_is_needed_and_not_known_leaves_the_cost_unknown() -> None:
    assert ticks_at(Prices(prompt=3.0), USAGE) is None
    assert ticks_at(Prices(prompt=3.0), Usage(prompt_tokens=2)) == 60_000
    uncached = Prices(prompt=1.0, completion=0.0)
    assert ticks_at(uncached, USAGE) == 10_000_000


async def test_what_the_provider_reports_stands(tmp_path: Path) -> None:
    reported = msgspec.structs.replace(USAGE, cost_usd=0.5)
    async with forests_with(tmp_path, BilledSampler(usage=reported)) as forests:
        response = await answer(forests, "billed/model")
    assert response.usage.cost_usd == 0.5
    assert response.origin.provenance == {"model": "model", "price": "provider"}


async def test_a_cost_is_worked_out_from_listed_prices(tmp_path: Path) -> None:
    async with forests_with(tmp_path, BilledSampler()) as forests:
        response = await answer(forests, "billed/model")
    assert response.usage.cost_usd == 0.0036
    assert response.origin.provenance["price"] == "listed"


async def test_configured_prices_go_before_listed_ones(tmp_path: Path) -> None:
    prices = {"billed/*": Prices(prompt=1.0, completion=1.0)}
    async with forests_with(tmp_path, BilledSampler(), prices=prices) as forests:
        response = await answer(forests, "billed/model")
    assert response.usage.cost_usd == 0.0011
    assert response.origin.provenance["price"] == "configured"


async def test_public_prices_are_asked_last(tmp_path: Path) -> None:
    pytest.importorskip("genai_prices")
    sampler = BilledSampler(provider="xai", prices=None)
    async with forests_with(tmp_path, sampler) as forests:
        response = await answer(forests, "xai/grok-3-mini")
    assert response.usage.cost_usd is not None
    assert 0 < response.usage.cost_usd < 0.01
    assert response.origin.provenance["price"] == f"genai-prices {version('genai-prices')}"


async def test_a_model_without_any_price_has_no_cost(tmp_path: Path) -> None:
    async with forests_with(tmp_path, BilledSampler(prices=None)) as forests:
        response = await answer(forests, "billed/model")
    assert response.usage == USAGE
    assert "price" not in response.origin.provenance


async def test_a_script_costs_nothing_and_says_so(tmp_path: Path) -> None:
    async with forests_with(tmp_path) as forests:
        response = await answer(forests, "scripted/words-5")
    assert response.usage.cost_usd == 0.0
    assert response.origin.provenance["price"] == "listed"


async def test_an_answer_that_is_cut_is_billed_by_an_estimate(tmp_path: Path) -> None:
    async with forests_with(tmp_path, BilledSampler(hangs=True)) as forests:
        run = await begun(forests, "billed/model")
        async for batch in run.follow():
            if len(batch) > 1:
                run.cancel()
        (response,) = await ended(run)
    usage = response.usage
    assert usage.estimated
    assert usage.prompt_tokens >= 3
    assert usage.completion_tokens == 2
    assert usage.cost_usd == usd_of(ticks_at(PRICES, usage) or 0)


async def test_what_fails_before_anything_came_is_billed_nothing(tmp_path: Path) -> None:
    sampler = BilledSampler(silent=True, failure=errors.RateLimited("wait a minute"))
    async with forests_with(tmp_path, sampler) as forests:
        response = await answer(forests, "billed/model")
    assert response.usage == Usage(cost_usd=0.0)


async def test_a_provider_that_counts_nothing_is_counted_for(tmp_path: Path) -> None:
    async with forests_with(tmp_path, BilledSampler(usage=Usage())) as forests:
        response = await answer(forests, "billed/model")
    assert response.usage.estimated
    assert response.usage.completion_tokens == 2
    assert response.usage.cost_usd


async def test_what_a_failure_is_billed_for_is_what_it_says(tmp_path: Path) -> None:
    failure = errors.SamplerUnavailable("gave up", prompt_tokens=7, cost_usd=0.25)
    async with forests_with(tmp_path, BilledSampler(failure=failure)) as forests:
        both = await ended(await begun(forests, "billed/model", n=2))
    assert both[0].usage == Usage(prompt_tokens=7, cost_usd=0.25)
    assert both[1].usage.cost_usd == 0.0
