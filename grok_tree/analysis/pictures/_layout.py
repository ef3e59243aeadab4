"""Where the responses of a forest stand in a picture that grows from left to right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._arrays import Arrays
from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.forest import NO_PARENT

Mask = NDArray[np.bool_]

MOST_CHILDREN = 300
"""Children of one fork that are drawn; of wider ones every so-manieth is."""

MOST_TIPS = 2_000
"""Tips that are drawn; of more, every so-manieth is, with its path."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Responses in the order of their numbers, and where each stands.

    Tips are one apart, a parent stands in the middle of its children, and depth goes to the right.

    Attributes:
        numbers: Of the responses that are drawn.
        parents: The place of each one's parent among them, `NO_PARENT` for a root.
        x: Depths; 1 for a root.
        y: Rows, from 0.
        cut: Number of a fork that was thinned to how many of its children are drawn; `NO_PARENT`
            stands for the roots.
        n_tips: How many tips are drawn.
    """

    numbers: Numbers
    parents: Numbers
    x: Floats
    y: Floats
    cut: Mapping[int, int]
    n_tips: int

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def n_children(self) -> Numbers:
        """How many children of each are drawn."""
        below = self.parents[self.parents != NO_PARENT]
        return np.bincount(below, minlength=len(self)).astype(np.int32)


def laid_out(
    arrays: Arrays,
    path: Iterable[int] = (),
    *,
    most_children: int = MOST_CHILDREN,
    most_tips: int = MOST_TIPS,
) -> Layout:
    """Return where to draw a forest, in a number of steps that grows with its size alone.

    Args:
        arrays: Its shape.
        path: Numbers of responses that are drawn in any case, with all above them.
        most_children: Of one fork.
        most_tips: In all.
    """
    always = list(path)
    kept, cut = _without_wide_forks(arrays, always, most_children)
    order = _order(arrays.parents, kept)
    tips = _tips(arrays.parents, kept, order)
    if len(tips) > most_tips:
        kept = _paths(arrays.parents, [*_spread(tips, most_tips), *always])
        tips = _tips(arrays.parents, kept, order)
    numbers = np.flatnonzero(kept).astype(np.int32)
    places = np.full(len(arrays) + 1, NO_PARENT, dtype=np.int32)
    places[numbers] = np.arange(len(numbers))
    return Layout(
        numbers=numbers,
        parents=places[arrays.parents[numbers]],
        x=arrays.depths[numbers].astype(np.float64),
        y=_rows(arrays.parents, kept, tips)[numbers],
        cut=cut,
        n_tips=len(tips),
    )


def tree_order(arrays: Arrays) -> Numbers:
    """Return the place of each response when subtrees are read one after the other."""
    return _order(arrays.parents, np.ones(len(arrays), dtype=bool))


def _spread(numbers: Numbers, most: int) -> Numbers:
    """Return some of many, evenly, with the first and the last."""
    return numbers[np.linspace(0, len(numbers) - 1, most).round().astype(np.int64)]


def _without_wide_forks(
    arrays: Arrays, always: list[int], most: int
) -> tuple[Mask, dict[int, int]]:
    kept = np.ones(len(arrays), dtype=bool)
    wide = [int(fork) for fork in arrays.forks if arrays.n_children[fork] > most]
    groups = {fork: arrays.children(fork) for fork in wide}
    if len(arrays.roots) > most:
        groups[NO_PARENT] = arrays.roots
    cut = {}
    for fork, children in groups.items():
        kept[children] = False
        kept[_spread(children, most)] = True
        kept[np.intersect1d(children, np.array(always, dtype=np.int32))] = True
        cut[fork] = int(kept[children].sum())
    if cut:
        _keep_only_below_kept(arrays.parents, kept)
    return kept, {fork: n for fork, n in cut.items() if fork == NO_PARENT or kept[fork]}


def _keep_only_below_kept(parents: Numbers, kept: Mask) -> None:
    flags = kept.tolist()
    for number, parent in enumerate(parents.tolist()):
        if parent != NO_PARENT and not flags[parent]:
            flags[number] = False
    kept[:] = flags


def _order(parents: Numbers, kept: Mask) -> Numbers:
    """Return the place of each response when subtrees are read one after the other."""
    above, flags = parents.tolist(), kept.tolist()
    n = len(above)
    sizes = [int(flag) for flag in flags]
    for number in range(n - 1, -1, -1):
        if flags[number] and above[number] != NO_PARENT:
            sizes[above[number]] += sizes[number]
    order, following = [0] * n, [0] * (n + 1)  # behind the last one: where the next root goes
    for number in range(n):
        if flags[number]:
            parent = above[number] if above[number] != NO_PARENT else n
            order[number] = following[parent]
            following[number] = following[parent] + 1
            following[parent] += sizes[number]
    return np.array(order, dtype=np.int32)


def _tips(parents: Numbers, kept: Mask, order: Numbers) -> Numbers:
    """Return the kept responses without a kept child, from top to bottom."""
    above = parents[kept]
    has_child = np.zeros(len(parents), dtype=bool)
    has_child[above[above != NO_PARENT]] = True
    tips = np.flatnonzero(kept & ~has_child).astype(np.int32)
    return tips[np.argsort(order[tips], kind="stable")]


def _paths(parents: Numbers, numbers: Iterable[int]) -> Mask:
    above = parents.tolist()
    kept = [False] * len(above)
    for number in numbers:
        at = int(number)
        while at != NO_PARENT and not kept[at]:
            kept[at] = True
            at = above[at]
    return np.array(kept, dtype=bool)


def _rows(parents: Numbers, kept: Mask, tips: Numbers) -> Floats:
    above, flags = parents.tolist(), kept.tolist()
    highest, lowest = [float("inf")] * len(above), [float("-inf")] * len(above)
    for row, tip in enumerate(tips.tolist()):
        highest[tip] = lowest[tip] = row
    middles = [0.0] * len(above)
    for number in range(len(above) - 1, -1, -1):
        if flags[number]:
            middles[number] = middle = (highest[number] + lowest[number]) / 2
            parent = above[number]
            if parent != NO_PARENT:
                highest[parent] = min(highest[parent], middle)
                lowest[parent] = max(lowest[parent], middle)
    return np.array(middles)
