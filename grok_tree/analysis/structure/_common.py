"""The last common responses of many pairs at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._arrays import Arrays
from grok_tree.analysis._numbers import Numbers
from grok_tree.forest import NO_PARENT


def common_numbers(arrays: Arrays, first: Numbers, second: Numbers) -> Numbers:
    """Return the last common response of each pair, `NO_PARENT` where the roots differ.

    By binary lifting: the deeper one of a pair climbs to the depth of the other, then both climb
    in the largest steps that do not bring them together. Needs an array of all responses for each
    binary digit of the largest depth, which are gone afterwards.
    """
    lifts = _lifts(arrays)
    depths = arrays.depths
    deeper = depths[first] >= depths[second]
    low, high = np.where(deeper, first, second), np.where(deeper, second, first)
    further = depths[low] - depths[high]
    for digit, lift in enumerate(lifts):
        low = np.where(further >> digit & 1, lift[low], low)
    for lift in reversed(lifts):
        apart = lift[low] != lift[high]
        low, high = np.where(apart, lift[low], low), np.where(apart, lift[high], high)
    return np.where(low == high, low, arrays.parents[low])


def _lifts(arrays: Arrays) -> list[Numbers]:
    """Return for each k who is 2^k steps above, as far as anybody has somebody there."""
    # A place more, so that nobody is above NO_PARENT either.
    lift = np.append(arrays.parents, np.int32(NO_PARENT))
    lifts = []
    for _ in range(int(arrays.depths.max(initial=0)).bit_length()):
        lifts.append(lift)
        lift = lift[lift]
    return lifts


def common_matrix(arrays: Arrays, numbers: Numbers) -> NDArray[np.int32]:
    """Return the last common response of each of some responses and each other.

    Where responses stand in preorder, that of two of them is the first created of those of the
    neighbours between them, so a matrix of n rows takes n - 1 pairs and n running minima.
    """
    n = len(numbers)
    order = np.argsort(arrays.preorder[numbers], kind="stable")
    sorted_numbers = numbers[order]
    between = common_numbers(arrays, sorted_numbers[:-1], sorted_numbers[1:])
    found = np.empty((n, n), dtype=np.int32)
    for row in range(n):
        found[order[row], order[row]] = sorted_numbers[row]
        others = order[row + 1 :]
        found[order[row], others] = found[others, order[row]] = np.minimum.accumulate(between[row:])
    return found
