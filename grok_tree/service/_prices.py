"""What answers cost.

The first of these that knows it is believed:

=====================  ===========================================================================
provenance ``price``   where the cost comes from
=====================  ===========================================================================
``provider``           the provider said what it took for this answer
``configured``         the server's own table of prices
``listed``             the prices that the sampler lists with its models
``genai-prices X.Y``   the public prices in the library genai-prices, where it is installed
=====================  ===========================================================================

When none knows it, the cost is None and there is no such provenance: unknown is never nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import NamedTuple

import anyio.to_thread
import msgspec

from grok_tree.errors import GrokTreeError
from grok_tree.forest import FREE, Model, Prices, Usage, ticks_at, usd_of
from grok_tree.samplers import Sampler, SamplerRegistry, Tariff, public_tariff
from grok_tree.service._ports import Clock

PROVENANCE = "price"
KNOWN_FOR_S = 60.0
"""A provider may change what it lists."""


class Priced(NamedTuple):
    """A usage with its cost, and where that is from; empty when it is not known."""

    usage: Usage
    source: str


class PriceBook:
    """The prices of all models of a server."""

    def __init__(
        self, samplers: SamplerRegistry, configured: Mapping[str, Prices], clock: Clock
    ) -> None:
        """Begin without knowing anything.

        Args:
            samplers: Which list prices.
            configured: Prices by the name of a model, in which ``*`` stands for anything; the
                first that fits holds.
            clock: Where time comes from.
        """
        self._samplers = samplers
        self._configured = configured
        self._clock = clock
        self._known: dict[str, tuple[float, Tariff | None]] = {}

    async def tariff(self, model_name: str) -> Tariff | None:
        """Return what a model costs, None when nobody knows."""
        now = self._clock.monotonic()
        until, found = self._known.get(model_name, (now, None))
        if until <= now:
            found = self._own(model_name)
            if found is None:
                found = await anyio.to_thread.run_sync(self._public, model_name)
            self._known[model_name] = (now + KNOWN_FOR_S, found)
        return found

    async def priced(self, model_name: str, usage: Usage) -> Priced:
        """Return a usage with its cost, and where that is from."""
        if usage.cost_usd is not None:
            return Priced(usage, "provider")
        tariff = await self.tariff(model_name)
        ticks = None if tariff is None else tariff.ticks(usage)
        if tariff is None or ticks is None:
            return Priced(usage, "")
        return Priced(msgspec.structs.replace(usage, cost_usd=usd_of(ticks)), tariff.source)

    def default_max_tokens(self, model_name: str) -> int:
        """Return the most tokens that a model says by itself; 0 when that is not known."""
        found = self._resolved(model_name)
        listed = None if found is None else _listed(*found)
        return 0 if listed is None else listed.default_max_tokens

    def _own(self, model_name: str) -> Tariff | None:
        for pattern, prices in self._configured.items():
            if fnmatchcase(model_name, pattern):
                return Tariff("configured", partial(ticks_at, prices))
        found = self._resolved(model_name)
        listed = None if found is None else _listed_prices(*found)
        return None if listed is None else Tariff("listed", partial(ticks_at, listed))

    def _public(self, model_name: str) -> Tariff | None:
        found = self._resolved(model_name)
        return None if found is None else public_tariff(*found)

    def _resolved(self, model_name: str) -> tuple[Sampler, str] | None:
        try:
            return self._samplers.resolve(model_name)
        except GrokTreeError:
            return None


def _listed(sampler: Sampler, model: str) -> Model | None:
    name = f"{sampler.provider}/{model}"
    return next((one for one in sampler.models() if name in (one.name, *one.aliases)), None)


def _listed_prices(sampler: Sampler, model: str) -> Prices | None:
    own = _listed(sampler, model)
    if own is not None:
        return own.prices
    # What no model of a provider takes, none that it does not list takes either.
    listed = sampler.models()
    return FREE if listed and all(one.prices == FREE for one in listed) else None
