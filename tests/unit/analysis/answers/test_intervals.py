"""Intervals of figures of groups: by hand, by the equation that they solve, by brute force."""

from __future__ import annotations

import math
import statistics
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from grok_tree.analysis import siblings
from grok_tree.analysis.answers._intervals import Asked, wilson_like

ASKED = Asked(0.95, 0)
TEXTS = st.lists(
    st.lists(st.sampled_from("abcd"), max_size=6).map(" ".join), min_size=2, max_size=7
)


@given(st.floats(0.01, 0.99), st.integers(2, 60), st.floats(2, 500), st.sampled_from([0.5, 0.95]))
def test_ends_of_score_intervals_are_as_unlikely_as_the_level_says(
    value: float, n: int, effective: float, level: float
) -> None:
    found = wilson_like(value, value * (1 - value) / effective, Asked(level, 0), n=n, trials=1)
    t = student.ppf((1 + level) / 2, n - 1)
    rare = 1.5 / effective
    for end, is_moved in ((found.low, value < rare), (found.high, 1 - value < rare)):
        if not is_moved:
            away = t * math.sqrt(end * (1 - end) / effective)
            assert abs(value - end) == pytest.approx(away, abs=1e-6)
    assert 0 <= found.low <= value <= found.high <= 1


def test_the_end_beside_a_single_event_is_that_of_poisson() -> None:
    # One of 40: -log(0.95) / 40, where a score interval begins at 0.004.
    once = wilson_like(1 / 40, 1 / 40 * 39 / 40 / 40, ASKED, n=40, trials=40)
    assert once.low == pytest.approx(-math.log(0.95) / 40)
    never = wilson_like(39 / 40, 1 / 40 * 39 / 40 / 40, ASKED, n=40, trials=40)
    assert never.high == pytest.approx(1 + math.log(0.95) / 40)
    assert (once.high, never.low) == pytest.approx((1 - never.low, 1 - once.high))
    # Two of 40 are not single.
    twice = wilson_like(2 / 40, 2 / 40 * 38 / 40 / 40, ASKED, n=40, trials=40)
    assert twice.low > 3 * once.low


@given(TEXTS)
def test_the_variance_of_distinct_n_allows_for_what_pairs_and_triples_share(
    texts: list[str],
) -> None:
    n = len(texts)
    for order, found in enumerate(siblings(texts).distinct, 1):
        rows = [grams_of(text, order) for text in texts]
        total = sum(map(len, rows))
        left = [distinct([*rows[:at], *rows[at + 1 :]]) for at in range(n)]
        if math.isnan(sum(left)):
            assert (found.low, found.high, found.method) == (0, 1, "too few")
            continue
        variance = (n - 1) / n * sum((one - statistics.fmean(left)) ** 2 for one in left)
        if variance > 1e-15:
            pairs, triples = (uneven(rows, size) / total**2 for size in (2, 3))
            variance = max(variance - pairs + triples, variance / 2)
        variance = max(variance, found.value**2 * (1 - found.value) / total)
        expected = wilson_like(found.value, variance, ASKED, n=n, trials=total)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def grams_of(text: str, order: int) -> list[tuple[str, ...]]:
    words = text.split()
    return [tuple(words[at : at + order]) for at in range(len(words) - order + 1)]


def distinct(rows: list[list[tuple[str, ...]]]) -> float:
    grams = [gram for row in rows for gram in row]
    return len(set(grams)) / len(grams) if grams else math.nan


def uneven(rows: list[list[tuple[str, ...]]], size: int) -> float:
    """Return the squared deviations of how many n-grams just these answers have, over all sets."""
    counts = []
    for chosen in combinations(range(len(rows)), size):
        inside = set.intersection(*(set(rows[at]) for at in chosen))
        outside = {gram for at, row in enumerate(rows) if at not in chosen for gram in row}
        counts.append(len(inside - outside))
    mean = statistics.fmean(counts) if counts else 0
    return sum((count - mean) ** 2 for count in counts)


def test_repetitions_that_come_evenly_are_taken_for_as_chancy_as_events_of_poisson() -> None:
    # Without any answer 3 of 4 words are different, so the jackknife sees no variance.
    found = siblings(["a b", "b c", "c a"]).distinct[0]
    expected = wilson_like(0.5, 0.5**2 * 0.5 / 6, ASKED, n=3, trials=6)
    assert (found.value, found.low, found.high) == (0.5, expected.low, expected.high)


def test_the_interval_of_compression_leaves_out_a_tenth_each_time() -> None:
    random = Random(1)
    texts = [" ".join(f"w{random.randrange(40)}" for _ in range(20)) for _ in range(30)]
    left = [
        siblings([text for at, text in enumerate(texts) if at % 10 != part]).compression_ratio.value
        for part in range(10)
    ]
    error = math.sqrt(9 / 10 * sum((one - statistics.fmean(left)) ** 2 for one in left))
    found = siblings(texts).compression_ratio
    half = student.ppf(0.975, 29) * error
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))
