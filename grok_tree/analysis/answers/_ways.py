"""What puts two answers together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from grok_tree.analysis._numbers import Floats
from grok_tree.analysis.answers._clusters import (
    NORMALISED,
    Key,
    Same,
    labelled_by_key,
    labelled_by_same,
    normalised,
)
from grok_tree.analysis.answers._linkage import Linkage, linked
from grok_tree.analysis.answers._ngrams import Whole

THRESHOLD = 0.2
"""Cosine distance up to which answers are one cluster, where nothing else is said."""


@dataclass(frozen=True, eq=False)
class Ways:
    """How answers are compared, as it was asked for.

    Attributes:
        embeddings: A vector for each answer.
        embed: What turns texts into vectors, where none were given.
        threshold: The distance up to which clusters are merged.
        linkage: How far two clusters are.
        same: Whether one text says what another says.
        key: What a text says.
    """

    embeddings: Any = None
    embed: Any = None
    threshold: float = THRESHOLD
    linkage: Linkage = "average"
    same: Same | None = None
    key: Key | None = None

    @property
    def has_vectors(self) -> bool:
        """Whether there are vectors, or will be."""
        return self.embeddings is not None or self.embed is not None

    def labelled(
        self, texts: Sequence[str], distances: Callable[[], Floats] | None
    ) -> tuple[Whole, str]:
        """Return the cluster of each text, and what puts two together, in words.

        Args:
            texts: What the answers say.
            distances: Computes the distances of their vectors; None where there are none.
        """
        if self.same is not None:
            return labelled_by_same(texts, self.same), "same() in both directions"
        if self.key is not None:
            return labelled_by_key(texts, self.key), "key()"
        if distances is None:
            return labelled_by_key(texts, normalised), NORMALISED
        labels = linked(distances(), threshold=self.threshold, linkage=self.linkage)
        return labels, f"embeddings, {self.linkage} linkage up to {self.threshold:g}"
