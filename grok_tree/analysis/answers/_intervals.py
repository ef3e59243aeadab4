"""How sure a figure of a whole sample is, from what it is without each of the observations.

Drawing with replacement is no way to that for figures of diversity: it puts an answer into a draw
several times, and then every draw is less diverse than a sample is. Nothing here does so with
answers. Leaving one out keeps all the others different; what is drawn with replacement, for means,
are the pseudo-values that come of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._numbers import Floats
from grok_tree.analysis._student import t_quantile

N_DRAWS = 1000
_FEW = 8
"""Observations below which draws of them say less than the quantile of Student's t."""

_NO_VARIANCE = 1e-24
"""What is left of no variance by rounding."""

_AT_ONCE = 2_000_000
"""Numbers that are drawn at once."""


@dataclass(frozen=True)
class Sampled:
    """A figure of n observations.

    Attributes:
        value: Of all.
        without: n figures, each without one observation; not a number where there is none.
        by_pairs: How much of the jackknife's variance comes of pairs of observations, which it
            counts twice; 0 where that is nothing, or is not known.
    """

    value: float
    without: Floats
    by_pairs: float = 0.0

    @property
    def variance(self) -> float:
        """The jackknife's estimate of the figure's variance (Tukey 1958), on average not too small.

        (n - 1) / n · Σ (T₋ᵢ - mean of T₋ᵢ)². For figures that are not sums it is too large by what
        pairs of observations add, which is taken off as far as it is known, but no more than half
        (Efron and Stein 1981).
        """
        n = len(self.without)
        if n < 2:
            return math.nan
        whole = float((n - 1) / n * ((self.without - self.without.mean()) ** 2).sum())
        return max(whole - self.by_pairs, whole / 2)


@dataclass(frozen=True)
class Asked:
    """How intervals shall be.

    Attributes:
        level: How often they should cover the truth.
        seed: Of what is drawn.
    """

    level: float
    seed: int


def jackknife(
    sampled: Sampled,
    asked: Asked,
    *,
    within: tuple[float, float],
    degrees: int | None = None,
) -> Estimate:
    """Return a figure ± quantile of Student's t · the jackknife's standard error, inside its range.

    Args:
        sampled: The figure.
        asked: How the interval shall be.
        within: The range of the figure.
        degrees: Of freedom; None for one less than what is left out one after another.
    """
    n = len(sampled.without)
    known = _without_variance(sampled, asked, within)
    if known is not None:
        return known
    half = t_quantile(asked.level, degrees or n - 1) * math.sqrt(sampled.variance)
    return _inside(sampled.value, half, asked, within=within, method="jackknife", n=n)


def wilson_like(value: float, variance: float, asked: Asked, *, n: int, trials: int) -> Estimate:
    """Return a figure between 0 and 1 with the score interval of Wilson (1927).

    The number of trials is the one at which a share would have this variance, p (1 - p) / V, so
    that the interval leans to the middle near 0 and 1, as shares do; the quantile is that of
    Student's t with n - 1 degrees of freedom. Where one event of its kind was seen, the end beside
    it is that of Poisson's counts, -log(level) / trials (Brown, Cai and DasGupta 2001).

    Args:
        value: The figure p.
        variance: Of the figure, V.
        asked: How the interval shall be.
        n: Number of observations.
        trials: What is taken for the number of trials where no variance is seen.
    """
    if math.isnan(value) or math.isnan(variance) or trials < 1:
        return Estimate(value, 0.0, 1.0, asked.level, "too few", n)
    seen = value * (1 - value)
    effective = seen / variance if variance > _NO_VARIANCE < seen else float(trials)
    z2 = t_quantile(asked.level, n - 1) ** 2
    middle = (value + z2 / (2 * effective)) / (1 + z2 / effective)
    half = math.sqrt(z2 * (seen / effective + z2 / (4 * effective**2))) / (1 + z2 / effective)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    once = -math.log(asked.level) / effective
    if 0 < 1 - value < 1.5 / effective:
        high = max(high, 1 - once)
    if 0 < value < 1.5 / effective:
        low = min(low, once)
    method = "wilson, variance of the jackknife"
    return Estimate(value, min(low, value), max(high, value), asked.level, method, n)


