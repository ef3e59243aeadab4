"""How many things a group says, and how evenly."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._numbers import Floats
from grok_tree.analysis._student import t_quantile
from grok_tree.analysis.answers._intervals import Asked, Sampled, jackknife, wilson_like
from grok_tree.analysis.answers._ngrams import Whole
from grok_tree.errors import InvalidOperationError

Correction = Literal["miller-madow"]
"""What is added for the clusters that a small sample misses."""


_MUCH_UNSEEN = 0.1
"""Share of clusters of one answer above which a sample does not bound the model's entropy."""


def entropy_estimate(counts: Whole, asked: Asked, *, correction: Correction | None) -> Estimate:
    """Return the entropy of clusters with its interval; see `Siblings.semantic_entropy`."""
    if correction not in (None, "miller-madow"):
        raise InvalidOperationError(f"a correction {correction!r}: None or miller-madow")
    n = int(counts.sum())
    if correction is None:
        return jackknife(entropy(counts), asked, within=(0.0, math.log(max(1, n))))
    if len(counts) < 2:
        return jackknife(entropy(counts), asked, within=(0.0, math.log(n) if n > 1 else math.inf))
    found = jackknife(entropy(counts, corrected=True), asked, within=(0.0, math.inf))
    unseen = int((counts == 1).sum()) / n
    return replace(found, high=math.inf) if unseen > _MUCH_UNSEEN else found


def entropy(counts: Whole, *, corrected: bool = False) -> Sampled:
    """Return log n - Σ c log c / n in nats, and the same without each of the answers.

    Args:
        counts: Answers in each cluster, 1 or more.
        corrected: Add (clusters - 1) / (2 n) (Miller 1955).
    """
    n = int(counts.sum())
    c = counts.astype(float)
    total = float(_xlogx(c).sum())
    value = _entropy(n, np.array([total]), np.array([float(len(c))]), corrected=corrected)[0]
    left = total - _xlogx(c) + _xlogx(c - 1)
    without = _entropy(n - 1, left, len(c) - (c == 1).astype(float), corrected=corrected)
    return Sampled(float(value), np.repeat(without, counts))


def _entropy(n: int, sums: Floats, kinds: Floats, *, corrected: bool) -> Floats:
    if n < 1:
        return np.full(len(sums), math.nan)
    extra = (kinds - 1) / (2 * n) if corrected else 0.0
    return np.asarray(np.maximum(math.log(n) - sums / n, 0.0) + extra)


def weighted_entropy(labels: Whole, kinds: Whole, logprobs: Floats) -> Sampled:
    """Return the entropy of clusters that weigh as much as their texts are likely.

    Args:
        labels: The cluster of each answer; those of the same text are in the same one.
        kinds: The text of each answer, as a number: each text counts once, and is as likely as its
            answers are on average.
        logprobs: The log-probability of each answer's text, on any scale. Where all are minus
            infinite, no weights come of them, and the entropy is not a number.
    """
    n = len(labels)
    if n < 1 or not np.isfinite(logprobs).any():
        return Sampled(math.nan, np.full(n, math.nan))
    _, firsts, of, times = np.unique(
        kinds, return_index=True, return_inverse=True, return_counts=True
    )
    weights = np.exp(logprobs - logprobs.max())
    of_texts = np.bincount(of, weights=weights)
    likely = of_texts / times
    masses = np.bincount(labels[firsts], weights=likely).astype(float)
    total, sums = masses.sum(), _xlogx(masses).sum()
    others = times[of] - 1
    still = np.where(others > 0, (of_texts[of] - weights) / np.maximum(others, 1), 0.0)
    own = masses[labels]
    left = np.maximum(own - likely[of] + still, 0.0)
    # What is left of a cluster after its only text is rounding.
    left[left < 1e-12 * own] = 0.0
    rest = np.maximum(total - own, 0.0) + left
    with np.errstate(divide="ignore", invalid="ignore"):
        without = np.log(rest) - (sums - _xlogx(own) + _xlogx(left)) / rest
    without[rest <= 1e-12 * total] = math.nan
    value = float(np.log(total) - sums / total)
    return Sampled(max(value, 0.0), np.maximum(without, 0.0))


def pair_agreement(counts: Whole, asked: Asked) -> Estimate:
    """Return how often two answers say the same; see `Siblings.pair_agreement`."""
    n = int(counts.sum())
    c = counts.astype(float)
    together = float((c * (c - 1)).sum())
    if n < 3:
        value = together / (n * (n - 1)) if n == 2 else math.nan
        return wilson_like(value, math.nan, asked, n=n, trials=n)
    left = (together - 2 * (c - 1)) / ((n - 1) * (n - 2))
    sampled = Sampled(together / (n * (n - 1)), np.repeat(left, counts))
    return wilson_like(sampled.value, sampled.variance, asked, n=n, trials=n // 2)


def kinds_estimate(counts: Whole, asked: Asked) -> Estimate:
    """Return how many clusters there are; see `Siblings.n_clusters`.

    Another sample has and misses kinds as Poisson counts do: the variance is that of the kinds seen
    once, less those seen twice, and so on (Efron and Stein 1981, third order), and as for a count
    z² / 4 is added.
    """
    n, kinds = int(counts.sum()), len(counts)
    once, twice, thrice = (int((counts == times).sum()) for times in (1, 2, 3))
    variance = max(once - twice + thrice, once / 2) * (1 - once / max(1, n))
    z = t_quantile(asked.level, math.inf)
    half = z * math.sqrt(variance + z**2 / 4)
    low, high = max(float(min(n, 1)), kinds - half), min(float(n), kinds + half)
    return Estimate(float(kinds), low, high, asked.level, "poisson", n)


def _xlogx(values: Floats) -> Floats:
    return np.asarray(values * np.log(np.where(values > 0, values, 1.0)))
