"""The shape of a forest as numpy arrays: a response is its number in the snapshot."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis import _sums
from grok_tree.analysis._given import AnyForest, snapshot_of
from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.forest import NO_PARENT, Forest

_known: WeakKeyDictionary[Forest, Arrays] = WeakKeyDictionary()


class Arrays:
    """Parents, children, depths and sizes, each computed once, when it is first asked for.

    Attributes:
        parents: The number of each response's parent, `NO_PARENT` for a root.
    """

    def __init__(self, parents: Any) -> None:
        """Take the shape.

        Args:
            parents: n numbers, each smaller than its own place, or `NO_PARENT`.
        """
        self.parents: Numbers = _as_numbers(parents)

    def __len__(self) -> int:
        return len(self.parents)

    @cached_property
    def roots(self) -> Numbers:
        """The numbers of the responses without a parent."""
        return np.flatnonzero(self.parents == NO_PARENT).astype(np.int32)

    @cached_property
    def n_children(self) -> Numbers:
        """How many children each response has."""
        below = self.parents[self.parents != NO_PARENT]
        return np.bincount(below, minlength=len(self)).astype(np.int32)

    @cached_property
    def tips(self) -> Numbers:
        """The numbers of the responses without a child."""
        return np.flatnonzero(self.n_children == 0).astype(np.int32)

    @cached_property
    def forks(self) -> Numbers:
        """The numbers of the responses with several children."""
        return np.flatnonzero(self.n_children > 1).astype(np.int32)

    @cached_property
    def depths(self) -> Numbers:
        """The number of responses on the path to each, itself included; 1 for a root."""
        return self.counted_above(np.ones(len(self), dtype=bool))

    @cached_property
    def tree_of(self) -> Numbers:
        """Of each response, which tree it is in: 0 for that of the first root, and so on."""
        if len(self.roots) < 2:
            return np.zeros(len(self), dtype=np.int32)
        marks = np.zeros(len(self), dtype=np.int32)
        marks[self.roots] = np.arange(len(self.roots), dtype=np.int32)
        # Of all responses on a path only the root is marked, so the sum is its mark.
        return _sums.summed_above(self.parents, marks)

    @cached_property
    def sizes(self) -> Numbers:
        """The number of responses in the subtree of each, itself included."""
        return self.counted_below(np.ones(len(self), dtype=bool))

    @cached_property
    def n_tips_below(self) -> Numbers:
        """The number of tips in the subtree of each, itself included."""
        return self.counted_below(self.n_children == 0)

    @cached_property
    def preorder(self) -> Numbers:
        """The place of each response when every subtree stands together, children in order.

        The subtree of one response has the places from its own to its own + its size.
        """
        order = _stable_order(self.parents)
        before = np.zeros(len(self) + 1, dtype=np.int64)
        np.cumsum(self.sizes[order], out=before[1:])
        above = self.parents[order]
        first = np.ones(len(self), dtype=bool)
        first[1:] = above[1:] != above[:-1]
        group = np.maximum.accumulate(np.where(first, np.arange(len(self)), 0))
        steps = np.empty(len(self), dtype=np.int32)
        # One step into the parent, and past all that hangs at earlier siblings.
        steps[order] = (before[:-1] - before[group]) + (above != NO_PARENT)
        return _sums.summed_above(self.parents, steps)

    @cached_property
    def chains(self) -> Arrays:
        """The same responses with only the links to only children: each chain is a tree."""
        linked = np.append(self.n_children == 1, False)[self.parents]
        return Arrays(np.where(linked, self.parents, np.int32(NO_PARENT)))

    def summed_above(self, values: Any) -> Floats:
        """Return the sum of n finite values over the path to each response, itself included."""
        return _sums.summed_above(self.parents, np.array(values, dtype=np.float64))

    def summed_below(self, values: Any) -> Floats:
        """Return the sum of n finite values over the subtree of each, itself included."""
        return _sums.summed_below(self.parents, np.array(values, dtype=np.float64))

    def counted_above(self, marked: Any) -> Numbers:
        """Return how many responses on the path to each are marked, itself included."""
        return _sums.summed_above(self.parents, np.asarray(marked).astype(np.int32))

    def counted_below(self, marked: Any) -> Numbers:
        """Return how many responses in the subtree of each are marked, itself included."""
        return _sums.summed_below(self.parents, np.asarray(marked).astype(np.int32))

    def subtree(self, number: int) -> Numbers:
        """Return the numbers of one response and of all that is below it."""
        marked = np.zeros(len(self), dtype=bool)
        marked[number] = True
        return np.flatnonzero(self.counted_above(marked)).astype(np.int32)

    def within(self, numbers: Numbers) -> Arrays:
        """Return the arrays of some responses alone, in their order; the rest is cut away.

        Args:
            numbers: Ascending. Whose parent is not among them becomes a root.
        """
        places = np.full(len(self) + 1, NO_PARENT, dtype=np.int32)
        places[numbers] = np.arange(len(numbers), dtype=np.int32)
        return Arrays(places[self.parents[numbers]])

    def weighted_below(self, values: Any, shares: Any) -> Floats:
        """Return the sum over the subtree of each response, weighted along the way down to it.

        Args:
            values: n numbers, or n rows of numbers.
            shares: For each response the factor of the step from its parent to it, 0 to 1; a value
                counts with the product of the factors between the response asked for and its own.
        """
        sums = np.array(values, dtype=np.float64)
        factors = np.asarray(shares, dtype=np.float64)
        for column in sums.T if sums.ndim == 2 else [sums]:
            column[:] = _sums.weighted_below(self.parents, column, factors)
        return sums

    @cached_property
    def _children_index(self) -> tuple[Numbers, NDArray[np.int64]]:
        order = _stable_order(self.parents)[len(self.roots) :]
        starts = np.zeros(len(self) + 1, dtype=np.int64)
        np.cumsum(self.n_children, out=starts[1:])
        return order, starts

    def children(self, number: int) -> Numbers:
        """Return the numbers of the children of one response, in order of creation."""
        order, starts = self._children_index
        return order[starts[number] : starts[number + 1]]


def arrays_of(given: AnyForest) -> Arrays:
    """Return the arrays of a forest; asking again for those of one snapshot is free."""
    forest = snapshot_of(given)
    known = _known.get(forest)
    if known is None:
        known = _known[forest] = Arrays(forest.parent_numbers)
    return known


def _as_numbers(parents: Any) -> Numbers:
    if isinstance(parents, range):
        return np.arange(parents.start, parents.stop, parents.step, dtype=np.int32)
    return np.asarray(parents, dtype=np.int32)


def _stable_order(parents: Numbers) -> Numbers:
    """Return the numbers sorted by parent; in two halves, since sorting 16 bits is linear."""
    above = (parents - NO_PARENT).astype(np.uint32)
    order = np.argsort(above.astype(np.uint16), kind="stable")
    if len(above) > 1 << 16:
        order = order[np.argsort((above >> 16).astype(np.uint16)[order], kind="stable")]
    return order.astype(np.int32)
