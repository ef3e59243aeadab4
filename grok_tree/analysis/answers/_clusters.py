"""Answers that say the same, put together."""

from __future__ import annotations

import string
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from grok_tree.analysis._estimates import Estimate, wilson
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import key_of
from grok_tree.analysis._results import Records, Shown, Tabular
from grok_tree.analysis.answers._intervals import Asked
from grok_tree.analysis.answers._ngrams import Whole
from grok_tree.forest import counted

Same = Callable[[str, str], bool]
"""Whether the first text says what the second says; asked in both directions."""

Key = Callable[[str], Hashable]
"""What a text says; texts with the same key are one cluster."""

NORMALISED = "normalised text"
"""How answers are put together where nothing else is given."""


@dataclass(frozen=True, repr=False)
class Cluster(Shown):
    """Answers that say the same.

    Attributes:
        members: Their places in the group, in order of creation.
        example: The text of the first of them.
        share: Of the group's answers, with the interval of Wilson (1927).
    """

    members: tuple[int, ...]
    example: str
    share: Estimate

    def __len__(self) -> int:
        return len(self.members)

    def __str__(self) -> str:
        return f"{counted(len(self), 'answer')}, {self.share}: {self.example!r}"


@dataclass(frozen=True, repr=False)
class Clusters(Tabular):
    """A group's answers by what they say; the largest cluster first, of equal ones the earliest.

    Attributes:
        clusters: None is empty.
        of: Of each answer, its place in `clusters`.
        how: What puts two answers together.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "cluster": "int",
        "n": "int",
        "share": "float",
        "low": "float",
        "high": "float",
        "example": "text",
    }

    clusters: tuple[Cluster, ...]
    of: tuple[int, ...] = field(repr=False)
    how: str

    def __len__(self) -> int:
        return len(self.clusters)

    def __getitem__(self, place: int) -> Cluster:
        return self.clusters[place]

    def __str__(self) -> str:
        return (
            f"{counted(len(self), 'cluster')} of {counted(len(self.of), 'answer')}, by {self.how}"
        )

    @property
    def counts(self) -> Whole:
        """The number of answers in each."""
        return np.array([len(cluster) for cluster in self.clusters], dtype=np.int64)

    def to_records(self) -> Records:
        """Return a row for each cluster."""
        return [
            {
                "cluster": place,
                "n": len(one),
                "share": one.share.value,
                "low": one.share.low,
                "high": one.share.high,
                "example": one.example,
            }
            for place, one in enumerate(self.clusters)
        ]


@dataclass(frozen=True, repr=False)
class Majority(Shown):
    """What most answers say.

    Attributes:
        answer: The text of the first answer that says it; the earliest one's where several
            clusters are as large. None of an empty group.
        agreement: The share of the answers that say it.
        tied: Number of clusters that are as large; 1 for a majority of its own, 0 of no answers.
    """

    answer: str | None
    agreement: Estimate
    tied: int

    def __str__(self) -> str:
        tie = f", {self.tied} clusters tied" if self.tied > 1 else ""
        return f"{self.answer!r}: {self.agreement}{tie}"


def clusters_of(labels: Whole, texts: Sequence[str], asked: Asked, *, how: str) -> Clusters:
    """Return clusters from a label of each text."""
    members: dict[int, list[int]] = {}
    for at, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(at)
    ordered = sorted(members.values(), key=lambda one: (-len(one), one[0]))
    of = np.empty(len(texts), dtype=np.int64)
    for place, one in enumerate(ordered):
        of[one] = place
    found = tuple(
        Cluster(tuple(one), texts[one[0]], wilson(len(one), len(texts), level=asked.level))
        for one in ordered
    )
    return Clusters(found, tuple(of.tolist()), how)


def majority_of(clusters: Clusters, asked: Asked) -> Majority:
    """Return the largest cluster as an answer."""
    if not len(clusters):
        return Majority(None, wilson(0, 0, level=asked.level), 0)
    first = clusters[0]
    tied = sum(len(one) == len(first) for one in clusters.clusters)
    return Majority(first.example, first.share, tied)


def labelled_by_key(texts: Sequence[str], key: Key) -> Whole:
    """Return the same label for texts of the same key.

    Raises:
        InvalidOperationError: A key cannot be compared.
    """
    known: dict[Hashable, int] = {}
    keys = (key_of(key(text), "key=") for text in texts)
    return np.array([known.setdefault(one, len(known)) for one in keys], dtype=np.int64)


def labelled_by_same(texts: Sequence[str], same: Same) -> Whole:
    """Return labels by comparing each text with the first one of every cluster, in order.

    Two texts are put together where each says what the other says (Kuhn, Gal and Farquhar 2023);
    equal texts are, without asking.
    """
    known: dict[str, int] = {}
    firsts: list[str] = []
    for text in texts:
        if text in known:
            continue
        matching = (
            label for label, first in enumerate(firsts) if same(first, text) and same(text, first)
        )
        known[text] = next(matching, len(firsts))
        if known[text] == len(firsts):
            firsts.append(text)
    return np.array([known[text] for text in texts], dtype=np.int64)


def normalised(text: str) -> str:
    """Return a text in small letters, with single spaces, without marks around it."""
    return " ".join(text.casefold().split()).strip(string.punctuation + string.whitespace)
