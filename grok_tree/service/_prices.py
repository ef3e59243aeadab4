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

import anyio.to_thread
import msgspec

from grok_tree.errors import GrokTreeError
from grok_tree.forest import FREE, Prices, ticks_at, usd_of
from grok_tree.samplers import Sampler, SamplerRegistry, Tariff, public_tariff
from grok_tree.service._ports import Clock
from grok_tree.store import Finish

PROVENANCE = "price"
KNOWN_FOR_S = 60.0
"""A provider may change what it lists."""


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

    async def priced(self, model_name: str, finish: Finish) -> Finish:
        """Return how an answer ends, with its cost and where that is from."""
        usage, source = finish.usage, "provider"
        if usage.cost_usd is None:
            tariff = await self.tariff(model_name)
            ticks = None if tariff is None else tariff.ticks(usage)
            if tariff is None or ticks is None:
                return finish
            usage = msgspec.structs.replace(usage, cost_usd=usd_of(ticks))
            source = tariff.source
        provenance = {**finish.provenance, PROVENANCE: source}
        return msgspec.structs.replace(finish, usage=usage, provenance=provenance)

    def _own(self, model_name: str) -> Tariff | None:
        for pattern, prices in self._configured.items():
            if fnmatchcase(model_name, pattern):
                return Tariff("configured", partial(ticks_at, prices))
        found = self._resolved(model_name)
        listed = None if found is None else _listed(*found)
        return None if listed is None else Tariff("listed", partial(ticks_at, listed))

    def _public(self, model_name: str) -> Tariff | None:
        found = self._resolved(model_name)
        return None if found is None else public_tariff(*found)

    def _resolved(self, model_name: str) -> tuple[Sampler, str] | None:
        try:
            return self._samplers.resolve(model_name)
        except GrokTreeError:
            return None


def _listed(sampler: Sampler, model: str) -> Prices | None:
    name = f"{sampler.provider}/{model}"
    listed = sampler.models()
    for one in listed:
        if name == one.name or name in one.aliases:
            return one.prices
    # What no model of a provider takes, none that it does not list takes either.
    return FREE if listed and all(one.prices == FREE for one in listed) else None
