"""All figures of 1,000 answers of 200 words with their vectors, beside the usual libraries.

The libraries compute the figures alone; ours come with their intervals.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from benchmarks._measure import Row, alternate, compared
from grok_tree.analysis import siblings

_N_WORDS = 200
_N_NUMBERS = 384
_SCORED = 10
"""Answers that sacrebleu scores; the time of the others is taken to be the same."""


def rows(*, quick: bool) -> list[Row]:
    """Measure all figures together, and self-BLEU and clusters beside what others take."""
    n, rounds = (100, 1) if quick else (1_000, 3)
    texts, vectors = _answers(n)
    figures = alternate(
        {
            "all": lambda: _timed(lambda: siblings(texts, embeddings=vectors).to_records()),
            "self-BLEU": lambda: _timed(lambda: siblings(texts).self_bleu),
            "sacrebleu": lambda: _sacrebleu(texts),
            "clusters": lambda: _timed(lambda: siblings(texts, embeddings=vectors).clusters),
            "scipy": lambda: _timed(lambda: _scipy(vectors)),
        },
        rounds,
    )
    what = f"{n:,} answers of {_N_WORDS} words"
    return [
        Row(
            f"every figure of {what}, with intervals",
            float(np.median(figures["all"])),
            None,
            None,
            "s",
            "<= 5 s",
            "",
        ),
        _beside(f"self-BLEU of {what}", figures, ours="self-BLEU", beside="sacrebleu"),
        _beside(f"clusters of {n:,} vectors", figures, ours="clusters", beside="scipy"),
    ]


def _beside(what: str, figures: dict[str, list[float]], *, ours: str, beside: str) -> Row:
    both = {"ours": figures[ours], beside: figures[beside]}
    return compared(what, both, unit="s", goal="", beside=beside)


def _answers(n: int) -> tuple[list[str], NDArray[np.float64]]:
    """Return answers of words as frequent as in a language, and vectors around 20 directions."""
    random = np.random.default_rng(1)
    words = np.array([f"{random.choice(_BEGINNINGS)}{number:x}" for number in range(5_000)])
    frequencies = 1 / np.arange(1, len(words) + 1)
    drawn = random.choice(words, (n, _N_WORDS), p=frequencies / frequencies.sum())
    centres = random.normal(size=(20, _N_NUMBERS))
    noise = random.normal(size=(n, _N_NUMBERS))
    vectors = centres[random.integers(0, len(centres), n)] + 0.3 * noise
    return [" ".join(one) for one in drawn], vectors


_BEGINNINGS = ("stone", "water", "light", "un", "river", "", "winter", "re", "forest", "a")


def _timed(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def _sacrebleu(texts: list[str]) -> float:
    """Return how long sacrebleu takes for all, from how long it takes for some of them."""
    metric = BLEU(effective_order=True)

    def run() -> None:
        for at in range(_SCORED):
            metric.sentence_score(texts[at], texts[:at] + texts[at + 1 :])

    return _timed(run) * len(texts) / _SCORED


def _scipy(vectors: NDArray[np.float64]) -> object:
    return fcluster(linkage(pdist(vectors, "cosine"), "average"), 0.2, criterion="distance")
