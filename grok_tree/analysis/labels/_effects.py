"""How large a difference between two conditions is."""

from __future__ import annotations

import math

import numpy as np

from grok_tree.analysis._estimates import Estimate, newcombe, wilson
from grok_tree.analysis._numbers import Floats
from grok_tree.analysis._student import t_quantile

__all__ = [
    "cliffs_delta",
    "clustered_share",
    "cohens_h",
    "hedges_g",
    "newcombe",
    "odds_ratio",
    "welch",
]


def odds_ratio(
    first: tuple[float, float], second: tuple[float, float], *, level: float
) -> Estimate:
    """Return the odds of the second over those of the first, 0 to infinity.

    A half is added to each of the four counts (Haldane 1956, Anscombe 1956), and the logarithm has
    the variance sum(1 / count) (Woolf 1955).

    Args:
        first: Effective numbers with and without the outcome.
        second: The same of the second condition.
        level: Of the interval.
    """
    (a, b), (c, d) = ((x + 0.5, y + 0.5) for x, y in (first, second))
    log = math.log(c / d) - math.log(a / b)
    half = t_quantile(level, math.inf) * math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    n = round(sum(first) + sum(second))
    return Estimate(math.exp(log), math.exp(log - half), math.exp(log + half), level, "woolf", n)


def cohens_h(first: Estimate, second: Estimate) -> Estimate:
    """Return Cohen's h (1988): 2 asin sqrt(p2) - 2 asin sqrt(p1), -pi to pi.

    The interval is put together from those of the shares as that of Newcombe (1998) is, on the
    scale of the arcsine. (The usual one with variance 1/n1 + 1/n2 covers 84 to 90 % of the time
    where a share is 0.02 to 0.05.)

    Args:
        first: Share of the first condition, with its interval.
        second: Share of the second.
    """
    found = newcombe(_arcsine(first), _arcsine(second))
    low, high = max(-math.pi, found.low), min(math.pi, found.high)
    return Estimate(found.value, low, high, first.level, "newcombe, arcsine", found.n)


def _arcsine(share: Estimate) -> Estimate:
    value, low, high = (2 * math.asin(math.sqrt(p)) for p in (share.value, share.low, share.high))
    return Estimate(value, low, high, share.level, share.method, share.n)


def welch(first: Estimate, second: Estimate, *, spreads: tuple[Floats, Floats]) -> Estimate:
    """Return second - first mean, with the interval of Welch (1947), in the unit of quantities.

    Args:
        first: Mean of the first condition.
        second: Mean of the second.
        spreads: Of each condition the variance of its mean, and its degrees of freedom.
    """
    both, freedom = welch_freedom(spreads)
    value = second.value - first.value
    n = first.n + second.n
    if freedom <= 0:
        return Estimate(value, -math.inf, math.inf, first.level, "welch", n)
    half = t_quantile(first.level, freedom) * math.sqrt(both)
    method = "welch" if both > 0 else "no spread"
    return Estimate(value, value - half, value + half, first.level, method, n)


def welch_freedom(spreads: tuple[Floats, Floats]) -> tuple[float, float]:
    """Return the variance of a difference of means, and its degrees of freedom (Welch 1947).

    0 degrees where a side has none.
    """
    (v1, f1), (v2, f2) = spreads
    both = float(v1 + v2)
    if min(f1, f2) <= 0:
        return both, 0.0
    if both == 0:
        return both, float(f1 + f2)
    # By shares: the square of a variance may be no number any more.
    return both, float(1 / ((v1 / both) ** 2 / f1 + (v2 / both) ** 2 / f2))


def hedges_g(
    difference: Estimate, first: Floats, second: Floats, *, spreads: tuple[Floats, Floats]
) -> Estimate:
    """Return Hedges' g (1981): a difference in pooled standard deviations of single outcomes.

    g = J d / s with J = 1 - 3 / (4 f - 1) and f = n1 + n2 - 2. The interval is Student's, with the
    variance J² v / s² + g² / 2f and the degrees of freedom of Welch (1947); v is the variance of
    the difference, with the effective numbers of outcomes. Not a number where nothing varies.

    Args:
        difference: Second less first mean, as `welch` gives it.
        first: Quantities of the first condition.
        second: Those of the second.
        spreads: Of each condition the variance of its mean, and its degrees of freedom.
    """
    n1, n2, level = len(first), len(second), difference.level
    freedom = n1 + n2 - 2
    squares = float(((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum())
    if freedom < 1 or squares <= 0:
        return Estimate(math.nan, -math.inf, math.inf, level, "student", n1 + n2)
    correction = 1 - 3 / (4 * freedom - 1)
    unit = correction / math.sqrt(squares / freedom)
    value = unit * difference.value
    both, known = welch_freedom(spreads)
    if known <= 0:
        return Estimate(value, -math.inf, math.inf, level, "student", n1 + n2)
    variance = unit**2 * both + value**2 / (2 * freedom)
    half = t_quantile(level, known) * math.sqrt(variance)
    return Estimate(value, value - half, value + half, level, "student", n1 + n2)


def cliffs_delta(first: Floats, second: Floats) -> float:
    """Return Cliff's delta (1993), -1 to 1: how often the second is more, less how often less.

    Over all pairs of a quantity of the first and one of the second condition, each counting once.
    """
    ordered = np.sort(first)
    below = np.searchsorted(ordered, second, side="left").sum()
    above = (len(first) - np.searchsorted(ordered, second, side="right")).sum()
    return float(below - above) / (len(first) * len(second))


def clustered_share(value: float, n_effective: float, *, level: float, n: int) -> Estimate:
    """Return a share with Wilson's interval of as many outcomes as there effectively are."""
    sound = float(np.clip(value, 0, 1))
    if abs(sound - round(sound)) < 1e-12:
        sound = float(round(sound))
    found = wilson(sound * n_effective, n_effective, level=level)
    return Estimate(sound, found.low, found.high, level, found.method, n)
