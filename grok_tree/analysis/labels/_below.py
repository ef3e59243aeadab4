"""What stands below each response: shares of outcomes, and how sure they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grok_tree.analysis._estimates import Estimate, wilson
from grok_tree.analysis._numbers import Floats
from grok_tree.analysis._student import t_half, t_over_z
from grok_tree.analysis.labels._labelled import Labelled

_ROUNDING = 1e-13
"""Part of a mean of squares that is left of quantities that are all alike."""


@dataclass(frozen=True, eq=False)
class Below:
    """Weighted sums of outcomes below every place, and their spread between branches.

    With e the shares of the branches of a fork and x their rows of values, the row of the fork is
    sum(e x), the effective number of branches is 1 / sum(e²) (Kish 1965), that of outcomes 1 over
    the sum of the squared weights of all that stand below, and the spread is sum(e² (x - row)²).
    """

    given: Labelled
    shares: Floats

    @cached_property
    def rows(self) -> Floats:
        """The mean row of values below each place."""
        return self.given.arrays.weighted_below(self.given.rows, self.shares)

    @cached_property
    def n_outcomes(self) -> Floats:
        """The effective number of outcomes below each place; 0 where there are none."""
        squares = np.zeros(len(self.given.arrays))
        squares[self.given.places] = 1
        sums = self.given.arrays.weighted_below(squares, self.shares**2)
        return np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)

    @cached_property
    def n_branches(self) -> Floats:
        """The effective number of branches of each place; 0 where there are none."""
        sums = self._over_branches(self.shares**2)
        return np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)

    @cached_property
    def spread(self) -> Floats:
        """The spread between branches: over all kinds together, or of quantities."""
        columns = self.rows[:, :1] if self.given.quantities else self.rows
        away = columns[1:] - columns[self.given.arrays.parents[1:]]
        squares = np.zeros(len(columns))
        squares[1:] = (away**2).sum(axis=1)
        return self._over_branches(self.shares**2 * squares)

    def _over_branches(self, values: Floats) -> Floats:
        counted = np.where(self.given.n_below > 0, values, 0)[1:]
        sums = np.bincount(self.given.arrays.parents[1:], weights=counted, minlength=len(values))
        return sums.astype(np.float64)

    def effective(self, place: int, level: float) -> float:
        """Return how many independent outcomes those below a place are worth; see `effective`."""
        return effective(
            float(self.n_outcomes[place]),
            float(self.n_branches[place]),
            spread=float(self.spread[place]),
            apart=apart(self.rows[place], quantities=self.given.quantities),
            level=level,
            power=POWER_OF_MEANS if self.given.quantities else POWER_OF_SHARES,
        )

    def share(self, place: int, kind: int, *, level: float, effective: float) -> Estimate:
        """Return the share of a kind of outcome below a place."""
        given = self.given
        n = int(given.n_below[place])
        value = min(1.0, max(0.0, float(self.rows[place, kind])))
        if n == 0:
            return wilson(0, 0, level=level)
        if given.n_branches[place] == 0:
            return Estimate(value, value, value, level, "known", 1)
        if abs(value - round(value)) < 1e-12:
            value = float(round(value))
        found = wilson(value * effective, effective, level=level)
        plain = abs(effective - n) < 1e-9 * n
        method = "wilson" if plain else "wilson, effective n"
        return Estimate(value, found.low, found.high, level, method, n)

    def mean(self, place: int, *, level: float) -> Estimate:
        """Return the mean of quantities below a place, with Student's interval.

        Its variance is that of the outcomes over their effective number n, with n - 1 degrees of
        freedom. Where all are alike the interval is a point, and its method ``no spread``: how far
        others might lie is not known.
        """
        given = self.given
        n = int(given.n_below[place])
        if n == 0:
            return Estimate(math.nan, -math.inf, math.inf, level, "t", 0)
        value = given.centre + given.scale * float(self.rows[place, 0])
        if given.n_branches[place] == 0:
            return Estimate(value, value, value, level, "known", 1)
        at = int(given.parting[place])
        worth = self.effective(at, level)
        half = given.scale * t_half(*spread_of_mean(self.rows[at], worth), level)
        method = method_of_mean(half, plain=abs(worth - n) < 1e-9 * n)
        return Estimate(value, value - half, value + half, level, method, n)


def apart(row: Floats, *, quantities: bool) -> float:
    """Return the variance of one outcome: of quantities, or sum(p (1 - p)) over kinds."""
    if quantities:
        variance = float(row[1] - row[0] ** 2)
        return variance if variance > _ROUNDING * row[1] else 0.0
    return float((row * (1 - row)).sum())


def spread_of_mean(row: Floats, n: float) -> tuple[float, float]:
    """Return the variance of a mean of n quantities, and its degrees of freedom."""
    freedom = n - 1 if n > 1 + 1e-9 else 0.0
    return apart(row, quantities=True) / freedom if freedom else 0.0, freedom


def method_of_mean(half: float, *, plain: bool) -> str:
    """Return how an interval of a mean was made, by half its width."""
    if half == 0:
        return "no spread"
    return "t" if plain else "t, effective n"


POWER_OF_SHARES, POWER_OF_MEANS = 3, 1
"""Of t/z in `effective`; found by simulation. A mean's interval has a t of its own besides."""


def effective(
    n: float, branches: float, *, spread: float, apart: float, level: float, power: int
) -> float:
    """Return how many independent outcomes are worth what clustered ones are.

    The design effect (Kish 1965) is the variance between branches over that of independent
    outcomes. As few branches know their variance badly, what it is above 1 is enlarged by a power
    of t/z, t with one degree of freedom less than there are branches. (Korn and Graubard 1998
    divide the whole number by (t/z)², which is far too wide where branches hardly differ.) It is no
    more than if all below one branch ended alike.

    Args:
        n: Effective number of outcomes, by their weights.
        branches: Effective number of branches, by theirs.
        spread: sum(e² (x - mean)²) over branches.
        apart: The variance of one outcome.
        level: Of the interval that it is for.
        power: How strongly few branches count.
    """
    if branches <= 1 or n <= branches * (1 + 1e-9):
        return n
    if apart < 1e-12:
        return branches
    variance = spread * branches / (branches - 1)
    excess = max(0.0, variance * n / apart - 1) * t_over_z(level, branches - 1) ** power
    return n / min(1 + excess, n / branches)
