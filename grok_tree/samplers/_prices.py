"""Public prices of providers, from the table of the library genai-prices, without a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec

from grok_tree.forest import TICKS_PER_USD, Usage
from grok_tree.samplers._contract import PubliclyPriced, Sampler

_LIBRARY = "genai-prices"
_PROVIDERS = {"xai": "x-ai"}
"""The names in the table of providers whose samplers do not give one."""


@dataclass(frozen=True)
class Tariff:
    """What a model costs.

    Attributes:
        source: Where the prices come from.
        ticks: Gives the cost of a usage, in ticks; None when it is not known.
    """

    source: str
    ticks: Callable[[Usage], int | None]


def public_tariff(sampler: Sampler, model: str) -> Tariff | None:
    """Return what a model costs in public, None when that is not known.

    Imports the library at the first call, which takes a while: call it from a thread.

    Args:
        sampler: Its provider.
        model: Its name without the provider.
    """
    provider = _PROVIDERS.get(sampler.provider, "")
    if isinstance(sampler, PubliclyPriced):
        provider = sampler.price_provider
    if not provider or find_spec("genai_prices") is None:
        return None

    def ticks(usage: Usage) -> int | None:
        return _public_ticks(provider, model, usage)

    one_token = Usage(prompt_tokens=1, completion_tokens=1)
    return None if ticks(one_token) is None else Tariff(_source(), ticks)


@cache
def _source() -> str:
    return f"{_LIBRARY} {version(_LIBRARY)}"


def _public_ticks(provider: str, model: str, usage: Usage) -> int | None:
    from genai_prices import Usage as PricedUsage
    from genai_prices import calc_price

    asked = PricedUsage(
        input_tokens=usage.prompt_tokens,
        cache_read_tokens=usage.cached_prompt_tokens,
        output_tokens=usage.completion_tokens + usage.reasoning_tokens,
    )
    try:
        if "://" in provider:
            price = calc_price(asked, model, provider_api_url=provider).total_price
        else:
            price = calc_price(asked, model, provider_id=provider).total_price
    except (LookupError, ValueError):
        return None
    return int((price * TICKS_PER_USD).to_integral_value(ROUND_CEILING))
