"""Self-BLEU of many answers in time that grows with their words, not with their pairs.

Of every n-gram only the three answers that have it most often matter: the highest count among the
other answers, and among the others without one more, is always one of these three.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grok_tree.analysis._needs import needed
from grok_tree.analysis._numbers import Floats
from grok_tree.analysis.answers._intervals import Sampled
from grok_tree.analysis.answers._ngrams import MAX_ORDER, NGrams, Whole, ngrams_of

_FAR = np.int64(2**62)

_FEW = 15
"""Below so many answers nothing can be said of what pairs add to a variance."""


def bleu_words(texts: Sequence[str]) -> list[list[str]]:
    """Return texts cut into words as sacrebleu's tokenisation ``13a`` does."""
    tokenizer = needed("sacrebleu.metrics", "self-BLEU").BLEU(effective_order=True).tokenizer
    return [tokenizer(text.rstrip()).split() for text in texts]


def self_bleu(texts: Sequence[str]) -> Sampled:
    """Return the mean BLEU of each answer against all others, and without each of the answers."""
    n = len(texts)
    if n < 2:
        return Sampled(math.nan, np.full(n, math.nan))
    words = bleu_words(texts)
    lengths = np.array([len(one) for one in words], dtype=np.int64)
    orders = [_matches(ngrams) for ngrams in ngrams_of(words)]
    correct = np.stack([order.correct for order in orders], axis=1)
    totals = np.stack([order.totals for order in orders], axis=1)
    near = _closest(lengths)
    scores = bleu(correct, totals, lengths, near.length)
    value = float(scores.mean())
    if n < 3:
        return Sampled(value, np.full(n, math.nan))
    pairs, lost = _losses(orders, near, n)
    of, without = np.divmod(pairs, n)
    closest = np.where(near.answer[of] == without, near.next_length[of], near.length[of])
    changed = bleu(correct[of] - lost, totals[of], lengths[of], closest) - scores[of]
    sums = scores.sum() - scores + np.bincount(without, weights=changed, minlength=n)
    return Sampled(value, sums / (n - 1), by_pairs=_by_pairs(of, without, changed, n))


def _by_pairs(of: Whole, without: Whole, changed: Floats, n: int) -> float:
    """Return the variance of self-BLEU that comes of pairs of answers.

    Two answers that share what no other has give it to each other: u(i, j), what both lose without
    the other. Of that, what an answer has with all others is its own; of the rest the squares are
    summed over pairs, (Σ u² - Σᵢ (Σⱼ u)² / (n - 2) + 2 (Σ u)² / ((n - 1) (n - 2))) / n². Found by
    simulation, the figure is itself so unsure in small groups that 1 - 15 / n of it is taken, and
    nothing up to 15 answers.

    Args:
        of: The answers that lose.
        without: Without which other.
        changed: By how much their scores change.
        n: Number of answers, 3 or more.
    """
    low, high = np.minimum(of, without), np.maximum(of, without)
    pairs, at = np.unique(low * n + high, return_inverse=True)
    given = np.bincount(at, weights=changed, minlength=len(pairs))
    both = np.concatenate(np.divmod(pairs, n))
    own = np.bincount(both, weights=np.tile(given, 2), minlength=n)
    rest = (given**2).sum() - (own**2).sum() / (n - 2)
    rest += own.sum() ** 2 / (2 * (n - 1) * (n - 2))
    return float(max(rest, 0.0) / n**2 * max(0.0, 1 - _FEW / n))


def bleu(correct: Whole, totals: Whole, lengths: Whole, closest: Whole) -> Floats:
    """Return sentence BLEU, 0 to 100, one a row, as sacrebleu with ``effective_order`` has it.

    The geometric mean of the precisions of orders 1 to 4, as far as the text has n-grams of them,
    times exp(1 - closest / length) for a text shorter than the closest reference. Orders without
    a match count as 1/2, 1/4, ... of one (exponential smoothing).
    """
    logs = np.zeros(len(lengths))
    order = np.zeros(len(lengths))
    halved = np.ones(len(lengths))
    for at in range(MAX_ORDER):
        there, none = totals[:, at] > 0, correct[:, at] == 0
        halved = np.where(there & none, halved * 2, halved)
        matched = np.where(none, 1 / halved, correct[:, at])
        precision = 100 * matched / np.maximum(totals[:, at], 1)
        logs += np.where(there, np.log(precision), 0.0)
        order += there
    short = (lengths < closest) & (lengths > 0)
    penalty = np.where(short, np.exp(1 - closest / np.maximum(lengths, 1)), 1.0)
    return np.where(
        correct.any(axis=1), np.minimum(penalty * np.exp(logs / np.maximum(order, 1)), 100.0), 0.0
    )


