"""How uncertain an outcome is, and how much of that a fork takes away."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from grok_tree.analysis._numbers import Floats
from grok_tree.analysis._tests import permutation_p
from grok_tree.analysis.labels._studentised import studentised
from grok_tree.analysis.labels._units import Units

_NOTHING = 1e-12


def uncertainty(rows: Floats, *, quantities: bool) -> Floats:
    """Return the entropy of shares in bits, or the variance of quantities in units of the scale.

    Entropy is -sum(p log2 p) (Shannon 1948), 0 to log2 of the number of kinds; variance is the mean
    of squares less the square of the mean.
    """
    if quantities:
        variance: Floats = np.maximum(0, rows[..., 1] - rows[..., 0] ** 2)
        return variance
    sound = np.clip(rows, 0, 1)
    logs = np.log2(np.where(sound > 0, sound, 1))
    entropy: Floats = np.abs((sound * logs).sum(axis=-1))
    return entropy


def gains(rows: Floats, shares: Floats, *, quantities: bool) -> Floats:
    """Return the uncertainty of the mixture of groups less the mean of their own.

    For kinds this is the mutual information of group and outcome, in bits; with two groups of the
    same share it is the Jensen-Shannon divergence (Lin 1991). For quantities it is the variance
    between groups.
    """
    mixed = uncertainty((rows * shares[..., None]).sum(axis=-2), quantities=quantities)
    own = (uncertainty(rows, quantities=quantities) * shares).sum(axis=-1)
    found: Floats = np.where(mixed - own > _NOTHING, mixed - own, 0)
    return found


@dataclass(frozen=True)
class Gain:
    """A gain, where it may lie, and how it compares to what chance would give.

    Attributes:
        value: As it is among the outcomes that there are.
        low: Where the interval begins.
        high: Where it ends.
        chance: The mean over permutations.
        p_value: How often a permutation parts the groups as far, 0 to 1; see `studentised`.
    """

    value: float
    low: float
    high: float
    chance: float
    p_value: float


def gain_of(
    units: Units, *, quantities: bool, level: float, n_draws: int, random: np.random.Generator
) -> Gain:
    """Return the gain between groups of units, tested by permutation.

    The interval holds the gains t that do not contradict what was seen, if the gain in samples is
    as a gamma variable with the mean t + `chance` and the variance v + s t, v that over
    permutations and s t that of the delta method: see `_ends`. It begins at 0 where the gain may be
    chance, and is all of the uncertainty where no group has two units. Where all n units ended
    alike, others may be up to q = 1 - (1 - level)^(1/n) of what might follow, and it reaches to the
    entropy of q.
    """
    rows, shares = units.grouped()
    value = float(gains(rows, shares, quantities=quantities)[0])
    mixed = (rows * shares[..., None]).sum(axis=-2)
    most = float(uncertainty(mixed, quantities=quantities)[0])
    if most < _NOTHING:
        unseen = 1 - (1 - level) ** (1 / len(units))
        high = (
            0.0
            if quantities
            else float(uncertainty(np.array([unseen, 1 - unseen]), quantities=False))
        )
        return Gain(0.0, 0.0, high, 0.0, 1.0)
    if units.alone:
        return Gain(value, 0.0, most, value, 1.0)
    distance = studentised(units, quantities=quantities)
    drawn = [
        (gains(*units.grouped(order), quantities=quantities), distance(order))
        for order in units.permuted(random, n_draws)
    ]
    permuted, distances = (np.concatenate(one) for one in zip(*drawn, strict=True))
    chance = float(permuted.mean())
    if abs(value - chance) < _NOTHING:  # every permutation gains the same, but for rounding
        chance = value
    within = 1 - max(0.0, value - chance) / most if quantities else 1.0
    bias, v = chance * within, float(permuted.var()) * within**2
    slope = 2 * v / bias if bias > 0 else 0.0
    if value > 0:
        slope = max(slope, _variance(units, quantities=quantities) / value)
    top = most if quantities else math.log2(rows.shape[-1])
    low, high = _ends(value, bias, v=v, slope=slope, most=top, level=level)
    return Gain(value, low, high, chance, permutation_p(distances, distance()[0]))


def _variance(units: Units, *, quantities: bool) -> float:
    """Return the variance of the gain by the delta method (its first-order term).

    A unit x of group g, which counts w in it and the group e among all, adds w e (x - mean of g) d,
    d the difference of the derivatives of the uncertainties of all and of g. Every group is taken
    with one unit more that is like all together: what a few units have in common need not hold of
    what might follow.
    """
    means, shares = (one[0] for one in units.grouped())
    mixed = (means * shares[:, None]).sum(axis=0)
    sizes = units.sizes
    means = (means * sizes[:, None] + mixed) / (sizes[:, None] + 1)
    totals = np.add.reduceat(units.weights, units.starts)
    of = np.repeat(np.arange(len(sizes)), sizes)
    if quantities:
        steeper = np.column_stack([2 * (means[:, 0] - mixed[0]), np.zeros(len(means))])
    else:
        sound = np.where(mixed > 0, mixed, 1)
        steeper = np.log2(np.where(mixed > 0, means, 1) / sound)
    w = units.weights / np.where(totals > 0, totals, 1)[of]
    added = w * shares[of] * ((units.rows - means[of]) * steeper[of]).sum(axis=1)
    of_prior = shares / (sizes + 1) * ((mixed - means) * steeper).sum(axis=1)
    squares = np.add.reduceat(added**2, units.starts) * (sizes / (sizes + 1)) ** 2 + of_prior**2
    return float((squares * (sizes + 1) / sizes).sum())


def _ends(
    value: float, chance: float, *, v: float, slope: float, most: float, level: float
) -> tuple[float, float]:
    """Return the least and the largest gain that do not contradict the one that was seen.

    The cube root of a gamma variable is nearly normal (Wilson and Hilferty 1931).
    """
    z = NormalDist().inv_cdf((1 + level) / 2)

    def away(gain: float) -> float:
        mean, variance = gain + chance, v + slope * gain
        if mean <= 0 or variance <= 0:
            return math.copysign(math.inf, value - mean)
        shape = mean**2 / variance
        return float((np.cbrt(value / mean) - 1 + 1 / (9 * shape)) * 3 * math.sqrt(shape))

    return _where(away, z, most), _where(away, -z, most)


def _where(away: Callable[[float], float], z: float, most: float) -> float:
    """Return where a falling function is z, between 0 and `most`."""
    low, high = 0.0, most
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if away(middle) > z else (low, middle)
    return 0.0 if high < 1e-9 * most else high
