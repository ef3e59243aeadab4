"""Words in a row, counted over many answers at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_ORDER = 4
"""Words in a row that are looked at."""

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class NGrams:
    """Which n-grams of one order occur in which answer, and how often.

    Attributes:
        n_answers: Number of answers.
        n_kinds: Number of different n-grams.
        totals: n-grams of each answer, repeated ones as often as they occur.
        answers: Of each pair of an answer and an n-gram in it, the answer.
        kinds: The n-gram, a number below `n_kinds`.
        counts: How often it occurs in that answer, 1 or more.
    """

    n_answers: int
    n_kinds: int
    totals: Whole
    answers: Whole
    kinds: Whole
    counts: Whole


def ngrams_of(answers: Sequence[Sequence[str]]) -> list[NGrams]:
    """Return the n-grams of orders 1 to `MAX_ORDER` of answers that were cut into words."""
    known: dict[str, int] = {}
    flat = [known.setdefault(word, len(known)) for words in answers for word in words]
    words = np.array(flat, dtype=np.int64)
    lengths = np.array([len(one) for one in answers], dtype=np.int64)
    owners = np.repeat(np.arange(len(answers)), lengths)
    # How many words of the same answer follow, so that no n-gram reaches into the next one.
    following = np.repeat(np.cumsum(lengths), lengths) - 1 - np.arange(len(words))
    places, kinds = np.arange(len(words)), words
    found = []
    for order in range(1, MAX_ORDER + 1):
        if order > 1:
            stay = following[places] >= order - 1
            places, kinds = places[stay], kinds[stay]
            kinds = kinds * max(1, len(known)) + words[places + order - 1]
        kinds = np.unique(kinds, return_inverse=True)[1].astype(np.int64)
        found.append(_counted(len(answers), owners[places], kinds))
    return found


def _counted(n_answers: int, owners: Whole, kinds: Whole) -> NGrams:
    n_kinds = int(kinds.max(initial=-1)) + 1
    pairs, counts = np.unique(owners * max(1, n_kinds) + kinds, return_counts=True)
    totals = np.bincount(owners, minlength=n_answers)
    in_answers, of_kinds = np.divmod(pairs, max(1, n_kinds))
    return NGrams(n_answers, n_kinds, totals, in_answers, of_kinds, counts)