def mean_of_pairs(sampled: Sampled, asked: Asked, *, top: float) -> Estimate:
    """Return a figure between 0 and `top` that pairs of answers have, with `wilson_like`.

    Where no variance is seen, the trials are the pairs of which none has an answer of another.
    """
    n = len(sampled.without)
    variance = sampled.variance / top**2
    found = wilson_like(sampled.value / top, variance, asked, n=n, trials=n // 2)
    ends = (sampled.value, found.low * top, found.high * top)
    return Estimate(*ends, found.level, found.method, n)


def studentised(sampled: Sampled, asked: Asked) -> Estimate:
    """Return a mean, or what is nearly one, with the bootstrap-t interval (Efron 1982).

    The pseudo-values n T - (n - 1) T₋ᵢ, which for a mean are the observations, are drawn n times
    with replacement, `N_DRAWS` times; the quantiles of (mean of the draw - mean) / (its standard
    error) take the place of those of Student's t where they are further out, so that the interval
    reaches further to the side where a skewed sample has its long tail. It is nowhere narrower than
    Student's: few observations often lack that tail, and then what is drawn of them does, too.
    With very few it is Student's.
    """
    n = len(sampled.without)
    known = _without_variance(sampled, asked, (-math.inf, math.inf))
    if known is not None:
        return known
    error = math.sqrt(sampled.variance)
    quantile = t_quantile(asked.level, n - 1)
    low, high, method = -quantile, quantile, "student"
    # In order of size, so that the order of answers does not change what is drawn.
    pseudo = np.sort(n * sampled.value - (n - 1) * sampled.without)
    drawn = _drawn(pseudo, asked) if n >= _FEW else None
    if drawn is not None:
        ends = np.quantile(drawn, [(1 - asked.level) / 2, (1 + asked.level) / 2])
        low, high = min(low, float(ends[0])), max(high, float(ends[1]))
        method = "bootstrap-t"
    value = sampled.value
    return Estimate(value, value - high * error, value - low * error, asked.level, method, n)


def mean_of(values: Floats) -> Sampled:
    """Return the mean of observations, and without each of them.

    With an infinite one the mean is infinite, and nothing is known of its variance.
    """
    n = len(values)
    if n == 0:
        return Sampled(math.nan, values)
    mean = float(values.mean())
    if n < 2 or not math.isfinite(mean):
        return Sampled(mean, np.full(n, math.nan))
    return Sampled(mean, (values.sum() - values) / (n - 1))


def _drawn(pseudo: Floats, asked: Asked) -> Floats | None:
    """Return the studentised means of draws; None where nearly all draws are without spread."""
    n = len(pseudo)
    random = np.random.default_rng(asked.seed)
    rows = max(1, _AT_ONCE // n)
    found = []
    for begin in range(0, N_DRAWS, rows):
        drawn = pseudo[random.integers(0, n, (min(rows, N_DRAWS - begin), n))]
        errors = drawn.std(axis=1, ddof=1) / math.sqrt(n)
        spread = errors > 1e-9 * pseudo.std()
        found.append((drawn.mean(axis=1)[spread] - pseudo.mean()) / errors[spread])
    figures = np.concatenate(found)
    return figures if len(figures) > N_DRAWS // 2 else None


def _without_variance(
    sampled: Sampled, asked: Asked, within: tuple[float, float]
) -> Estimate | None:
    """Return what can be said where the sample has no spread, or is too small to show any.

    n answers alike do not show that there is no other: with confidence `level` the share of others
    is at most q = 1 - (1 - level)^(1/n), and that of pairs with one of them 1 - (1 - q)². The
    interval reaches that far towards the ends of the range. Without a range it is the value alone.
    """
    n, value = len(sampled.without), sampled.value
    low, high = within
    variance = sampled.variance
    if math.isnan(value) or math.isnan(variance):
        return Estimate(value, low, high, asked.level, "too few", n)
    if variance > (1e-12 * max(1.0, abs(value))) ** 2:
        return None
    others = 1 - (1 - asked.level) ** (2 / n)
    ends = [value + others * (end - value) if math.isfinite(end) else value for end in within]
    return Estimate(value, ends[0], ends[1], asked.level, "no spread", n)


def _inside(
    value: float,
    half: float,
    asked: Asked,
    *,
    within: tuple[float, float],
    method: str,
    n: int,
) -> Estimate:
    low, high = max(within[0], value - half), min(within[1], value + half)
    return Estimate(value, low, high, asked.level, method, n)
