"""What two conditions look like side by side."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._results import Records, Shown, Tabular
from grok_tree.analysis.labels._adjusted import Correction
from grok_tree.analysis.labels._labels import Outcome


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """One outcome in two conditions.

    Attributes:
        first: Name of the first condition.
        second: Name of the second.
        outcome: Which outcome; None: the mean of quantities.
        before: Its share, 0 to 1, or the mean, in the first condition.
        after: The same in the second.
        difference: Second less first: of shares, -1 to 1 (Newcombe 1998), of means, in the unit of
            quantities (Welch 1947).
        effect_sizes: Of shares ``odds_ratio``, the odds of the second over those of the first, 0 to
            infinity, with a half added to each count (Haldane 1956, Anscombe 1956; Woolf 1955), and
            ``cohens_h``, 2 asin sqrt(p2) - 2 asin sqrt(p1), -pi to pi (Cohen 1988); of quantities
            ``hedges_g``, the difference in pooled standard deviations less the bias of few (Hedges
            1981), not a number where nothing varies.
        cliffs_delta: Of quantities, how often one of the second is more than one of the first, less
            how often less, over all pairs, -1 to 1 (Cliff 1993); None for kinds.
        p_value: Of the permutation test, two-sided, 0 to 1.
        p_adjusted: Allowing for all comparisons made together.
        exact: Whether all permutations were looked at.
        n_permutations: At how many of them.
        exchanged: What the permutations exchange.
        n_units: How many of those there are in each condition.
        n_blocks: Within how many blocks.
        n_left_out: Outcomes that hang where the other condition is missing, or that weigh nothing.
    """

    first: Hashable
    second: Hashable
    outcome: Outcome | None
    before: Estimate
    after: Estimate
    difference: Estimate
    effect_sizes: dict[str, Estimate]
    cliffs_delta: float | None
    p_value: float
    p_adjusted: float
    exact: bool
    n_permutations: int
    exchanged: str
    n_units: tuple[int, int]
    n_blocks: int
    n_left_out: int

    def __str__(self) -> str:
        what = "mean" if self.outcome is None else f"share of {self.outcome}"
        adjusted = "" if self.p_adjusted == self.p_value else f" (adjusted {self.p_adjusted:.3g})"
        return (
            f"{what}: {self.before} in {self.first}, {self.after} in {self.second}, difference"
            f" {self.difference}, p = {self.p_value:.3g}{adjusted}"
        )


@dataclass(frozen=True, repr=False)
class Comparisons(Tabular):
    """Comparisons that were made together.

    Attributes:
        comparisons: Pair by pair of conditions, outcome by outcome.
        weights: How branches were weighted.
        correction: How p-values were adjusted.
        seed: Of the permutations.
    """

    comparisons: tuple[Comparison, ...]
    weights: str
    correction: Correction
    seed: int

    def __str__(self) -> str:
        return "\n".join(str(one) for one in self.comparisons)

    def __getitem__(self, place: int) -> Comparison:
        return self.comparisons[place]

    def __len__(self) -> int:
        return len(self.comparisons)

    def to_records(self) -> Records:
        """Return a row for each comparison."""
        return [self._row(one) for one in self.comparisons]

    def _row(self, one: Comparison) -> dict[str, Any]:
        row: dict[str, Any] = {
            "first": str(one.first),
            "second": str(one.second),
            "outcome": one.outcome,
            "before": one.before.value,
            "after": one.after.value,
            "difference": one.difference.value,
            "low": one.difference.low,
            "high": one.difference.high,
        }
        for name, size in one.effect_sizes.items():
            row |= {name: size.value, f"{name}_low": size.low, f"{name}_high": size.high}
        if one.cliffs_delta is not None:
            row["cliffs_delta"] = one.cliffs_delta
        return row | {
            "p_value": one.p_value,
            "p_adjusted": one.p_adjusted,
            "exact": one.exact,
            "n_permutations": one.n_permutations,
            "exchanged": one.exchanged,
            "n_units_first": one.n_units[0],
            "n_units_second": one.n_units[1],
            "n_blocks": one.n_blocks,
            "n_left_out": one.n_left_out,
            "weights": self.weights,
        }
