"""Quantiles of Student's t and of the normal distribution, which small samples need."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_MANY = 1e6
"""Degrees of freedom beyond which t is the normal distribution to six digits."""


@lru_cache(maxsize=4096)
def t_quantile(level: float, freedom: float) -> float:
    """Return the t that a Student variable stays within, on both sides, with probability `level`.

    Args:
        level: Above 0, below 1.
        freedom: Degrees of freedom, above 0; need not be whole. Infinite ones are those of the
            normal distribution.
    """
    if freedom > _MANY:
        # From below, where a level close to 1 is still told from 1.
        return abs(NormalDist().inv_cdf((1 - level) / 2))
    low, high = 0.0, 1.0
    while _within(high, freedom) < level and high < 1e12:
        low, high = high, high * 4
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return high


def t_over_z(level: float, freedom: float) -> float:
    """Return how much wider Student's interval is than the normal one, 1 or more.

    1 at a level so small that both are points.
    """
    z = t_quantile(level, math.inf)
    return t_quantile(level, freedom) / z if z > 0 else 1.0


def t_outside(t: float, freedom: float) -> float:
    """Return the probability that a Student variable is beyond `t` on either side, 0 to 1."""
    inside = t * t / (freedom + t * t)
    if inside < 3 / (freedom + 5):
        # A small t is lost in what is left of 1.
        return 1 - _incomplete_beta(inside, 0.5, freedom / 2)
    return _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def t_half(variance: float, freedom: float, level: float) -> float:
    """Return half the width of Student's interval; infinite without degrees of freedom.

    Args:
        variance: Of the figure.
        freedom: Degrees of freedom with which it is known.
        level: Of the interval.
    """
    return t_quantile(level, freedom) * math.sqrt(variance) if freedom > 1e-9 else math.inf


def _within(t: float, freedom: float) -> float:
    return 1 - t_outside(t, freedom)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function (Abramowitz and Stegun 26.5.8)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front += a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) * _continued_fraction(x, a, b) / a


def _continued_fraction(x: float, a: float, b: float) -> float:
    """Evaluate by the method of Lentz (1976)."""
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    value = d
    for m in range(1, 10_000):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + numerator * d) or tiny)
            c = (1 + numerator / c) or tiny
            value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value
