"""How likely the answers were to the model that gave them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._likelihoods import log_likelihood, perplexity
from grok_tree.analysis._numbers import Floats
from grok_tree.analysis._results import Shown
from grok_tree.analysis.answers._intervals import Asked, Sampled, mean_of, studentised
from grok_tree.forest import TokenLogprob, counted

Tokens = Sequence[TokenLogprob]


@dataclass(frozen=True, repr=False)
class LogprobSummary(Shown):
    """How likely the answers are of which log-probabilities were recorded.

    A log-probability of a rounding above 0 is taken as 0. Where one is minus infinity, so are the
    means, and the intervals are unbounded.

    Attributes:
        n: How many answers that are.
        total: The mean over answers of Σ log p over an answer's tokens, in nats, 0 or less.
        per_token: The mean over answers of an answer's mean log p, in nats, 0 or less.
        perplexity: exp(-Σ log p / Σ tokens) over all tokens of all answers, 1 or more (Jelinek et
            al. 1977). The interval is that of the mean surprisal, on the scale of logarithms.
    """

    n: int
    total: Estimate
    per_token: Estimate
    perplexity: Estimate

    def __str__(self) -> str:
        return f"perplexity {self.perplexity} of {counted(self.n, 'answer')}"


def sums_of(tokens: Sequence[Tokens]) -> tuple[Floats, Floats]:
    """Return Σ log p and the number of tokens of each answer.

    Raises:
        InvalidOperationError: A log-probability is not a number.
    """
    sums = [log_likelihood(one) for one in tokens]
    return np.array(sums, dtype=float), np.array([len(one) for one in tokens], dtype=float)


def summary_of(tokens: Sequence[Tokens], asked: Asked) -> LogprobSummary | None:
    """Return the summary of the answers that have tokens; None if none has."""
    some = [one for one in tokens if one]
    if not some:
        return None
    sums, counts = sums_of(some)
    return LogprobSummary(
        n=len(some),
        total=studentised(mean_of(sums), asked),
        per_token=studentised(mean_of(sums / counts), asked),
        perplexity=_perplexity(sums, counts, asked),
    )


def _perplexity(sums: Floats, counts: Floats, asked: Asked) -> Estimate:
    """Return it with an interval that is made on the scale of logarithms."""
    mean, without = float(-sums.sum() / counts.sum()), np.full(len(sums), math.nan)
    left = counts.sum() - counts
    if math.isfinite(mean) and left.all():
        without = (sums - sums.sum()) / left
    surprise = Sampled(mean, without)
    found = studentised(surprise, asked)
    value, low, high = (perplexity(max(0.0, one)) for one in (found.value, found.low, found.high))
    return Estimate(value, low, high, asked.level, found.method, found.n)
