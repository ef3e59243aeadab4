"""Sums along a forest without recursion.

A parent's number is smaller than its children's, so sums run over blocks of neighbouring numbers:
all that is outside of a block is finished when its turn comes, and inside of it they run by
doubling: after k rounds every response knows the sum over what is fewer than 2^k steps away in the
block. Where one response after another answers the last, such a run counts as a single step. A bush
takes one round a block, a chain none, and the worst that can be made of n responses n log(block)
steps.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.forest import NO_PARENT

_Number = TypeVar("_Number", np.int32, np.float64)

_BLOCK = 16_384
"""Responses that are summed at a time: their figures fit into the processor's cache."""


class _Block(NamedTuple):
    """Neighbouring numbers, and the runs in them in which each answers the one before.

    Attributes:
        leap: Of each, the parent of the first of its run; without runs, its own parent.
        heads: Of each, the place of the first of its run in the block; None without runs.
        ends: Of each, the place after the last of its run.
    """

    leap: Numbers
    heads: NDArray[np.intp] | None = None
    ends: NDArray[np.intp] | None = None


def _block(parents: Numbers, start: int) -> _Block:
    above = parents[start : start + _BLOCK]
    begins = above != np.arange(start - 1, start - 1 + len(above), dtype=np.int32)
    begins[0] = True
    firsts = np.flatnonzero(begins)
    if 2 * len(firsts) > len(above):
        return _Block(above)
    run = np.cumsum(begins) - 1
    heads = firsts[run]
    return _Block(above[heads], heads, np.append(firsts[1:], len(above))[run])


def summed_above(parents: Numbers, values: NDArray[_Number]) -> NDArray[_Number]:
    """Return sums along paths, of the type of the values."""
    # A place more, which is where NO_PARENT leads: nothing is above a root.
    sums = np.append(values, values.dtype.type(0))
    for start in range(0, len(values), _BLOCK):
        block = _block(parents, start)
        own = sums[start : start + len(block.leap)]
        if block.heads is not None:
            upto = np.append(own.dtype.type(0), np.cumsum(own, dtype=own.dtype))
            own[:] = upto[1:] - upto[block.heads]
        leap = block.leap.copy()
        inside = np.flatnonzero(leap >= start)
        while len(inside):
            at = leap[inside] - start
            own[inside] += own[at]
            leap[inside] = further = leap[at]
            inside = inside[further >= start]
        own += sums[leap]
    return sums[:-1]


def summed_below(parents: Numbers, values: NDArray[_Number]) -> NDArray[_Number]:
    """Return sums over subtrees: the transpose of `summed_above`, step by step in reverse."""
    sums = np.append(values, values.dtype.type(0))
    for start in reversed(range(0, len(values), _BLOCK)):
        block = _block(parents, start)
        own = sums[start : start + len(block.leap)]
        leap = block.leap.copy()
        inside = np.flatnonzero(leap >= start)
        while len(inside):
            at = leap[inside] - start
            np.add.at(own, at, own[inside])
            leap[inside] = further = leap[at]
            inside = inside[further >= start]
        outside = np.flatnonzero(block.leap < start)
        np.add.at(sums, block.leap[outside], own[outside])
        if block.ends is not None:
            after = np.cumsum(own[::-1], dtype=own.dtype)[::-1]
            own[:] = after - np.append(after, own.dtype.type(0))[block.ends]
    return sums[:-1]


def weighted_below(parents: Numbers, values: Floats, shares: Floats) -> Floats:
    """Return sums over subtrees, each step down multiplied by the share of where it leads."""
    sums = np.array(values)
    for start in reversed(range(0, len(values), _BLOCK)):
        own = sums[start : start + _BLOCK]
        above = parents[start : start + _BLOCK]
        leap, factors = above.copy(), shares[start : start + _BLOCK].copy()
        inside = np.flatnonzero(leap >= start)
        while len(inside):
            at = leap[inside] - start
            np.add.at(own, at, own[inside] * factors[inside])
            factors[inside] *= factors[at]
            leap[inside] = further = leap[at]
            inside = inside[further >= start]
        outside = np.flatnonzero((above < start) & (above != NO_PARENT))
        steps = shares[start : start + _BLOCK][outside]
        np.add.at(sums, above[outside], own[outside] * steps)
    return sums
