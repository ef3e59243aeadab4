"""How far the outcomes of two samples are apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, variance
from typing import Any

import numpy as np

from grok_tree.analysis._estimates import Estimate, newcombe, wilson
from grok_tree.analysis._student import t_half, t_outside
from grok_tree.analysis._tests import fisher, permuted, total_variation
from grok_tree.analysis.labels._effects import welch, welch_freedom
from grok_tree.analysis.reruns._changes import OutcomeChange

MEAN = "mean"
"""What stands in the place of an outcome where outcomes are quantities."""

Outcomes = Sequence[Any]


@dataclass(frozen=True)
class How:
    """How places are compared; see `drift`."""

    labelled: bool
    quantities: bool
    level: float
    n_permutations: int
    seed: int


@dataclass(frozen=True)
class Shift:
    """What is told of two samples; see `DriftPlace`."""

    changes: tuple[OutcomeChange, ...] = ()
    total_variation: float | None = None
    p_value: float | None = None


def shift_of(before: Outcomes, after: Outcomes, how: How) -> Shift:
    """Return how far two samples are apart."""
    if how.quantities and (before or after):
        return _shift_of_quantities(before, after, how)
    counts = Counter(before), Counter(after)
    changes = (
        tuple(rate_change(outcome, *counts, how.level) for outcome in kinds_in(before, after))
        if how.labelled
        else ()
    )
    if not before or not after:
        return Shift(changes)
    return Shift(changes, total_variation(*counts), _p(*counts, how))


def kinds_in(*outcomes: Outcomes) -> list[Any]:
    """Return the outcomes to tell of, in order; of truths the truth alone: its share says all."""
    seen = {one for several in outcomes for one in several}
    if seen and all(isinstance(one, bool) for one in seen):
        return [True]
    return sorted(seen, key=lambda one: (str(type(one)), one))


def rate_change(
    outcome: Any, before: Counter[Any], after: Counter[Any], level: float
) -> OutcomeChange:
    """Return how the share of an outcome changed."""
    first, second = (wilson(side[outcome], side.total(), level=level) for side in (before, after))
    return OutcomeChange(outcome, first, second, newcombe(first, second))


def _p(before: Counter[Any], after: Counter[Any], how: How) -> float:
    # By how often they were seen: names and the order of siblings say nothing.
    seen = sorted((before[one], after[one]) for one in {*before, *after})
    if len(seen) == 1:
        return 1.0
    if len(seen) == 2:
        return fisher((seen[0][0], before.total()), (seen[0][1], after.total()))
    first, second = np.array(seen).T
    return permuted(first, second, seed=how.seed, n_permutations=how.n_permutations)


def _shift_of_quantities(before: Outcomes, after: Outcomes, how: How) -> Shift:
    means = _mean(before, how.level), _mean(after, how.level)
    spreads = np.array(_spread(before)), np.array(_spread(after))
    change = welch(*means, spreads=spreads)
    told = OutcomeChange(MEAN, *means, change)
    if min(len(before), len(after)) < 2:
        return Shift((told,))
    both, freedom = welch_freedom(spreads)
    if both == 0:
        # Two constants: all that can be said is how seldom chance parts them so.
        sides = (len(before), len(before)), (0, len(after))
        return Shift((told,), p_value=fisher(*sides) if change.value else 1.0)
    return Shift((told,), p_value=t_outside(abs(change.value) / math.sqrt(both), freedom))


def _mean(values: Outcomes, level: float) -> Estimate:
    mean = fmean(values) if values else math.nan
    spread, freedom = _spread(values)
    half = t_half(spread, freedom, level)
    method = "student" if half > 0 else "no spread"
    return Estimate(mean, mean - half, mean + half, level, method, len(values))


def _spread(values: Outcomes) -> tuple[float, float]:
    """Return the variance of the mean, and its degrees of freedom."""
    if len(values) < 2:
        return 0.0, 0.0
    return variance(values) / len(values), len(values) - 1.0


def overall_changes(
    sides: Sequence[tuple[Outcomes, Outcomes]], level: float
) -> tuple[OutcomeChange, ...]:
    """Return the mean change of every outcome's share over places, each place counting the same.

    The interval is for these very places (strata): with q = (k + 1/2) / (n + 1) on each side, the
    variance of the mean is the sum of q (1 - q) / n over both sides of all places, over the square
    of their number; the half added keeps a share of 0 or 1 from looking certain. A mean share has
    the interval of Wilson of as many samples as give this variance, a change that of Newcombe.
    Simulated, 95 % intervals cover between 94 % and 99 %, of 5 places of 4 samples as well as of 30
    places of one. Of one place it is that place's own.

    Args:
        sides: The outcomes of each place, before and after: kinds.
        level: Of the intervals.
    """
    counts = [(Counter(before), Counter(after)) for before, after in sides if before and after]
    if not counts:
        return ()
    outcomes = kinds_in(*(side for both in sides for side in both))
    return tuple(_mean_change(outcome, counts, level) for outcome in outcomes)


def _mean_change(
    outcome: Any, counts: Sequence[tuple[Counter[Any], Counter[Any]]], level: float
) -> OutcomeChange:
    if len(counts) == 1:
        return rate_change(outcome, *counts[0], level)
    found = np.array([[side[outcome] for side in both] for both in counts], dtype=float)
    n = np.array([[side.total() for side in both] for both in counts], dtype=float)
    smoothed = (found + 0.5) / (n + 1)
    variances = (smoothed * (1 - smoothed) / n).sum(axis=0) / len(counts) ** 2
    shares = (found / n).mean(axis=0)
    first, second = (
        _stratified(float(share), float(spread), float(seen), level)
        for share, spread, seen in zip(shares, variances, n.sum(axis=0), strict=True)
    )
    change = replace(newcombe(first, second), method="newcombe, stratified")
    return OutcomeChange(outcome, first, second, change)


def _stratified(share: float, variance: float, n: float, level: float) -> Estimate:
    """Return a mean share with the interval of Wilson at its variance."""
    sound = round(share, 12)
    worth = sound * (1 - sound) / variance if 0 < sound < 1 else n
    found = wilson(sound * worth, worth, level=level)
    return Estimate(share, found.low, found.high, level, "wilson, stratified", round(n))
