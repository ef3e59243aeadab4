"""Branches of two conditions, side by side in blocks, and how they may be exchanged."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._numbers import Floats, Numbers

_MOST_EXACT = 20_000
_MOST_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Arms:
    """The units of two conditions, sorted by block.

    Attributes:
        rows: The mean row of values of each unit.
        weights: What each counts within its block.
        n: How many outcomes each has.
        n_effective: What these are worth, by their weights.
        second: Whether each is of the second condition.
        starts: Where each block begins.
        block_weights: What each block counts.
        exchanged: What a unit is, in words.
        n_left_out: Outcomes in blocks that have one condition only.
        centre: Where quantities are 0 in the rows; 0 for kinds.
        scale: What 1 is worth there; 1 for kinds.
    """

    rows: Floats
    weights: Floats
    n: Numbers
    n_effective: Floats
    second: NDArray[np.bool_]
    starts: NDArray[np.intp]
    block_weights: Floats
    exchanged: str
    n_left_out: int
    centre: float
    scale: float

    @property
    def sizes(self) -> NDArray[np.intp]:
        """How many units each block has."""
        sizes: NDArray[np.intp] = np.diff(np.append(self.starts, len(self.rows)))
        return sizes

    def means(self, second: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Return the mean rows of both conditions, were these the units of the second.

        Args:
            second: A row for each assignment.
        """
        share = self.block_weights / self.block_weights.sum()
        both = []
        for chosen in (~second, second):
            weights = self.weights * chosen
            totals = np.add.reduceat(weights, self.starts, axis=1)
            sums = np.add.reduceat(weights[:, :, None] * self.rows, self.starts, axis=1)
            means = sums / np.where(totals > 0, totals, 1)[:, :, None]
            both.append((means * share[:, None]).sum(axis=1))
        return both[0], both[1]

    def unit_weights(self, *, second: bool) -> Floats:
        """Return what each unit of one condition counts in its mean; they sum to 1."""
        weights = self.weights * (self.second == second)
        totals = np.repeat(np.add.reduceat(weights, self.starts), self.sizes)
        share = np.repeat(self.block_weights / self.block_weights.sum(), self.sizes)
        found: Floats = weights / np.where(totals > 0, totals, 1) * share
        return found

    @cached_property
    def exact(self) -> bool:
        """Whether all assignments are looked at: as many units of a block to each condition."""
        in_second = np.add.reduceat(self.second.astype(int), self.starts)
        pairs = zip(self.sizes, in_second, strict=True)
        log = sum(_log_choices(int(size), int(chosen)) for size, chosen in pairs)
        return log <= math.log(_MOST_EXACT)

    def assignments(self, n_draws: int, seed: int) -> Iterator[NDArray[np.bool_]]:
        """Yield assignments in batches: all of them, or as many as asked for."""
        most = max(1, _MOST_CELLS // (len(self.rows) * (self.rows.shape[1] + 2)))
        if self.exact:
            everything = self._all()
            for start in range(0, len(everything), most):
                yield everything[start : start + most]
            return
        random = np.random.default_rng(seed)
        blocks = np.repeat(np.arange(len(self.starts)), self.sizes)
        for done in range(0, n_draws, most):
            keys = random.random((min(most, n_draws - done), len(self.rows))) + blocks
            yield self.second[np.argsort(keys, axis=1)]

    def _all(self) -> NDArray[np.bool_]:
        found = np.zeros((1, 0), dtype=bool)
        for start, size in zip(self.starts, self.sizes, strict=True):
            n_second = int(self.second[start : start + size].sum())
            block = np.zeros((comb(int(size), n_second), int(size)), dtype=bool)
            for row, chosen in enumerate(combinations(range(int(size)), n_second)):
                block[row, list(chosen)] = True
            left = np.repeat(found, len(block), axis=0)
            found = np.hstack([left, np.tile(block, (len(found), 1))])
        return found


def _log_choices(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
