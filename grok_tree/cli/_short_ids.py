"""Ids shortened to what still tells them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MILLISECOND = len("0192f0c1-2345")
"""Shortest that is shown: the time in an id, which nearly always is its own."""


def short_ids(ids: Iterable[str]) -> Mapping[str, str]:
    """Return for each id its shortest beginning that no other of them has."""
    ordered = sorted(set(ids))
    short = {}
    for before, this, after in zip(["", *ordered], ordered, [*ordered[1:], ""], strict=False):
        shared = max(_n_shared(this, before), _n_shared(this, after))
        short[this] = this[: _whole(this, max(MILLISECOND, shared + 1))]
    return short


def _n_shared(first: str, second: str) -> int:
    pairs = enumerate(zip(first, second, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(first), len(second)))


def _whole(text: str, length: int) -> int:
    """Return `length`, or one more where it would end in a dash."""
    return length + (text[length - 1 : length] == "-")
