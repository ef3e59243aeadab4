"""What a permutation exchanges: the branches below a branch, each with all that hangs on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis.labels._below import Below

_MOST_CELLS = 4_000_000
"""Numbers that a batch of permutations holds at once."""


@dataclass(frozen=True, eq=False)
class Units:
    """Branches that may be exchanged, sorted by the group that they are in.

    Attributes:
        rows: The mean row of values of each.
        weights: What each counts in its group.
        starts: Where each group begins.
        shares: What each group counts; None where that is what its units count together.
    """

    rows: Floats
    weights: Floats
    starts: NDArray[np.intp]
    shares: Floats | None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def alone(self) -> bool:
        """Whether no group has two units, so that exchanging them changes nothing."""
        return len(self) == len(self.starts)

    def grouped(self, order: Numbers | None = None) -> tuple[Floats, Floats]:
        """Return rows and shares of the groups, for each of several orders of the units.

        Args:
            order: A row for each permutation; None for the units as they are.
        """
        rows = self.rows[None] if order is None else self.rows[order]
        weights = self.weights[None]
        if order is not None and self.shares is None:
            weights = self.weights[order]
        totals = np.add.reduceat(weights, self.starts, axis=1)
        sums = np.add.reduceat(rows * weights[:, :, None], self.starts, axis=1)
        means = sums / np.where(totals > 0, totals, 1)[:, :, None]
        shares = totals if self.shares is None else self.shares[None]
        return means, shares / shares.sum(axis=1, keepdims=True)

    def batches(self, n_draws: int) -> list[int]:
        """Return how many draws to make at a time."""
        most = max(1, _MOST_CELLS // (len(self) * (self.rows.shape[1] + 2)))
        return [min(most, n_draws - done) for done in range(0, n_draws, most)]

    def permuted(self, random: np.random.Generator, n_draws: int) -> Numbers:
        """Return orders in which any unit may be in any group."""
        orders: Numbers = np.argsort(random.random((n_draws, len(self))), axis=1).astype(np.int32)
        return orders


def units_of(below: Below, place: int) -> Numbers:
    """Return what hangs at the first place below a branch where it parts, or its one outcome."""
    at = int(below.given.parting[place])
    return below.given.branches(at) if below.given.n_branches[at] else np.array([at], np.int32)


def units_below(below: Below, groups: Numbers, *, per_tip: bool, equal: bool = False) -> Units:
    """Return the units of several branches, a group for each.

    Args:
        below: The sums of the forest.
        groups: Places, none above another.
        per_tip: Whether a unit counts as many outcomes as it has, and a group what its units do.
        equal: Whether the groups count the same, whatever their branches do.
    """
    found = [units_of(below, int(place)) for place in groups]
    units, sizes = np.concatenate(found), np.array([len(one) for one in found])
    starts = np.cumsum(sizes) - sizes
    if per_tip:
        weights, shares = below.given.n_below[units].astype(np.float64), None
    else:
        weights, shares = below.shares[units], below.shares[groups]
    return Units(below.rows[units], weights, starts, np.ones(len(groups)) if equal else shares)
