"""A sampler with any prices, which reports, forgets to report, fails or hangs as it is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import anyio

from grok_tree.errors import GrokTreeError
from grok_tree.forest import Finished, Model, Prices, SamplerEvent, Settings, Token, Usage
from grok_tree.samplers import Prompt

PRICES = Prices(prompt=3.0, cached_prompt=0.75, completion=15.0)
USAGE = Usage(prompt_tokens=1000, cached_prompt_tokens=400, completion_tokens=100)


@dataclass
class BilledSampler:
    """Says ``one two`` and then whatever it is told to.

    Attributes:
        provider: Before the slash.
        prices: What it lists; None for nothing.
        usage: What it reports.
        failure: Raised instead of the end of the answer.
        silent: Nothing comes before the failure.
        hangs: It waits for ever instead of ending.
    """

    provider: str = "billed"
    prices: Prices | None = PRICES
    usage: Usage = USAGE
    failure: GrokTreeError | None = None
    silent: bool = False
    hangs: bool = False
    asked: list[Settings] = field(default_factory=list)

    def models(self) -> Sequence[Model]:
        return [Model(name=f"{self.provider}/model", prices=self.prices)]

    async def refresh(self) -> None:
        """There is nobody to ask."""

    def check(self, model: str, settings: Settings, n: int) -> None:
        """Everything can be done."""

    async def sample(
        self, model: str, _: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        self.asked.append(settings)
        for index in range(n):
            if not self.silent:
                yield Token("one ", index)
                yield Token("two", index)
            if self.hangs:
                await anyio.sleep_forever()
            if self.failure is not None:
                raise self.failure
            yield Finished(index=index, usage=self.usage, provenance={"model": model})

    async def aclose(self) -> None:
        """There is nothing to close."""
