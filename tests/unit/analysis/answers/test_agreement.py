"""How many things a group says, and how often two agree: by hand, by counting pairs."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.analysis import siblings, wilson
from grok_tree.analysis.answers._intervals import Asked, wilson_like

LABELS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=30)


def test_the_intervals_of_kinds_and_duplicates_by_hand() -> None:
    # Six texts of ten: three were seen once, two twice, one thrice. Their number varies by
    # (3 - 2 + 1) (1 - 3/10) = 1.4, and z²/4 = 0.9604 is added: 1.96 sqrt(2.3604) = 3.011.
    group = siblings([*"aaabbccdef"])
    kinds, again = group.n_clusters, group.duplicates
    assert (kinds.value, kinds.low, kinds.high) == pytest.approx((6, 2.989, 9.011), abs=1e-3)
    assert (again.value, again.low, again.high) == pytest.approx((0.4, 0.0989, 0.7011), abs=1e-4)


def test_at_least_half_of_what_was_seen_once_counts_for_the_variance() -> None:
    # Two once and four twice: 2/2, not 2 - 4; times 1 - 2/10.
    found = siblings([*"abccddeeff"]).n_clusters
    assert found.high - 6 == pytest.approx(1.96 * math.sqrt(0.8 + 0.9604), abs=1e-3)
    assert siblings([*"abcd"]).n_clusters.high == 4
    assert siblings(["a"] * 4).n_clusters.low == 1


@given(LABELS)
def test_how_often_two_agree_is_a_count_of_pairs(labels: list[str]) -> None:
    n, found = len(labels), siblings(labels).pair_agreement
    agree = [one == other for one, other in combinations(labels, 2)]
    assert found.value == pytest.approx(np.mean(agree) if agree else math.nan, nan_ok=True)
    if n < 3:
        assert (found.low, found.high) == (0, 1)
        return
    left = [
        np.mean([one == other for one, other in combinations(labels[:at] + labels[at + 1 :], 2)])
        for at in range(n)
    ]
    variance = (n - 1) / n * float(((left - np.mean(left)) ** 2).sum())
    expected = wilson_like(found.value, variance, Asked(0.95, 0), n=n, trials=n // 2)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_pairs_that_all_agree_are_half_as_many_trials_as_answers() -> None:
    # 15 pairs without a common answer; t is 2.045 for 29 degrees.
    found = siblings(["yes"] * 30).pair_agreement
    assert found.value == 1
    assert found.low == pytest.approx(15 / (15 + 2.045**2), abs=1e-3)


@given(LABELS)
def test_the_majority_is_the_most_common_that_came_first(labels: list[str]) -> None:
    (first, n), *_ = Counter(labels).most_common()
    found = siblings(labels).majority
    assert (found.answer, found.agreement) == (first, wilson(n, len(labels)))
    assert found.tied == sum(count == n for count in Counter(labels).values())


@given(LABELS)
def test_clusters_are_the_labels_largest_first(labels: list[str]) -> None:
    found = siblings(labels).clusters
    assert [(one.example, len(one)) for one in found.clusters] == Counter(labels).most_common()
    assert [found[place].example for place in found.of] == labels
    for one in found.clusters:
        assert one.share == wilson(len(one), len(labels))
        assert [labels[at] for at in one.members] == [one.example] * len(one)


@given(LABELS)
def test_duplicates_are_what_repeats_an_earlier_one(labels: list[str]) -> None:
    repeated = [label in labels[:at] for at, label in enumerate(labels)]
    found = siblings(labels).duplicates
    assert found.value == pytest.approx(np.mean(repeated))
    assert found.value in found
