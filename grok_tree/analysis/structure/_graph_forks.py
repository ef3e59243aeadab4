"""Which forks everything passes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._arrays import Arrays, arrays_of
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import AnyForest, OneResponse, id_of, snapshot_of
from grok_tree.analysis._numbers import Numbers
from grok_tree.analysis._results import Records, Tabular
from grok_tree.forest import NO_PARENT, Forest, Response, ResponseId, counted

Targets = Iterable[OneResponse] | Callable[[Response], bool]
"""Responses, or a question that every tip is asked."""


@dataclass(frozen=True)
class CriticalFork:
    """A fork, and how many of the targets are reached through it.

    Attributes:
        response_id: The fork.
        depth: Responses on its path; a root has depth 1.
        n_children: How many ways go on from here, 2 or more.
        n_tips: Tips below it.
        n_targets: Targets below it, itself included.
        share: Of all targets, 0 to 1; not a number when there is no target.
        common: Every target is reached through it: it dominates them.
        child_id: The child that every target below takes; None where targets part or one ends.
    """

    response_id: ResponseId
    depth: int
    n_children: int
    n_tips: int
    n_targets: int
    share: float
    common: bool
    child_id: ResponseId | None


@dataclass(frozen=True, repr=False)
class CriticalForks(Tabular):
    """The forks of a forest, those with the largest share of the targets first, then the deepest.

    Attributes:
        forks: All of them.
        n_targets: How many targets there are.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "response_id": "text",
        "depth": "int",
        "n_children": "int",
        "n_tips": "int",
        "n_targets": "int",
        "share": "float",
        "common": "bool",
        "child_id": "text",
    }

    forks: tuple[CriticalFork, ...]
    n_targets: int

    @property
    def common(self) -> tuple[CriticalFork, ...]:
        """The forks that every target is reached through, from the root down."""
        return tuple(reversed([fork for fork in self.forks if fork.common]))

    @property
    def deepest(self) -> CriticalFork | None:
        """The deepest of these; None when the targets have no fork in common."""
        return self.forks[0] if self.forks and self.forks[0].common else None

    def __str__(self) -> str:
        where = "none" if self.deepest is None else str(self.deepest.response_id)
        found = f"{counted(len(self.forks), 'fork')}, {counted(self.n_targets, 'target')}"
        return f"{found}, {counted(len(self.common), 'fork')} in common, the deepest: {where}"

    def to_records(self) -> Records:
        """Return a row for each fork."""
        return [asdict(fork) for fork in self.forks]


def critical_forks(forest: AnyForest, targets: Targets | None = None) -> CriticalForks:
    """Return the forks, with the share of some targets that is reached through each.

    A fork that all targets are reached through is a dominator of each in the sense of Lengauer and
    Tarjan (1979): without it none would exist. In a forest the dominators of a response are its
    ancestors and itself, so those of several are what their paths share, with the deepest first
    where they part; responses below different roots have none. With t(v) targets at or below v of T
    in all, share = t(v) / T. Time is O(n log n), memory O(n).

    Args:
        forest: Whose.
        targets: Responses, such as the starred ones, or a function of a tip; each counts once. None
            means every tip.

    Raises:
        ResponseNotFound: A target is not in the forest.
    """
    taken = snapshot_of(forest)
    arrays = arrays_of(taken)
    is_target = _marked(taken, arrays, targets)
    reached = arrays.summed_below(is_target).astype(np.int64)
    total = int(is_target.sum())
    forks = arrays.forks
    order = np.lexsort((forks, -arrays.depths[forks], -reached[forks]))
    return CriticalForks(tuple(_critical(taken, forks[order], reached, total)), total)


def _marked(taken: Forest, arrays: Arrays, targets: Targets | None) -> NDArray[np.bool_]:
    marked = np.zeros(len(arrays), dtype=np.bool_)
    if targets is None:
        marked[arrays.tips] = True
    elif callable(targets):
        marked[arrays.tips] = [bool(targets(tip)) for tip in taken.tips]
    else:
        marked[[taken.number(id_of(one)) for one in targets]] = True
    return marked


def _critical(
    taken: Forest, forks: Numbers, reached: NDArray[np.int64], total: int
) -> Iterable[CriticalFork]:
    arrays = arrays_of(taken)
    heirs = _sole_heirs(arrays, reached)[forks].tolist()
    ids = taken.responses.ids
    columns = (arrays.depths, arrays.n_children, arrays.n_tips_below, reached)
    rows = zip(forks.tolist(), heirs, *(column[forks].tolist() for column in columns), strict=True)
    for number, heir, depth, n_children, n_tips, n_targets in rows:
        yield CriticalFork(
            response_id=ids[number],
            depth=depth,
            n_children=n_children,
            n_tips=n_tips,
            n_targets=n_targets,
            share=n_targets / total if total else math.nan,
            common=0 < total == n_targets,
            child_id=None if heir == NO_PARENT else ids[heir],
        )


def _sole_heirs(arrays: Arrays, reached: NDArray[np.int64]) -> Numbers:
    """Return, for each response, the child with all the targets at or below it, or `NO_PARENT`."""
    heirs = np.full(len(arrays), NO_PARENT, dtype=np.int32)
    below = np.flatnonzero(arrays.parents != NO_PARENT).astype(np.int32)
    above = arrays.parents[below]
    sole = (reached[below] == reached[above]) & (reached[below] > 0)
    heirs[above[sole]] = below[sole]
    return heirs
