"""What changed in one place of two forests, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._results import Shown
from grok_tree.forest import ResponseId, on_one_line


@dataclass(frozen=True, repr=False)
class OutcomeChange(Shown):
    """How much oftener an outcome is, or how much larger.

    Attributes:
        outcome: Which; ``mean`` where outcomes are quantities.
        before: Its share before, with the interval of Wilson; the mean with Student's.
        after: The same, after.
        difference: The figure after less that before, with the interval of Newcombe, or Welch's.
    """

    outcome: Any
    before: Estimate
    after: Estimate
    difference: Estimate

    def __str__(self) -> str:
        return (
            f"{self.outcome} {self.before.value:.3g} -> {self.after.value:.3g} ({self.difference})"
        )


@dataclass(frozen=True, repr=False)
class DriftPlace(Shown):
    """One place that both forests have samples of.

    Attributes:
        prompt: What was said there; empty for the place above all roots.
        depth: Responses on the way to it.
        before_ids: The responses of the first forest that say it; samples stand below them.
        after_ids: Of the second.
        n_before: Samples in the first forest.
        n_after: In the second.
        outcomes: The changes of the shares, of every outcome that was seen there.
        total_variation: Half the sum of the differences of the shares of outcomes, 0 to 1; of the
            exact texts where there is no label. None where a side has no outcome, and for
            quantities.
        p_value: Of Fisher's exact test where there are two outcomes, of a permutation test where
            there are more, and of Welch's for quantities; None where a side has too few.
        p_adjusted: The same, for all places at once (`Drift.correction`).
        same_text: The probability that one sample of each side say exactly the same, 0 to 1.
        n_paired: Samples that both sides asked for with the same settings and seed.
        n_paired_same: How many of these pairs say exactly the same.
        is_fixed: Whether each side says one text alone, and may be expected to: temperature 0, or
            several samples that agree.
        length_before: Mean number of characters of a sample, before.
        length_after: The same, after.
        cost_before: Mean cost of a sample in US dollars, None where no cost is known.
        cost_after: The same, after.
    """

    prompt: str
    depth: int
    before_ids: tuple[ResponseId, ...]
    after_ids: tuple[ResponseId, ...]
    n_before: int
    n_after: int
    outcomes: tuple[OutcomeChange, ...]
    total_variation: float | None
    p_value: float | None
    same_text: float
    n_paired: int
    n_paired_same: int
    is_fixed: bool
    length_before: float
    length_after: float
    cost_before: float | None
    cost_after: float | None
    p_adjusted: float | None = None

    def __str__(self) -> str:
        told = "; ".join(map(str, self.outcomes)) or f"same text {self.same_text:.3g}"
        p = (
            ""
            if self.p_value is None
            else f"p {self.p_value:.2g} (adjusted {self.p_adjusted or 0:.2g}) "
        )
        return f"{p}{on_one_line(self.prompt, 40)!r}: {told}"
