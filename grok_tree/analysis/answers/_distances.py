"""How far answers are from each other: by their words, and by what they mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from grok_tree.analysis._needs import needed
from grok_tree.analysis._numbers import Floats
from grok_tree.analysis.answers._intervals import Sampled
from grok_tree.errors import InvalidOperationError

EditUnit = Literal["words", "characters"]
"""What is inserted, deleted or replaced."""

MOST_IN_A_MATRIX = 10_000
"""Answers of which a matrix of all pairs is made; it has 800 MB then."""

_SURROGATES = range(0xD800, 0xE000)


def edit_matrix(texts: Sequence[str], unit: EditUnit) -> Floats:
    """Return the normalised Levenshtein distances of all pairs, 0 to 1; takes all cores."""
    check_size(len(texts))
    process = needed("rapidfuzz.process", "edit distances")
    distance = needed("rapidfuzz.distance", "edit distances").Levenshtein.normalized_distance
    if unit not in ("words", "characters"):
        raise InvalidOperationError(f"edit distances over {unit!r}: over words or characters")
    spelled = _spelled(texts) if unit == "words" else list(texts)
    if not spelled:
        return np.zeros((0, 0))
    found: Floats = process.cdist(spelled, spelled, scorer=distance, dtype=np.float64, workers=-1)
    return found


def _spelled(texts: Sequence[str]) -> list[str]:
    """Return texts in which every word is one character, so that words are compared as such."""
    known: dict[str, str] = {}
    letters = (chr(at) for at in range(0x110000) if at not in _SURROGATES)
    return [
        "".join(known.get(word) or known.setdefault(word, next(letters)) for word in text.split())
        for text in texts
    ]


def as_vectors(given: Any, n: int) -> Floats:
    """Return n vectors, whatever they came in.

    Args:
        given: An array, a sequence of sequences, or what an embedder of a client returned.
        n: How many there must be.

    Raises:
        InvalidOperationError: They are not n vectors of one length with finite numbers.
    """
    if hasattr(given, "__await__"):
        given.close()
        raise InvalidOperationError(
            "embed returned something to be awaited; await it yourself, and give embeddings="
        )
    try:
        vectors = np.asarray(getattr(given, "vectors", given), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidOperationError(f"the embeddings are no table of numbers: {error}") from error
    if n == 0 and not vectors.size:
        return vectors.reshape(0, 0)
    if vectors.ndim != 2 or len(vectors) != n:
        shape = " x ".join(map(str, vectors.shape))
        raise InvalidOperationError(
            f"embeddings of shape {shape} for {n} answers: one vector each, in the order of"
            " the group's texts"
        )
    if not np.isfinite(vectors).all():
        raise InvalidOperationError("the embeddings have numbers that are not finite")
    return vectors


def units_of(vectors: Floats) -> Floats:
    """Return vectors scaled to length 1; those of length 0 stay."""
    scaled = vectors / np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0), 1e-300)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(scaled / np.where(lengths > 0, lengths, 1.0))


def cosine_matrix(vectors: Floats) -> Floats:
    """Return 1 - cosine of all pairs, 0 to 2; a vector of length 0 is 1 away from all others."""
    check_size(len(vectors))
    units = units_of(vectors)
    found = np.clip(1 - units @ units.T, 0.0, 2.0)
    np.fill_diagonal(found, 0.0)
    return np.asarray((found + found.T) / 2)


def mean_distance(row_sums: Floats) -> Sampled:
    """Return the mean of a symmetric matrix off its diagonal, from the sums of its rows.

    Without answer i, its row and its column are gone.
    """
    n = len(row_sums)
    if n < 2:
        return Sampled(math.nan, np.full(n, math.nan))
    total = float(row_sums.sum())
    if n < 3:
        return Sampled(total / (n * (n - 1)), np.full(n, math.nan))
    return Sampled(total / (n * (n - 1)), (total - 2 * row_sums) / ((n - 1) * (n - 2)))


def cosine_row_sums(vectors: Floats) -> Floats:
    """Return the sums of the rows of `cosine_matrix`, without the matrix."""
    units = units_of(vectors)
    own = (units * units).sum(axis=1)
    sums = len(units) - 1 - (units @ units.sum(axis=0) - own)
    return np.asarray(np.maximum(sums, 0.0))


def check_size(n: int) -> None:
    """Refuse a matrix that nobody has the memory for."""
    if n > MOST_IN_A_MATRIX:
        raise InvalidOperationError(
            f"a matrix of {n:,} x {n:,} answers; at most {MOST_IN_A_MATRIX:,}: take some of them"
        )
