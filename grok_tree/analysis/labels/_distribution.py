"""How what is below one response ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._results import Records, Tabular
from grok_tree.analysis.labels._html import distribution_html
from grok_tree.analysis.labels._labels import Outcome


@dataclass(frozen=True, repr=False)
class Distribution(Tabular):
    """How what is below one response ended.

    Attributes:
        response_id: Which response; None for the whole forest, above its roots.
        shares: Outcome to its share, 0 to 1; empty for quantities.
        mean: Of quantities, in their unit; None for kinds.
        n: How many outcomes stand at it or below it.
        n_effective: How many independent ones they are worth, by weights and by how alike branches
            are within: 0 to n, see `outcomes`.
        n_branches: How many of its children have outcomes below them.
        weights: How branches were weighted.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "response_id": "text",
        "outcome": "any",
        "value": "float",
        "low": "float",
        "high": "float",
        "level": "float",
        "method": "text",
        "n": "int",
        "n_effective": "float",
        "n_branches": "int",
        "weights": "text",
    }

    response_id: str | None
    shares: Mapping[Outcome, Estimate]
    mean: Estimate | None
    n: int
    n_effective: float
    n_branches: int
    weights: str

    def __str__(self) -> str:
        figures = [f"{outcome} {share}" for outcome, share in self.shares.items()]
        if self.mean is not None:
            figures = [f"mean {self.mean}"]
        return f"{', '.join(figures) or 'no outcomes'} (n = {self.n})"

    def _repr_html_(self) -> str:
        return distribution_html(self)

    def to_records(self) -> Records:
        """Return a row for each outcome, or one for the mean."""
        figures: list[tuple[Outcome, Estimate]] = list(self.shares.items())
        if self.mean is not None:
            figures = [("mean", self.mean)]
        return [self._row(outcome, figure) for outcome, figure in figures]

    def _row(self, outcome: Outcome, figure: Estimate) -> dict[str, Any]:
        return {
            "response_id": self.response_id,
            "outcome": outcome,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "level": figure.level,
            "method": figure.method,
            "n": self.n,
            "n_effective": self.n_effective,
            "n_branches": self.n_branches,
            "weights": self.weights,
        }
