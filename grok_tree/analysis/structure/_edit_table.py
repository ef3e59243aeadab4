"""The table of Zhang and Shasha, of which only cells near the diagonal are filled.

Responses are counted in postorder, from 0. ``begins[i]`` is the first response of the subtree that
ends in i. A response is a key when nothing that begins where its subtree begins lies above it; the
distances of all pairs of subtrees come from one table for each pair of keys.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import NO_PARENT

NEAR = 25
"""What a cell near the diagonal costs, filled alone, in cells that are filled a row at a time."""


class OrderedTree:
    """A forest below a root of its own, in postorder.

    Attributes:
        numbers: The number of each response; the last stands for the root.
        begins: The first response of each subtree.
        keys: For each response that begins a subtree, the last that begins there; else -1.
        in_order: The keys, in postorder.
        n_places: Responses in the subtrees of all keys together: what a table has of this side.
    """

    def __init__(self, parents: Sequence[int], *, mirrored: bool = False) -> None:
        """Take the shape, from the number of each response's parent; mirrored, siblings turn."""
        n = len(parents)
        sizes = [1] * n
        for number in range(n - 1, -1, -1):
            if parents[number] != NO_PARENT:
                sizes[parents[number]] += sizes[number]
        self.numbers = [n] * (n + 1)
        self.begins = [0] * (n + 1)
        self.keys = [-1] * (n + 1)
        # Where the next child's subtree begins, or mirrored what it ends before; last the root's.
        nexts = [0] * n + [n if mirrored else 0]
        for number, (parent, size) in enumerate(zip(parents, sizes, strict=True)):
            begin = nexts[parent] - size if mirrored else nexts[parent]
            nexts[parent] += -size if mirrored else size
            end = begin + size - 1
            nexts[number] = end if mirrored else begin
            self.numbers[end], self.begins[end] = number, begin
        for end, begin in enumerate(self.begins):
            self.keys[begin] = end
        self.in_order = sorted(key for key in self.keys if key >= 0)
        self.n_places = sum(key - self.begins[key] + 1 for key in self.in_order)

    def __len__(self) -> int:
        return len(self.numbers)

    def keys_near(self, begin: int, reach: int) -> list[int]:
        """Return the keys whose subtrees begin within reach of a place, in postorder."""
        near = self.keys[max(0, begin - reach) : begin + reach + 1]
        return sorted(key for key in near if key >= 0)


@dataclass(frozen=True)
class Costs:
    """What edits cost, by the numbers of responses; 0 or more.

    Attributes:
        taken: Of taking each old one out.
        put: Of putting each new one in.
        changed: Of changing an old one into a new one.
        changes: Of changing an old one into each new one.
        at_least: What all together is known to cost.
    """

    taken: NDArray[np.float64]
    put: NDArray[np.float64]
    changed: Callable[[int, int], float]
    changes: Callable[[int], NDArray[np.float64]]
    at_least: float = 0.0

    @property
    def least(self) -> float:
        """The smallest cost of taking out or putting in; infinite when there is nothing."""
        return float(min(self.taken.min(initial=math.inf), self.put.min(initial=math.inf)))


@dataclass(frozen=True)
class _Pair:
    """Two keys, and how far their table is filled.

    Row a, column b is the distance of the first a responses of one subtree to the first b of the
    other. Row a has the columns from ``a - behind`` to ``a + ahead``, as far as there are any.
    """

    key: int
    other: int
    begin: int
    other_begin: int
    behind: int
    ahead: int
    rows: list[array[float]]

    @property
    def width(self) -> int:
        return self.other - self.other_begin + 1


