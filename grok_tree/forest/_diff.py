"""What differs between two paths, and between two texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from grok_tree.forest._values import Response

_PIECES = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
_MAX_PIECES = 10_000
"""Words and signs, each with the gap before it; more would take seconds to compare."""


@dataclass(frozen=True)
class TextChange:
    """One run of words: in both texts (``same``), only in the first (``-``) or second (``+``)."""

    kind: Literal["same", "-", "+"]
    text: str


def diff_texts(first: str, second: str) -> list[TextChange]:
    """Compare two texts word by word.

    Where both differ over more than 10,000 words, that part is compared as a whole.
    """
    left, right = _PIECES.findall(first), _PIECES.findall(second)
    head = _n_shared(left, right)
    shared, left, right = left[:head], left[head:], right[head:]
    tail = _n_shared(left[::-1], right[::-1])
    changes = [
        TextChange("same", "".join(shared)),
        *_changes(left[: len(left) - tail], right[: len(right) - tail]),
        TextChange("same", "".join(left[len(left) - tail :])),
    ]
    return [change for change in changes if change.text]


def _n_shared(left: Sequence[str], right: Sequence[str]) -> int:
    """Return how many pieces at the beginning are equal."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(left), len(right)))


def _changes(left: list[str], right: list[str]) -> Iterator[TextChange]:
    if max(len(left), len(right)) > _MAX_PIECES:
        left, right = ["".join(left)], ["".join(right)]
    # A piece that stands everywhere is no anchor: trying each of its places would be cubic.
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=True).get_opcodes():
        if tag == "equal":
            yield TextChange("same", "".join(left[a:b]))
            continue
        yield TextChange("-", "".join(left[a:b]))
        yield TextChange("+", "".join(right[c:d]))


@dataclass(frozen=True)
class PathDiff:
    """Two paths of one forest: what they share, and what each has of its own.

    Attributes:
        common: The shared beginning, possibly empty.
        first: The rest of the first path.
        second: The rest of the second path.
    """

    common: Sequence[Response]
    first: Sequence[Response]
    second: Sequence[Response]

    @property
    def divergence(self) -> Response | None:
        """The last shared response, None when nothing is shared."""
        return self.common[-1] if self.common else None

    def text_changes(self) -> list[TextChange]:
        """Compare the first response after the divergence on both sides, word by word."""
        first = self.first[0].message if self.first else ""
        second = self.second[0].message if self.second else ""
        return diff_texts(first, second)
