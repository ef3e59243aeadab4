"""How far apart the ends of a tree are."""

from __future__ import annotations

import numpy as np

from grok_tree.analysis._arrays import Arrays
from grok_tree.analysis._numbers import Numbers


def diameters(arrays: Arrays) -> Numbers:
    """Return of each tree the steps on the longest way between two of its responses.

    One of the deepest responses of a tree is an end of such a way. The other end is the farthest
    from it: their last common response is the last one on the path of the first.
    """
    depths, trees, roots = arrays.depths, arrays.tree_of, arrays.roots
    deepest = _deepest(arrays)
    marked = np.zeros(len(arrays), dtype=bool)
    marked[deepest] = True
    on_path = arrays.counted_below(marked) > 0
    ends = np.concatenate([arrays.tips, roots])
    common = arrays.counted_above(on_path)[ends]
    steps = depths[deepest][trees[ends]] + depths[ends] - 2 * common
    return largest(steps, trees[ends], len(roots))


def _deepest(arrays: Arrays) -> Numbers:
    """Return one of the deepest responses of each tree."""
    tips, trees = arrays.tips, arrays.tree_of[arrays.tips]
    depths = arrays.depths[tips]
    found = tips[depths == largest(depths, trees, len(arrays.roots))[trees]]
    deepest = np.zeros(len(arrays.roots), dtype=np.int32)
    deepest[arrays.tree_of[found]] = found
    return deepest


def largest(values: Numbers, trees: Numbers, n_trees: int) -> Numbers:
    """Return the largest value of each tree, 0 where that is less."""
    largest = np.zeros(n_trees, dtype=np.int32)
    np.maximum.at(largest, trees, values)
    return largest