@dataclass(frozen=True)
class _Matches:
    """What the others have of each answer's n-grams, and what is gone without one of them.

    Attributes:
        correct: Of each answer, its n-grams that another has as often.
        totals: Of each answer, its n-grams.
        pairs: n * answer + other, where something is gone without the other.
        lost: How much of `correct` that is.
    """

    correct: Whole
    totals: Whole
    pairs: Whole
    lost: Whole


def _matches(ngrams: NGrams) -> _Matches:
    n = ngrams.n_answers
    order = np.lexsort((-ngrams.counts, ngrams.kinds))
    starts = np.searchsorted(ngrams.kinds[order], np.arange(ngrams.n_kinds + 1))
    first, second, third = (_ranked(ngrams, order, starts, rank) for rank in range(3))
    kinds, answers, counts = ngrams.kinds, ngrams.answers, ngrams.counts
    is_first = first.answer[kinds] == answers
    is_second = second.answer[kinds] == answers
    best = np.where(is_first, second.count[kinds], first.count[kinds])
    holder = np.where(is_first, second.answer[kinds], first.answer[kinds])
    next_best = np.where(is_first | is_second, third.count[kinds], second.count[kinds])
    matched = np.minimum(counts, best)
    lost = matched - np.minimum(counts, next_best)
    some = lost > 0
    correct = np.bincount(answers, weights=matched, minlength=n).astype(np.int64)
    return _Matches(correct, ngrams.totals, answers[some] * n + holder[some], lost[some])


@dataclass(frozen=True)
class _Rank:
    answer: Whole
    count: Whole


def _ranked(ngrams: NGrams, order: Whole, starts: Whole, rank: int) -> _Rank:
    """Return, for each n-gram, who has it most, second or third most often, and how often."""
    at = starts[:-1] + rank
    there = at < starts[1:]
    place = order[np.minimum(at, len(order) - 1)]
    return _Rank(
        np.where(there, ngrams.answers[place], -1), np.where(there, ngrams.counts[place], 0)
    )


@dataclass(frozen=True)
class _Closest:
    """The closest length among the others, who has it, and the closest without that one."""

    length: Whole
    answer: Whole
    next_length: Whole


def _closest(lengths: Whole) -> _Closest:
    """Find, for each answer, the two other lengths that are closest; the shorter of two as close.

    In the order of lengths they are among the two neighbours on each side.
    """
    n = len(lengths)
    order = np.argsort(lengths, kind="stable")
    places = np.arange(n)[:, None] + np.array([-2, -1, 1, 2])
    inside = (places >= 0) & (places < n)
    others = order[np.clip(places, 0, n - 1)]
    away = lengths[others] - lengths[order][:, None]
    keys = np.where(inside, 2 * np.abs(away) + (away > 0), _FAR)
    best = np.argsort(keys, axis=1, kind="stable")[:, :2]
    found = np.empty((n, 2), dtype=np.int64)
    found[order] = np.take_along_axis(others, best, axis=1)
    return _Closest(lengths[found[:, 0]], found[:, 0], lengths[found[:, 1]])


def _losses(orders: Sequence[_Matches], near: _Closest, n: int) -> tuple[Whole, Whole]:
    """Return the pairs n * answer + other for which the score changes, and what is lost."""
    by_length = np.arange(n) * n + near.answer
    pairs = np.unique(np.concatenate([by_length, *(order.pairs for order in orders)]))
    lost = np.zeros((len(pairs), len(orders)), dtype=np.int64)
    for at, order in enumerate(orders):
        np.add.at(lost[:, at], np.searchsorted(pairs, order.pairs), order.lost)
    return pairs, lost
