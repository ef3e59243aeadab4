"""Which response of one path stands beside which of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from grok_tree.forest import Response, Sender

Pair = tuple[Response | None, Response | None]
Places = tuple[int, int]

NOBODY = -1
"""The place of what is not there."""

WINDOW = 1_000
"""So many responses of each path are looked at together."""

_DRAWERS = 256
"""Words are counted by their checksum, in so many drawers."""

_SAME_SENDER = 0.1
"""What two responses of one sender have in common that share no word."""

_SIBLINGS = 0.5
"""What the first two have in common beside that: they answer the same."""

Likeness = NDArray[np.float64]


def paired(first: Sequence[Response], second: Sequence[Response]) -> Iterator[Pair]:
    """Yield the responses of two paths beside each other, None where one has nothing.

    Of all ways to pair them in order, the one with the largest sum of likeness is taken (Needleman
    and Wunsch 1970, gaps cost nothing). Responses of different senders are never paired; the
    likeness of others is 0.1 + the cosine between their counts of words, and 0.5 more for the first
    two, which are siblings. Up to 1,000 responses on
    each side that is exact. Longer paths are paired in windows of 1,000, of which the first half
    holds each time: time then grows with their length, and what is inserted in one piece of more
    than 500 may shift what follows.
    """
    one, other = 0, 0
    while one < len(first) and other < len(second):
        # Nothing is more alike than the same words: such a pair is part of a best pairing.
        if _said(first[one]) == _said(second[other]):
            yield first[one], second[other]
            one, other = one + 1, other + 1
            continue
        likeness = likeness_of(first[one : one + WINDOW], second[other : other + WINDOW])
        likeness[0, 0] += _SIBLINGS if one == other == 0 else 0
        places = _places(likeness)
        if max(len(first) - one, len(second) - other) > WINDOW:
            places = _first_half(places)
        for left, right in places:
            yield (
                None if left == NOBODY else first[one + left],
                None if right == NOBODY else second[other + right],
            )
        one += sum(left != NOBODY for left, _ in places)
        other += sum(right != NOBODY for _, right in places)
    yield from ((response, None) for response in first[one:])
    yield from ((None, response) for response in second[other:])


def _said(response: Response) -> tuple[str, str]:
    return response.sender, response.message


def _first_half(places: list[Places]) -> list[Places]:
    half = WINDOW // 2
    return places[: next(n for n, pair in enumerate(places, start=1) if max(pair) >= half)]


def _places(likeness: Likeness) -> list[Places]:
    """Return the places that stand beside each other in a best pairing, in order."""
    best = _best(likeness)
    left, right = likeness.shape
    found: list[Places] = []
    while left or right:
        if left and right and best[left, right] == _with_both(best, likeness, left, right):
            left, right = left - 1, right - 1
            found.append((left, right))
        elif left and best[left, right] == best[left - 1, right]:
            left -= 1
            found.append((left, NOBODY))
        else:
            right -= 1
            found.append((NOBODY, right))
    return found[::-1]


def _with_both(best: Likeness, likeness: Likeness, left: int, right: int) -> float:
    return float(best[left - 1, right - 1] + likeness[left - 1, right - 1])


def _best(likeness: Likeness) -> Likeness:
    """Return how alike the beginnings of two paths are at best, for all their lengths.

    Gaps cost nothing, so along a row the best only grows: a running maximum.
    """
    best = np.zeros((likeness.shape[0] + 1, likeness.shape[1] + 1))
    for row, alike in enumerate(likeness):
        above = best[row]
        both = np.maximum(above[1:], above[:-1] + alike)
        np.maximum.accumulate(both, out=best[row + 1, 1:])
    return best


def likeness_of(first: Sequence[Response], second: Sequence[Response]) -> Likeness:
    """Return how alike each of some responses is to each of others, -inf for other senders."""
    same = _senders(first)[:, None] == _senders(second)
    cosines = _counts_of_words(first) @ _counts_of_words(second).T
    return np.where(same, _SAME_SENDER + cosines.astype(np.float64), -np.inf)


def _senders(responses: Sequence[Response]) -> NDArray[np.uint8]:
    names = get_args(Sender)
    return np.array([names.index(one.sender) for one in responses], dtype=np.uint8)


def _counts_of_words(responses: Sequence[Response]) -> NDArray[np.float32]:
    """Return a row for each response, of length 1 unless it has no words."""
    counts: NDArray[np.float32] = np.zeros((len(responses), _DRAWERS), dtype=np.float32)
    for row, response in zip(counts, responses, strict=True):
        for word in response.message.split():
            row[crc32(word.encode()) % _DRAWERS] += 1
    counts /= np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1)
    return counts
