"""What samplings cost, in whole numbers, and how much they may.

A tick is a ten-thousandth of a millionth of a US dollar (1e-10 USD): sums of ticks are exact.
"""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, Decimal

import msgspec

from grok_tree.errors import InvalidOperationError
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


FRESH_BUDGET = "client-"
"""Begins the names of budgets that one client has for itself."""


class Ceiling(msgspec.Struct, frozen=True, kw_only=True):
    """How much all who name one budget may use together.

    Attributes:
        name: Of the budget; those who name the same one share it.
        max_tokens: Of prompts, answers and thinking together; None leaves what is set.
        max_cost_usd: In US dollars; None leaves what is set.
    """

    name: str
    max_tokens: int | None = None
    max_cost_usd: float | None = None


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What a budget allows, and what has become of it.

    Attributes:
        name: Its name.
        max_tokens: Most tokens; None for no limit.
        max_cost_usd: Most US dollars; None for no limit.
        spent_tokens: Used by what has ended, also where a provider passed a limit.
        spent_usd: Cost of what has ended, as far as it is known.
        reserved_tokens: What runs now may still use so many.
        reserved_usd: What runs now may still cost so much.
        n_unpriced: Answers of which nobody knows what they cost.
    """

    name: str
    max_tokens: int | None = None
    max_cost_usd: float | None = None
    spent_tokens: int = 0
    spent_usd: float = 0.0
    reserved_tokens: int = 0
    reserved_usd: float = 0.0
    n_unpriced: int = 0

    @property
    def left_tokens(self) -> int | None:
        """What may still be reserved; None for no limit."""
        if self.max_tokens is None:
            return None
        return max(0, self.max_tokens - self.spent_tokens - self.reserved_tokens)

    @property
    def left_usd(self) -> float | None:
        """What may still be reserved; None for no limit."""
        if self.max_cost_usd is None:
            return None
        taken = ticks_of(self.spent_usd) + ticks_of(self.reserved_usd)
        return usd_of(max(0, ticks_of(self.max_cost_usd) - taken))


MAX_BUDGET_NAME = 200
MAX_COST_USD = 1e8
MAX_TOKENS_IN_ALL = 2**62


def check_ceiling(ceiling: Ceiling) -> None:
    """Refuse a ceiling that no budget can have.

    Raises:
        InvalidOperationError: Naming what is wrong.
    """
    if not 1 <= len(ceiling.name) <= MAX_BUDGET_NAME or not ceiling.name.isprintable():
        raise InvalidOperationError(
            f"{ceiling.name[:40]!r} cannot name a budget; use 1 to {MAX_BUDGET_NAME} printable"
            " characters"
        )
    cost, tokens = ceiling.max_cost_usd, ceiling.max_tokens
    if cost is not None and not (math.isfinite(cost) and 0 <= cost <= MAX_COST_USD):
        raise InvalidOperationError(
            f"max_cost_usd is {cost}; give US dollars from 0 to {MAX_COST_USD:,.0f}"
        )
    if tokens is not None and not 0 <= tokens <= MAX_TOKENS_IN_ALL:
        raise InvalidOperationError(f"max_tokens is {tokens}; give a number of tokens, 0 or more")
