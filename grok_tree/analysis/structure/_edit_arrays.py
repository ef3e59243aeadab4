"""The whole table of Zhang and Shasha, a row at a time, for trees that are far apart.

The columns of all keys of the new tree stand side by side, so that a row of one old key is a few
operations on arrays however the new tree is cut into keys. A key inside of another's subtree has a
lower level, and comes first: where a row needs distances of subtrees that it gives itself, it is
filled level by level.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis.structure._edit_table import Costs, OrderedTree

_Row = NDArray[np.float64]
_Places = NDArray[np.intp]

_CALLS = 500
"""What the operations on one row of one level cost beside its cells, in cells."""

_MOST_COLUMNS = 500_000
"""How many columns are held, of some 300 bytes each."""


class FullTable:
    """Edit distances of two trees, without a limit.

    Attributes:
        n_steps: What it costs: the cells, and what it takes to begin rows; infinite where columns
            would need too much memory.
    """

    def __init__(self, old: OrderedTree, new: OrderedTree, costs: Costs) -> None:
        """Take what is compared; nothing large is made yet."""
        self._old = old
        self._new = new
        self._costs = costs
        self._levels = _levels(new)
        n_columns = new.n_places + len(new.in_order)
        n_calls = old.n_places + len(old) * (1 + max(self._levels))
        fits = n_columns <= _MOST_COLUMNS
        self.n_steps = old.n_places * n_columns + _CALLS * n_calls if fits else math.inf
        self._subtrees: dict[int, _Row] = {}

    def distance(self) -> float:
        """Return the distance."""
        self._columns = _Columns(self._new, self._levels, self._costs.put)
        row = self._columns.put
        for key in self._old.in_order:
            row = self._last_row(key)
        # The root's columns come last.
        return float(row[-1])

    def _last_row(self, key: int) -> _Row:
        """Fill the rows of a key, and note the distances of subtrees that they give."""
        old = self._old
        begin = old.begins[key]
        # Both roots are always a pair, and need no row.
        end = key if key < len(old) - 1 else key - 1
        above = first = self._columns.put
        kept: dict[int, _Row] = {}
        for i in range(begin, end + 1):
            start = old.begins[i]
            if start == begin:
                above = self._left_row(i, above, first)
            else:
                above = self._row(i, above, kept[start])
                if old.keys[start] == i:
                    del kept[start]
            # The next one is a tip: what stands before it is asked for until its key is through.
            if i < end and old.keys[i + 1] >= 0:
                kept[i + 1] = above
        return above

    def _row(self, i: int, above: _Row, before: _Row) -> _Row:
        """Return the row of a response whose subtree begins after its key's."""
        columns = self._columns
        paired = before[columns.before] + self._subtrees[i][columns.responses]
        alone = above + self._costs.taken[self._old.numbers[i]]
        return _spread(np.minimum(alone, paired), columns.put, columns.leaps)

    def _left_row(self, i: int, above: _Row, first: _Row) -> _Row:
        """Return the row of a response whose subtree begins with its key's."""
        columns, number = self._columns, self._old.numbers[i]
        changes = np.full(len(self._new), math.inf)
        changes[:-1] = self._costs.changes(number)[self._new.numbers[:-1]]
        subtrees = np.full(len(self._new), math.inf)
        row: _Row = above + self._costs.taken[number]
        for level in columns.levels:
            at, ones = level.at, columns.responses[level.at]
            both = above[columns.above[at]] + changes[ones]
            paired = np.where(level.on_left, both, first[columns.before[at]] + subtrees[ones])
            row[at] = _spread(np.minimum(row[at], paired), columns.put[at], level.leaps)
            subtrees[ones[level.on_left]] = row[at][level.on_left]
        if self._old.begins[i] > 0:
            self._subtrees[i] = subtrees
        return row


class _Level:
    """Columns of keys that are in no other's subtree, the larger levels left out."""

    def __init__(self, at: slice, on_left: NDArray[np.bool_], leaps: list[_Places]) -> None:
        self.at = at
        self.on_left = on_left
        self.leaps = leaps


class _Columns:
    """The columns of all keys, by level; each key begins with one for no response at all.

    Attributes:
        responses: The response at each column, in postorder; at the first of a key that of the
            root, to which nothing is ever near.
        before: The column of all that comes before the subtree of that response.
        above: The column before, or the first of a key itself.
        put: What it costs to put in all responses of the key up to this one.
        leaps: For each k, the column 2^k before, or the first of the key.
        levels: What belongs to each level.
    """

    def __init__(self, tree: OrderedTree, levels: list[int], prices: _Row) -> None:
        keys = np.array(sorted(tree.in_order, key=lambda key: (levels[key], key)))
        begins, root = np.array(tree.begins), len(tree) - 1
        widths = keys - begins[keys] + np.where(keys == root, 1, 2)
        starts = np.repeat(np.cumsum(widths) - widths, widths)
        at = np.arange(len(starts))
        lefts = np.repeat(begins[keys], widths)
        self.responses: _Places = np.where(at == starts, root, lefts + at - starts - 1)
        own = begins[self.responses]
        self.before: _Places = np.where(at == starts, at, starts + own - lefts)
        self.above: _Places = np.maximum(at - 1, starts)
        sums = np.cumsum(np.append(prices[tree.numbers[:-1]], 0.0)[self.responses])
        self.put: _Row = sums - sums[starts]
        self.leaps = _leaps(at, starts)
        on_left = (own == lefts) & (at != starts)
        self.levels = []
        of = np.repeat(np.array(levels)[keys], widths)
        for level in range(int(of[-1]) + 1):
            low, high = np.searchsorted(of, [level, level + 1]).tolist()
            part = slice(low, high)
            self.levels.append(
                _Level(part, on_left[part], _leaps(at[part] - low, starts[part] - low))
            )


def _leaps(at: _Places, starts: _Places) -> list[_Places]:
    leaps, length = [], 1
    while length <= int((at - starts).max()):
        leaps.append(np.maximum(at - length, starts))
        length *= 2
    return leaps


def _spread(row: _Row, put: _Row, leaps: list[_Places]) -> _Row:
    """Return the smallest of each cell, and any before it in its key with what lies between put in.

    That is a running minimum of what is left without the cost of putting in, by doubling.
    """
    row = row - put
    for leap in leaps:
        row = np.minimum(row, row[leap])
    return row + put


def _levels(tree: OrderedTree) -> list[int]:
    """Return, for each response, how many keys lie inside each other in its subtree."""
    levels = [0] * len(tree)
    waiting: list[int] = []
    for one, begin in enumerate(tree.begins):
        while waiting and waiting[-1] >= begin:
            child = waiting.pop()
            levels[one] = max(levels[one], levels[child] + (tree.begins[child] > begin))
        waiting.append(one)
    return levels
