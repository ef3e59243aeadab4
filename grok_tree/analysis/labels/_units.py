"""What a permutation exchanges: the branches below a branch, each with all that hangs on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis.labels._below import Below

_MOST_CELLS = 1_000_000
"""Numbers of the units in a batch of permutations; what is made of them takes some 30 MB."""


@dataclass(frozen=True, eq=False)
class Units:
    """Branches that may be exchanged, sorted by the group that they are in.

    Attributes:
        rows: The mean row of values of each.
        n: How many outcomes each has, effectively.
        weights: What each counts in its group.
        starts: Where each group begins.
        shares: What each group counts; None where that is what its units count together.
        per_tip: Whether a unit takes along what it counts, rather than what its place does.
    """

    rows: Floats
    n: Floats
    weights: Floats
    starts: NDArray[np.intp]
    shares: Floats | None
    per_tip: bool

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def sizes(self) -> NDArray[np.intp]:
        """How many units each group has."""
        sizes: NDArray[np.intp] = np.diff(np.append(self.starts, len(self)))
        return sizes

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
        weights = self.weights_in(order)
        totals = self.summed(weights)
        sums = self.summed(rows * weights[:, :, None])
        means = sums / np.where(totals > 0, totals, 1)[:, :, None]
        shares = totals if self.shares is None else self.shares[None]
        return means, shares / shares.sum(axis=1, keepdims=True)

    def weights_in(self, order: Numbers | None) -> Floats:
        """Return what the units count in each of several orders, or in all of them."""
        return self.weights[order] if self.per_tip and order is not None else self.weights[None]

    def summed(self, values: Floats) -> Floats:
        """Return sums over the units of each group; each row has an order, each column a unit."""
        sums: Floats = np.add.reduceat(values, self.starts, axis=1)
        return sums

    def permuted(self, random: np.random.Generator, n_draws: int) -> Iterator[Numbers]:
        """Yield orders in which any unit may be in any group, a row each, in batches."""
        most = max(1, _MOST_CELLS // (len(self) * (self.rows.shape[1] + 2)))
        for done in range(0, n_draws, most):
            keys = random.random((min(most, n_draws - done), len(self)))
            yield np.argsort(keys, axis=1).astype(np.int32)


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
    weights = below.given.n_below[units].astype(np.float64) if per_tip else below.shares[units]
    shares = None if per_tip else below.shares[groups]
    if equal:
        shares = np.ones(len(groups))
    if not per_tip:
        # A single unit has the share of its group, which may be next to nothing.
        single = np.repeat(sizes == 1, sizes)
        weights = np.where(single & ((weights > 0) | equal), 1.0, weights)
    return Units(below.rows[units], below.n_outcomes[units], weights, starts, shares, per_tip)
