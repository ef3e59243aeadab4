"""Figures with the interval that they may be trusted in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._student import t_quantile
from grok_tree.errors import InvalidOperationError

LEVEL = 0.95
"""How often an interval should cover the truth, where nothing else is asked for."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval.

    Attributes:
        value: The figure, in the unit of what was asked.
        low: Where the interval begins.
        high: Where it ends.
        level: How often such intervals cover the truth, 0 to 1.
        method: How the interval was made, such as ``wilson`` or ``bootstrap``.
        n: Of how many observations.
    """

    value: float
    low: float
    high: float
    level: float
    method: str
    n: int

    def __str__(self) -> str:
        return f"{_figure(self.value)} [{_figure(self.low)}, {_figure(self.high)}]"

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def _figure(value: float) -> str:
    """Return a figure in three digits; thousands in full, as people count them."""
    return f"{value:,.0f}" if 999.5 <= abs(value) < 1e9 else f"{value:.3g}"


def wilson(successes: float, n: float, *, level: float = LEVEL) -> Estimate:
    """Return a share with the score interval of Wilson (1927).

    With p = successes / n and z the normal quantile of (1 + level) / 2, the interval is
    (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n); range 0 to 1. Without observations it is
    0 to 1, and the share is not a number.

    Args:
        successes: 0 to n; need not be whole where observations have weights.
        n: Number of observations, or the effective number of weighted ones; 0 or more, finite.
        level: Above 0, below 1.

    Raises:
        InvalidOperationError: An argument is out of its range.
    """
    check_level(level)
    if not 0 <= successes <= n < math.inf:
        raise InvalidOperationError(f"{successes} successes of {n}: they must be 0 to a finite n")
    if n == 0:
        return Estimate(math.nan, 0.0, 1.0, level, "wilson", 0)
    z2 = t_quantile(level, math.inf) ** 2
    share = successes / n
    # n times what the formula has, above and below: it may be far below 1.
    middle = (successes + z2 / 2) / (n + z2)
    half = math.sqrt(z2 * (share * (1 - share) * n + z2 / 4)) / (n + z2)
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == n else min(1.0, middle + half)
    return Estimate(share, low, high, level, "wilson", round(n))


def newcombe(first: Estimate, second: Estimate) -> Estimate:
    """Return second - first share, with the hybrid score interval of Newcombe (1998, method 10).

    With d the difference and l, u the ends of the shares' Wilson intervals it is from
    d - sqrt((p2 - l2)² + (u1 - p1)²) to d + sqrt((u2 - p2)² + (p1 - l1)²); range -1 to 1. Where a
    side has no observations it is not a number, and the interval -1 to 1.

    Args:
        first: A share with its interval, as `wilson` gives it.
        second: One of an independent sample, with an interval of the same level.
    """
    n = first.n + second.n
    value = second.value - first.value
    if math.isnan(value):
        return Estimate(value, -1.0, 1.0, first.level, "newcombe", n)
    low = value - math.hypot(second.value - second.low, first.high - first.value)
    high = value + math.hypot(second.high - second.value, first.value - first.low)
    return Estimate(value, low, high, first.level, "newcombe", n)


Statistic = Callable[[NDArray[np.intp]], float]
"""From the places of the observations that were drawn to a figure."""


def bootstrap(
    statistic: Statistic, n: int, *, level: float = LEVEL, n_draws: int = 1000, seed: int = 0
) -> Estimate:
    """Return a figure with the percentile interval of the bootstrap (Efron 1979).

    n places are drawn with replacement `n_draws` times; the interval is from the (1 - level) / 2
    to the (1 + level) / 2 quantile of the figures of the draws. It is too narrow for few
    observations: simulated, 95 % intervals of the mean of normal ones cover 51 % with 2 of them,
    84 % with 5, 90 % with 10 and 93 % with 20; of lognormal ones 72 % with 5 and 84 % with 20.
    Where the figure of a draw is not finite, the draws bound nothing, and it is from -inf to inf.

    Args:
        statistic: Called with n places; first with 0 to n - 1 for the figure itself.
        n: Number of observations, 1 or more.
        level: Above 0, below 1.
        n_draws: 1 or more.
        seed: 0 or more; the same seed gives the same interval.

    Raises:
        InvalidOperationError: An argument is out of its range.
    """
    check_level(level)
    check_seed(seed)
    if n < 1 or n_draws < 1:
        raise InvalidOperationError(f"a bootstrap of {n} observations and {n_draws} draws: 1 each")
    random = np.random.default_rng(seed)
    drawn = [statistic(random.integers(0, n, n)) for _ in range(n_draws)]
    low, high = -math.inf, math.inf
    if np.isfinite(drawn).all():
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Estimate(statistic(np.arange(n)), low, high, level, "bootstrap", n)


def check_level(level: float) -> None:
    """Refuse a level that no interval can have.

    Raises:
        InvalidOperationError: It is not above 0 and below 1.
    """
    if not 0 < level < 1:
        raise InvalidOperationError(f"a level of {level}: it must be above 0 and below 1")


def check_seed(seed: int) -> None:
    """Refuse what nothing can be drawn from, or drawn again.

    Raises:
        InvalidOperationError: It is no whole number, or below 0.
    """
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InvalidOperationError(f"a seed of {seed!r}: it must be a whole number, 0 or more")