class EditTable:
    """Edit distances of two trees, as far as a limit needs them.

    Pairs keep who comes before whom in postorder. A cell pairs what it has of the old tree with
    what it has of the new one, so what comes before it is paired with what comes before, and what
    comes after with what comes after. By as many as these three differ in number, responses come or
    go; cells where that costs more than the limit are left out (an idea of Touzet 2005).
    """

    def __init__(self, old: OrderedTree, new: OrderedTree, costs: Costs, most_cells: int) -> None:
        """Take what is compared; `most_cells` holds for all calls together."""
        self._old = old
        self._new = new
        # By place in postorder. Neither root comes or goes, so they are always a pair.
        self._taken: list[float] = [*costs.taken[old.numbers[:-1]].tolist(), math.inf]
        self._put: list[float] = [*costs.put[new.numbers[:-1]].tolist(), math.inf]
        self._changed = costs.changed
        self._least = costs.least
        self._cells_left = self._most_cells = most_cells
        self._subtrees: list[array[float] | None] = []
        self._limit = math.inf
        self._reach = 0

    def n_steps(self, limit: float) -> float:
        """Return the most that a distance within a limit costs, in cells of a row."""
        old, new = self._old, self._new
        width = self._reach_of(limit) + 1
        return NEAR * old.n_places * min(width * width, new.n_places + len(new.in_order))

    def _reach_of(self, limit: float) -> int:
        """Return how many responses may come or go within a limit."""
        everything = len(self._old) + len(self._new)
        if self._least > 0 and limit < self._least * everything:
            return int(limit / self._least)
        # Three differences, none of them larger than everything, leave out no cell.
        return 3 * everything

    def distance(self, limit: float) -> float:
        """Return the distance if it is within a limit, else a number above the limit."""
        old, new = self._old, self._new
        self._limit, self._reach = limit, self._reach_of(limit)
        if abs(len(old) - len(new)) > self._reach:
            return math.inf
        self._subtrees = [None] * len(old)
        found = math.inf
        for key in old.in_order:
            begin = old.begins[key]
            for other in new.keys_near(begin, self._reach):
                found = self._compared(key, other)
        return found

    def _compared(self, key: int, other: int) -> float:
        """Return the distance of the subtrees of two keys, above the limit if they are no pair."""
        begin, other_begin = self._old.begins[key], self._new.begins[other]
        reach = self._reach - abs(begin - other_begin)
        after = len(self._old) - len(self._new) - (begin - other_begin)
        if abs(after) > reach:
            return math.inf
        if begin == key and other_begin == other:
            return self._tips(key, other)
        # With a - b = e there is left: |e| + |after - e| <= reach.
        behind, ahead = (reach + after) // 2, (reach - after) // 2
        prices = self._put[other_begin : min(other + 1, other_begin + ahead)]
        first = array("d", accumulate(prices, initial=0.0))
        return self._filled(_Pair(key, other, begin, other_begin, behind, ahead, [first]))

    def _tips(self, i: int, j: int) -> float:
        """Return the distance of two tips, most of a bush, without a table."""
        self._count(1)
        apart = self._taken[i] + self._put[j]
        found = min(apart, self._change(self._old.numbers[i], j))
        self._subtrees_of(i)[j - max(0, i - self._reach)] = found
        return found

    def _filled(self, pair: _Pair) -> float:
        """Fill the table of two keys, and return the distance of their subtrees."""
        height = pair.key - pair.begin + 1
        for a in range(1, height + 1):
            if a - pair.behind > pair.width:
                return math.inf
            row = self._row(pair, a)
            # The smallest of a row is never below the smallest of the row before.
            if min(row) > self._limit:
                return math.inf
            pair.rows.append(row)
        place = pair.width - max(0, height - pair.behind)
        return pair.rows[-1][place] if place < len(pair.rows[-1]) else math.inf

    def _row(self, pair: _Pair, a: int) -> array[float]:
        """Return the next row of a table, and note the distances of subtrees that it gives."""
        begins, other_begin, behind = self._new.begins, pair.other_begin, pair.behind
        i = pair.begin + a - 1
        price, put, number = self._taken[i], self._put, self._old.numbers[i]
        low, high = max(0, a - behind), min(pair.width, a + pair.ahead)
        self._count(high - low + 1)
        above, shift = pair.rows[-1], max(0, a - 1 - behind)
        # The row before the subtree of i, from which its distances to other subtrees count.
        before = self._old.begins[i] - pair.begin
        prior, prior_shift = pair.rows[before], max(0, before - behind)
        subtrees, subtree_shift = self._subtrees_of(i), max(0, i - self._reach)
        row = array("d")
        left = math.inf
        for b in range(low, high + 1):
            best = above[b - shift] + price if b - shift < len(above) else math.inf
            if b:
                j = other_begin + b - 1
                best = min(best, left + put[j])
                c = begins[j] - other_begin
                if before == 0 == c:
                    best = min(best, above[b - 1 - shift] + self._change(number, j))
                    subtrees[j - subtree_shift] = best
                elif 0 <= c - prior_shift < len(prior):
                    best = min(best, prior[c - prior_shift] + subtrees[j - subtree_shift])
            row.append(best)
            left = best
        return row

    def _change(self, number: int, j: int) -> float:
        old_root, new_root = len(self._old) - 1, len(self._new) - 1
        if number == old_root or j == new_root:
            return 0.0 if number == old_root and j == new_root else math.inf
        return self._changed(number, self._new.numbers[j])

    def _subtrees_of(self, i: int) -> array[float]:
        """Return the distances of the subtree of i to those that it may be paired with."""
        known = self._subtrees[i]
        if known is None:
            first, end = max(0, i - self._reach), min(len(self._new), i + self._reach + 1)
            known = self._subtrees[i] = array("d", [math.inf]) * max(0, end - first)
        return known

    def _count(self, n_cells: int) -> None:
        self._cells_left -= NEAR * n_cells
        if self._cells_left < 0:
            raise InvalidOperationError(
                f"the edit distance of {len(self._old) - 1} and {len(self._new) - 1} responses is"
                f" not known after {self._most_cells:,} cells; give a smaller bound, compare parts,"
                " or allow more with most_cells="
            )
