"""What samplings cost, in whole numbers, and how much they may.

A tick is a ten-thousandth of a millionth of a US dollar (1e-10 USD): sums of ticks are exact.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from grok_tree.forest._values import Prices, Usage

TICKS_PER_USD = 10**10
_TICKS_PER_USD_A_MILLION = TICKS_PER_USD // 10**6

FREE = Prices(prompt=0.0, cached_prompt=0.0, completion=0.0)
"""Of models that nobody sends a bill for."""


def ticks_of(usd: float) -> int:
    """Return an amount of US dollars in ticks."""
    return round(usd * TICKS_PER_USD)


def usd_of(ticks: int) -> float:
    """Return ticks in US dollars; `ticks_of` gives the same ticks back."""
    return ticks / TICKS_PER_USD


def ticks_at(prices: Prices, usage: Usage) -> int | None:
    """Return what a usage costs at some prices, in ticks, rounded up.

    Tokens that were cached cost as much as others where no price of theirs is known.

    Returns:
        None when a price is not known that the usage needs.
    """
    cached_price = prices.prompt if prices.cached_prompt is None else prices.cached_prompt
    parts = (
        (usage.prompt_tokens - usage.cached_prompt_tokens, prices.prompt),
        (usage.cached_prompt_tokens, cached_price),
        (usage.completion_tokens + usage.reasoning_tokens, prices.completion),
    )
    ticks = Decimal(0)
    for n_tokens, price in parts:
        if n_tokens and price is None:
            return None
        ticks += n_tokens * Decimal(str(price or 0)) * _TICKS_PER_USD_A_MILLION
    return int(ticks.to_integral_value(ROUND_CEILING))
