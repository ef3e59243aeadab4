"""M4: what a provider bills for attempts that failed is in the books, to the tick."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from grok_tree.errors import GrokTreeError, RateLimited, SamplerUnavailable
from grok_tree.forest import (
    Ceiling,
    Ended,
    Finished,
    Model,
    Prices,
    Response,
    SamplerEvent,
    Settings,
    Token,
    Usage,
    ticks_at,
    ticks_of,
    usd_of,
)
from grok_tree.samplers import Prompt, SamplerRegistry
from grok_tree.service import Forests, SampleCommand, World, open_forests
from grok_tree.store import Store
from tests.unit.service.conftest import share_url

pytestmark = pytest.mark.anyio

PRICES = Prices(prompt=3.0, completion=15.0)
N_SAMPLINGS = 60
N_TRIES = 3
OUTCOMES = ("429", "500 billed", "503", "fine", "fine", "cut")


@dataclass
class LedgerProvider:
    """A provider that answers by a script, and writes down all that it will send a bill for."""

    seed: int
    ticks: int = 0
    tokens: int = 0
    outcomes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def attempt(self) -> tuple[str, int]:
        """Return how a call ends, and after how many tokens."""
        outcome = self._random.choice(OUTCOMES)
        self.outcomes.append(outcome)
        return outcome, self._random.randint(1, 9)

    def bill(self, usage: Usage) -> int:
        """Write down a use and return what it costs."""
        ticks = ticks_at(PRICES, usage)
        assert ticks is not None
        self.ticks += ticks
        self.tokens += usage.total_tokens
        return ticks


@dataclass
class RetryingSampler:
    """Asks a provider again after 429 and 5xx, and passes on the bills of all attempts."""

    upstream: LedgerProvider
    provider: str = "ledger"

    def models(self) -> Sequence[Model]:
        return [Model(name="ledger/model", prices=PRICES)]

    async def refresh(self) -> None:
        """There is nobody to ask."""

    def check(self, model: str, settings: Settings, n: int) -> None:
        """Everything can be done."""

    async def sample(
        self, model: str, _: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        del model, settings
        for index in range(n):
            async for event in self._one(index):
                yield event

    async def _one(self, index: int) -> AsyncGenerator[SamplerEvent, None]:
        prompt_tokens, ticks = 0, 0
        error: GrokTreeError = SamplerUnavailable("never")
        for _ in range(N_TRIES):
            outcome, n_tokens = self.upstream.attempt()
            await anyio.lowlevel.checkpoint()
            if outcome == "429":
                error = RateLimited("slow down")
                continue
            if outcome in ("503", "500 billed"):
                error = SamplerUnavailable(outcome)
                if outcome == "500 billed":
                    prompt_tokens += 20
                    ticks += self.upstream.bill(Usage(prompt_tokens=20))
                continue
            for number in range(n_tokens):
                yield Token(f"{number} ", index)
            used = Usage(prompt_tokens=20, completion_tokens=n_tokens)
            ticks += self.upstream.bill(used)
            prompt_tokens += 20
            if outcome == "cut":
                raise SamplerUnavailable(
                    "cut",
                    prompt_tokens=prompt_tokens,
                    completion_tokens=n_tokens,
                    cost_usd=usd_of(ticks),
                )
            usage = Usage(
                prompt_tokens=prompt_tokens, completion_tokens=n_tokens, cost_usd=usd_of(ticks)
            )
            yield Finished(index=index, usage=usage)
            return
        told = {"prompt_tokens": prompt_tokens, "cost_usd": usd_of(ticks)}
        raise type(error)(error.message, **told)

    async def aclose(self) -> None:
        """There is nothing to close."""


async def answers(forests: Forests, conversation: str, number: int) -> list[Response]:
    command = SampleCommand(
        request_id=f"sample {number}",
        conversation_id=conversation,
        message="what does this cost",
        n=1 + number % 2,
        settings=Settings(max_tokens=10),
    )
    run = await forests.sample(command)
    events = [event async for batch in run.follow() for event in batch]
    return [event.response for event in events if isinstance(event, Ended)]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_books_agree_with_the_providers_own_ledger(tmp_path: Path, seed: int) -> None:
    upstream = LedgerProvider(seed)
    store = Store.open(tmp_path / "forests.db")
    ceiling = Ceiling(name="server", max_cost_usd=10.0)
    registry = SamplerRegistry([RetryingSampler(upstream)])
    world = World(store, registry, "ledger/model", share_url, ceiling=ceiling)
    found: list[Response] = []
    async with open_forests(world) as forests:
        conversation = (await forests.create_conversation("make")).conversation_id

        async def sample(number: int) -> None:
            found.extend(await answers(forests, conversation, number))

        async with anyio.create_task_group() as tasks:
            for number in range(N_SAMPLINGS):
                tasks.start_soon(sample, number)
        budget = await forests.get_budget()
    store.close()
    assert budget is not None
    assert set(upstream.outcomes) == set(OUTCOMES)
    assert any(one.finish_reason == "failed" for one in found)
    assert ticks_of(budget.spent_usd) == upstream.ticks
    assert budget.spent_tokens == upstream.tokens
    assert sum(ticks_of(one.usage.cost_usd or 0) for one in found) == upstream.ticks
    assert budget.reserved_usd == budget.reserved_tokens == budget.n_unpriced == 0
