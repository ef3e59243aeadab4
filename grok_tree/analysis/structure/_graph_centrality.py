"""Which forks carry the most."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from grok_tree.analysis._arrays import Arrays, arrays_of
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import AnyForest, snapshot_of
from grok_tree.analysis._numbers import Floats
from grok_tree.analysis._results import Records, Tabular
from grok_tree.forest import NO_PARENT, ResponseId, counted


@dataclass(frozen=True)
class CentralFork:
    """A fork, and how much hangs on it.

    Attributes:
        response_id: The fork.
        depth: Responses on its path; a root has depth 1.
        n_children: How many ways go on from here, 2 or more.
        n_responses: Responses below it.
        n_tips: Tips below it.
        betweenness: Share of pairs of other responses that it stands between, 0 to 1.
        flow: Share of ordered pairs of which it stands on the way down, 0 to 1.
        parted: Share of the pairs of tips of the forest whose paths part here, 0 to 1; not a number
            when there is one tip.
    """

    response_id: ResponseId
    depth: int
    n_children: int
    n_responses: int
    n_tips: int
    betweenness: float
    flow: float
    parted: float


@dataclass(frozen=True, repr=False)
class ForkCentrality(Tabular):
    """The forks of a forest, the most central first.

    Attributes:
        forks: All of them, by betweenness; equal ones in order of creation.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "response_id": "text",
        "depth": "int",
        "n_children": "int",
        "n_responses": "int",
        "n_tips": "int",
        "betweenness": "float",
        "flow": "float",
        "parted": "float",
    }

    forks: tuple[CentralFork, ...]

    def __str__(self) -> str:
        if not self.forks:
            return "no forks"
        first = self.forks[0]
        share = f"between {first.betweenness:.1%} of all pairs"
        return f"{counted(len(self.forks), 'fork')}, the most central: {first.response_id}, {share}"

    def to_records(self) -> Records:
        """Return a row for each fork."""
        return [asdict(fork) for fork in self.forks]


def fork_centrality(forest: AnyForest) -> ForkCentrality:
    """Return the forks by how much hangs on them.

    Paths in a tree are unique, so betweenness (Freeman 1977) needs no search. For a fork v of depth
    d, with s responses at or below it in a tree of N, children with s_1, s_2, ... at or below them,
    in a forest of n responses:

    - ``betweenness`` = ((N - 1)² - Σ s_i² - (N - s)²) / ((n - 1)(n - 2)), what
      ``nx.betweenness_centrality`` gives for the graph without directions;
    - ``flow`` = (d - 1)(s - 1) / ((n - 1)(n - 2)), what it gives for the graph as it is: a root has
      nothing above it, so its flow is 0;
    - ``parted`` = (t² - Σ t_i²) / (T² - T) with t tips below it, t_i below its children, and T in
      all. Over all forks it adds up to 1, less the pairs with different roots.

    Time is O(n log n) and memory O(n).

    Args:
        forest: Whose.
    """
    taken = snapshot_of(forest)
    arrays = arrays_of(taken)
    betweenness, flow = _betweenness(arrays)
    parted = _parted(arrays)
    order = np.argsort(-betweenness[arrays.forks], kind="stable")
    forks = arrays.forks[order]
    ids = taken.responses.ids
    columns = (arrays.depths, arrays.n_children, arrays.sizes - 1, arrays.n_tips_below)
    figures = (*columns, betweenness, flow, parted)
    rows = zip(forks.tolist(), *(figure[forks].tolist() for figure in figures), strict=True)
    return ForkCentrality(tuple(CentralFork(ids[number], *row) for number, *row in rows))


def _betweenness(arrays: Arrays) -> tuple[Floats, Floats]:
    """Return the share of pairs that each response stands between, and of ordered ones."""
    sizes = arrays.sizes.astype(np.float64)
    whole = sizes[arrays.roots][arrays.tree_of]
    pairs = (whole - 1) ** 2 - _squares_of_children(arrays, sizes) - (whole - sizes) ** 2
    n_pairs = max(1.0, (len(arrays) - 1.0) * (len(arrays) - 2.0))
    return pairs / n_pairs, (arrays.depths - 1.0) * (sizes - 1) / n_pairs


def _parted(arrays: Arrays) -> Floats:
    tips = arrays.n_tips_below.astype(np.float64)
    total = len(arrays.tips)
    n_pairs = total * (total - 1.0) if total > 1 else math.nan
    parted: Floats = tips**2 - _squares_of_children(arrays, tips)
    return parted / n_pairs


def _squares_of_children(arrays: Arrays, values: Floats) -> Floats:
    """Return, for each response, the sum of its children's squared values."""
    below = np.flatnonzero(arrays.parents != NO_PARENT)
    squares = values[below] ** 2
    return np.bincount(arrays.parents[below], squares, len(arrays)).astype(np.float64)
