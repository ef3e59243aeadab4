"""How far groups of units lie apart, by how well that is known: what tests compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis.labels._below import apart
from grok_tree.analysis.labels._units import Units

_LIKE_OTHERS, _AS_EXPECTED = 4.0, 1.0
"""Units that are added to those of a group, and of all groups; found by simulation."""

_NOTHING = 1e-12


@dataclass(frozen=True, eq=False)
class Studentised:
    """The distance between groups of units, for any order of the units; made by `studentised`.

    A group of units x with weights w, W their sum and k = W² / sum(w²) their effective number
    (Kish 1965), has the mean m = sum(w x) / W with the variance v:

        v = f sum(w² c) / W²        f = (s + 4 F) / (e + 4)
        s = k sum(w² |x - m|²) / sum(w² c)        F = (1 + sum of s) / (1 + sum of e)

    c is the variance of a unit as its number of outcomes lets expect it; s is how much its units
    differ, e how much they would. For quantities e is k - 1. For kinds it is also times the
    variance of an outcome at the shares of the group: 12 outcomes that are all alike do not tell
    how much they differ, if something else happens elsewhere. f is how much more the units of a
    group differ than is expected, and F those of all groups; f is drawn to F by four units, and F
    to 1 by one: two units that happen to be alike do not make a mean certain, and a single one
    has the variance of all. The distance is sum(|m - M|² / v) over groups, M the mean of m with
    weights 1 / v (Welch 1951).

    Attributes:
        units: Sorted by group.
        rows: What each unit is, where one outcome has the variance 1 around 0.
        expected: c of each unit.
        squares: Of kinds, the mean square of the outcomes of each unit; None for quantities.
    """

    units: Units
    rows: Floats
    expected: Floats
    squares: Floats | None

    def __call__(self, order: Numbers | None = None) -> Floats:
        """Return the distance for each of several orders, 0 or more.

        Args:
            order: A row for each permutation; None for the units as they are.
        """
        summed, weights = self.units.summed, self.units.weights_in(order)
        rows = _ordered(self.rows, order)
        totals = summed(weights)
        counts = totals > 0
        totals = np.where(counts, totals, 1)
        means = summed(rows * weights[:, :, None]) / totals[:, :, None]
        away = ((rows - np.repeat(means, self.units.sizes, axis=1)) ** 2).sum(axis=-1)
        k = totals**2 / np.where(counts, summed(weights**2), 1)
        parts = np.where(counts, summed(weights**2 * _ordered(self.expected, order)), 1)
        differ, would = k * summed(weights**2 * away) / parts, k - 1
        if self.squares is not None:
            squares = summed(_ordered(self.squares, order) * weights) / totals
            variance = np.maximum(squares - (means**2).sum(axis=-1), 0)
            would = would * variance / np.maximum(1 - parts / totals**2, _NOTHING)
        others = (_AS_EXPECTED + differ.sum(axis=1)) / (_AS_EXPECTED + would.sum(axis=1))
        factors = (differ + _LIKE_OTHERS * others[:, None]) / (would + _LIKE_OTHERS)
        known = np.where(counts, totals**2 / (factors * parts), 0)
        middle = (means * known[:, :, None]).sum(axis=1) / known.sum(axis=1)[:, None]
        found: Floats = (((means - middle[:, None]) ** 2).sum(axis=-1) * known).sum(axis=1)
        return found


def _ordered(values: Floats, order: Numbers | None) -> Floats:
    return values[None] if order is None else values[order]


def studentised(units: Units, *, quantities: bool) -> Studentised:
    """Return what a permutation test compares to find whether groups differ.

    It must know how sure it is: permutations deal large and small units to all groups alike, so
    that a plain distance looks large where one group has the small ones, which differ more by
    chance (Janssen 1997, Chung and Romano 2013 and 2016, Pauly, Brunner and Konietschke 2015).
    Where all units come from one pot the test stays exact: what is taken from the units here is the
    same for every order.

    Kinds are measured as by Pearson (1900): the square of a difference of shares counts over the
    share p of that kind among all outcomes, so that one outcome has the variance K - 1, K the
    number of kinds. A unit of n outcomes is expected to have the part r + (1 - r) / n of the
    variance of one, r the correlation of outcomes of one unit, 0 to 1: over all units the sum of
    (n - 1)(|x|² - 1 / n) over that of (n - 1)(1 - 1 / n).
    """
    n = np.maximum(units.n, 1)
    counts = n / n.sum()
    middle = (units.rows * counts[:, None]).sum(axis=0)
    squares = None
    if quantities:
        rows, variance = units.rows[:, :1] - middle[0], apart(middle, quantities=True)
    else:
        seen = middle > 0
        rows = (units.rows[:, seen] - middle[seen]) / np.sqrt(middle[seen])
        variance = float(seen.sum()) - 1
        squares = (units.rows[:, seen] / middle[seen]).sum(axis=1) - 1
    if len(units) < 2 or variance < _NOTHING:
        return Studentised(units, np.zeros_like(rows), np.ones(len(rows)), None)
    rows = rows / np.sqrt(variance)
    away = (rows**2).sum(axis=1) / (1 - counts)
    most = float(((n - 1) * (1 - 1 / n)).sum())
    excess = float(((n - 1) * (away - 1 / n)).sum())
    r = min(1.0, max(0.0, excess / most)) if most > _NOTHING else 0.0
    scaled = None if squares is None else squares / variance
    return Studentised(units, rows, r + (1 - r) / n, scaled)
