"""Answers put together by their distances, from the closest on."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._numbers import Floats
from grok_tree.analysis.answers._ngrams import Whole
from grok_tree.errors import InvalidOperationError

Linkage = Literal["average", "single", "complete"]
"""How far two clusters are: the mean, the least, or the largest distance of their members."""


def linked(distances: Floats, *, threshold: float, linkage: Linkage = "average") -> Whole:
    """Return the cluster of each answer, numbered by their first members.

    Clusters are merged while the closest two are no further apart than the threshold; which these
    are is found along chains of nearest neighbours (Benzécri 1982), in steps that grow with n².

    Args:
        distances: n x n, symmetric.
        threshold: In the unit of the distances, 0 or more.
        linkage: How far two clusters are.

    Raises:
        InvalidOperationError: There is no such linkage, or the threshold is below 0.
    """
    check_linkage(threshold, linkage)
    parents = np.arange(len(distances))
    for first, second, height in _merges(distances, linkage):
        if height <= threshold:
            parents[_top(parents, second)] = _top(parents, first)
    tops = [_top(parents, at) for at in range(len(parents))]
    known: dict[int, int] = {}
    return np.array([known.setdefault(top, len(known)) for top in tops], dtype=np.int64)


def check_linkage(threshold: float, linkage: Linkage) -> None:
    """Refuse what is no way to put answers together."""
    if linkage not in ("average", "single", "complete"):
        raise InvalidOperationError(f"a linkage {linkage!r}: average, single or complete")
    if not threshold >= 0:
        raise InvalidOperationError(f"a threshold of {threshold}: it must be 0 or more")


def _merges(distances: Floats, linkage: Linkage) -> list[tuple[int, int, float]]:
    """Return which clusters are merged at which height, each named by one of its members."""
    n = len(distances)
    away = np.array(distances, dtype=np.float64)
    np.fill_diagonal(away, np.inf)
    sizes = np.ones(n)
    alive = np.ones(n, dtype=bool)
    chain: list[int] = []
    merges = []
    for _ in range(n - 1):
        first, second = _mutual(away, alive, chain)
        height = float(away[first, second])
        merges.append((first, second, height))
        merged = _merged(away[first], away[second], (sizes[first], sizes[second]), linkage)
        alive[second] = False
        merged[~alive] = np.inf
        merged[first] = np.inf
        away[first], away[:, first] = merged, merged
        away[second], away[:, second] = np.inf, np.inf
        sizes[first] += sizes[second]
    return merges


def _mutual(away: Floats, alive: NDArray[np.bool_], chain: list[int]) -> tuple[int, int]:
    """Return two clusters of which each is the nearest of the other; takes them off the chain."""
    if not chain:
        chain.append(int(np.argmax(alive)))
    while True:
        last = chain[-1]
        row = away[last]
        near = int(np.argmin(row))
        if len(chain) > 1 and row[chain[-2]] <= row[near]:
            first, second = chain.pop(), chain.pop()
            return (first, second) if first < second else (second, first)
        chain.append(near)


def _merged(first: Floats, second: Floats, sizes: tuple[float, float], linkage: Linkage) -> Floats:
    if linkage == "single":
        return np.minimum(first, second)
    if linkage == "complete":
        return np.maximum(first, second)
    return np.asarray((sizes[0] * first + sizes[1] * second) / sum(sizes))


def _top(parents: Whole, at: int) -> int:
    while parents[at] != at:
        parents[at] = parents[parents[at]]
        at = int(parents[at])
    return at
