"""How long answers are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._results import Shown
from grok_tree.analysis.answers._intervals import Asked, mean_of, studentised


@dataclass(frozen=True, repr=False)
class Lengths(Shown):
    """Lengths of a group's answers.

    Attributes:
        mean: With an interval about the model: bootstrap-t.
        sd: The standard deviation, of n - 1; not a number for fewer than two.
        shortest: The least; not a number of none, as the following.
        median: The middle one.
        longest: The most.
    """

    mean: Estimate
    sd: float
    shortest: float
    median: float
    longest: float

    def __str__(self) -> str:
        return f"{self.mean} ({self.shortest:g} to {self.longest:g})"


def lengths_of(lengths: Sequence[int], asked: Asked) -> Lengths:
    """Return what there is to say of some lengths."""
    values = np.array(lengths, dtype=np.float64)
    mean = studentised(mean_of(values), asked)
    if not len(values):
        return Lengths(mean, math.nan, math.nan, math.nan, math.nan)
    sd = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    return Lengths(mean, sd, float(values.min()), float(np.median(values)), float(values.max()))
