"""What differs between two paths, and between two texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from grok_tree.forest._values import Response

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MAX_WORDS = 2_000


@dataclass(frozen=True)
class TextChange:
    """One run of words: in both texts (``same``), only in the first (``-``) or second (``+``)."""

    kind: Literal["same", "-", "+"]
    text: str


def diff_texts(first: str, second: str) -> list[TextChange]:
    """Compare two texts word by word.

    Texts of more than 2,000 words are compared as a whole, since the comparison is quadratic.
    """
    left, right = _WORDS.findall(first), _WORDS.findall(second)
    if max(len(left), len(right)) > _MAX_WORDS:
        left, right = [first], [second]
    changes: list[TextChange] = []
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            changes.append(TextChange("same", "".join(left[a:b])))
            continue
        if a < b:
            changes.append(TextChange("-", "".join(left[a:b])))
        if c < d:
            changes.append(TextChange("+", "".join(right[c:d])))
    return changes


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
