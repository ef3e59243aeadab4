"""Forests grown from processes of which the truth is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grok_tree.analysis.labels._outcomes import Outcomes, outcomes
from grok_tree.testing import forest_from_parents

Sizes = Callable[[np.random.Generator, Any], Any]
"""From the rates of branches to how many tips each has."""


@dataclass(frozen=True)
class Grown:
    """Independent trees side by side in one forest: their truths, and what was found."""

    truths: Any
    found: Outcomes

    def coverage_of_shares(self) -> float:
        at = [self.found.at(root).shares[True] for root in self.found.forest.roots]
        return float(np.mean([truth in one for truth, one in zip(self.truths, at, strict=True)]))

    def coverage_of_means(self) -> float:
        at = [self.found.at(root).mean for root in self.found.forest.roots]
        pairs = zip(self.truths, at, strict=True)
        return float(np.mean([one is not None and truth in one for truth, one in pairs]))

    def coverage_of_gains(self, *, n_draws: int) -> float:
        ranking = self.found.deciding_forks(n_permutations=n_draws).forks
        gains = {fork.response_id: fork.gain for fork in ranking}
        at = [gains[root.response_id] for root in self.found.forest.roots]
        return float(np.mean([truth in one for truth, one in zip(self.truths, at, strict=True)]))

    def share_of_small_p(self, *, n_draws: int) -> float:
        ranking = self.found.deciding_forks(n_permutations=n_draws).forks
        p_values = {fork.response_id: fork.p_value for fork in ranking}
        at = [p_values[root.response_id] for root in self.found.forest.roots]
        return float(np.mean([p <= 0.05 for p in at]))


@dataclass
class _Growing:
    parents: list[int]
    ends: list[Any]

    def add(self, parent: int, end: Any = None) -> int:
        self.parents.append(parent)
        self.ends.append(end)
        return len(self.parents) - 1

    def grown(self, truths: Any, options: Any) -> Grown:
        forest = forest_from_parents(self.parents)
        label = lambda response: self.ends[response.position]  # noqa: E731 - of these ends
        return Grown(truths, outcomes(forest, label, **options))


def flat(random: np.random.Generator, n_trees: int, n_tips: int, **options: Any) -> Grown:
    """Every root has tips that end True at a rate of its own."""
    truths = random.random(n_trees)
    growing = _Growing([], [])
    for truth in truths:
        root = growing.add(-1)
        for end in (random.random(n_tips) < truth).tolist():
            growing.add(root, end)
    return growing.grown(truths, options)


def nested(
    random: np.random.Generator,
    n_trees: int,
    n_branches: int,
    sizes: Sizes,
    *,
    clustering: float,
    **options: Any,
) -> Grown:
    """Every root has branches whose rates vary around its own (beta), and these have tips.

    `clustering` is the correlation of two tips below one branch.
    """
    truths = random.random(n_trees)
    alike = (1 - clustering) / clustering
    growing = _Growing([], [])
    for truth in truths:
        root = growing.add(-1)
        rates = random.beta(max(truth * alike, 1e-9), max((1 - truth) * alike, 1e-9), n_branches)
        for rate, size in zip(rates, sizes(random, rates), strict=True):
            branch = growing.add(root)
            for end in (random.random(size) < rate).tolist():
                growing.add(branch, end)
    return growing.grown(truths, options)


def decided(
    random: np.random.Generator,
    n_trees: int,
    n_branches: int,
    n_tips: int,
    *,
    spread: float = 1.0,
    **options: Any,
) -> Grown:
    """Every root has branches with random rates; the truth is what they say of the outcome.

    `spread` is how far apart the rates may be, around a half; with 0 branches say nothing.
    """
    rates = 0.5 + spread * (random.random((n_trees, n_branches)) - 0.5)
    growing = _Growing([], [])
    for row in rates:
        root = growing.add(-1)
        for rate in row:
            branch = growing.add(root)
            for end in (random.random(n_tips) < rate).tolist():
                growing.add(branch, end)
    truths = _entropy(rates.mean(axis=1)) - _entropy(rates).mean(axis=1)
    return growing.grown(truths, options)


def _entropy(rates: Any) -> Any:
    return -(rates * np.log2(rates) + (1 - rates) * np.log2(1 - rates))


def exchangeable(
    random: np.random.Generator,
    n_trees: int,
    children: Sequence[tuple[int, int]],
    kinds: Sequence[float] | None = (1, 1),
    *,
    clustering: float = 0,
    shift: float = 0,
    **options: Any,
) -> Grown:
    """Every root has children that say nothing, with so many branches of so many tips each.

    Every root has shares of its own, drawn from the Dirichlet distribution of `kinds`; None makes
    quantities. `clustering` is as in `nested`. With a `shift` the last child has a share of the
    first kind, or a mean, that is so much larger.
    """
    growing = _Growing([], [])
    for _ in range(n_trees):
        root = growing.add(-1)
        shares = None if kinds is None else random.dirichlet(kinds)
        for place, (n_branches, n_tips) in enumerate(children):
            child = growing.add(root)
            moved = shift * place / (len(children) - 1)
            for _ in range(n_branches):
                ends = _ends(random, shares, n_tips, clustering, moved)
                branch = child if n_tips == 1 else growing.add(child)
                for end in ends:
                    growing.add(branch, end)
    return growing.grown(np.zeros(n_trees), options)


def _ends(
    random: np.random.Generator, shares: Any, n_tips: int, clustering: float, moved: float
) -> list[Any]:
    if shares is None:
        middle = moved + clustering**0.5 * random.normal()
        return list(random.normal(middle, (1 - clustering) ** 0.5, n_tips).tolist())
    first = np.zeros(len(shares))
    first[0] = 1
    shares = (1 - moved) * shares + moved * first
    if clustering:
        shares = random.dirichlet(np.maximum(shares * (1 - clustering) / clustering, 1e-9))
    return [f"kind {kind}" for kind in random.choice(len(shares), n_tips, p=shares)]


def measured(
    random: np.random.Generator, n_trees: int, n_branches: int, n_tips: int, **options: Any
) -> Grown:
    """Like `nested`, with quantities: the branches' means vary as much as tips around them."""
    truths = random.normal(size=n_trees) * 10
    growing = _Growing([], [])
    for truth in truths:
        root = growing.add(-1)
        for mean in random.normal(truth, 1, n_branches):
            branch = growing.add(root)
            for end in random.normal(mean, 1, n_tips).tolist():
                growing.add(branch, end)
    return growing.grown(truths, options)
