"""Distinct-n: how many of the words in a row are said only once."""

from __future__ import annotations

import math

import numpy as np

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis.answers._intervals import Asked, Sampled, wilson_like
from grok_tree.analysis.answers._ngrams import NGrams


def distinct_estimate(ngrams: NGrams, asked: Asked) -> Estimate:
    """Return distinct-n with its interval; see `Siblings.distinct`."""
    sampled = distinct(ngrams)
    total = int(ngrams.totals.sum())
    variance = sampled.variance
    if variance > 0:
        pairs, triples = (_shared_by(ngrams, n) / total**2 for n in (2, 3))
        variance = max(variance - pairs + triples, variance / 2)
    if total:
        # Where repetitions are rare, they come at best as evenly as Poisson's events.
        variance = max(variance, sampled.value**2 * (1 - sampled.value) / total)
    return wilson_like(sampled.value, variance, asked, n=ngrams.n_answers, trials=total)


def distinct(ngrams: NGrams) -> Sampled:
    """Return different n-grams / all n-grams, for the group and without each of the answers.

    Without answer i, the n-grams are gone that no other answer has.
    """
    n_with = np.bincount(ngrams.kinds, minlength=ngrams.n_kinds)
    own = ngrams.answers[n_with[ngrams.kinds] == 1]
    n_own = np.bincount(own, minlength=ngrams.n_answers)
    total = int(ngrams.totals.sum())
    left = (total - ngrams.totals).astype(float)
    left[left == 0] = math.nan
    value = ngrams.n_kinds / total if total else math.nan
    return Sampled(value, (ngrams.n_kinds - n_own) / left)


def _shared_by(ngrams: NGrams, size: int) -> float:
    """Return how unevenly n-grams are shared by exactly `size` answers, over all such sets.

    Σ (c - mean of c)² over the sets of `size` answers, where c counts the n-grams that these have
    and no other. By this, for pairs, the jackknife's variance of a number of kinds is too large,
    and by that of triples the correction is again (Efron and Stein 1981).
    """
    n_with = np.bincount(ngrams.kinds, minlength=ngrams.n_kinds)
    order = np.argsort(ngrams.kinds, kind="stable")
    shared = order[n_with[ngrams.kinds[order]] == size]
    sets = np.sort(ngrams.answers[shared].reshape(-1, size), axis=1)
    if not len(sets):
        return 0.0
    counts = np.unique(sets, axis=0, return_counts=True)[1].astype(float)
    return float((counts**2).sum() - counts.sum() ** 2 / math.comb(ngrams.n_answers, size))
