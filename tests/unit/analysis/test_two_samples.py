"""Tests and intervals of two samples: by hand, against references, and what must not matter."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.distance import cityblock
from scipy.stats import chi2_contingency, fisher_exact, ttest_ind

from grok_tree.analysis import fisher, newcombe, wilson
from grok_tree.analysis._tests import permuted, total_variation
from grok_tree.analysis.reruns._shifts import How, overall_changes, shift_of
from grok_tree.errors import InvalidOperationError

KINDS = How(labelled=True, quantities=False, level=0.95, n_permutations=10_000, seed=0)
QUANTITIES = replace(KINDS, quantities=True)


def test_fisher_by_hand() -> None:
    # 3 of 3 against 0 of 3: of the C(6, 3) = 20 tables with these margins, this one and its mirror
    assert fisher((3, 3), (0, 3)) == pytest.approx(2 / 20)
    assert fisher((1, 2), (1, 2)) == pytest.approx(1)
    assert fisher((0, 0), (3, 5)) == 1


counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
small_counts = st.integers(0, 14).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_fisher_agrees_with_scipy(first: tuple[int, int], second: tuple[int, int]) -> None:
    table = [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]
    assert fisher(first, second) == pytest.approx(fisher_exact(table).pvalue, abs=1e-9)
    assert fisher(second, first) == pytest.approx(fisher(first, second), abs=1e-12)
    failures = [(n - k, n) for k, n in (first, second)]
    assert fisher(*failures) == pytest.approx(fisher(first, second), abs=1e-12)


@given(small_counts, small_counts)
def test_fisher_counts_tables_that_are_just_as_likely(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    # In whole numbers, where a tie is a tie: of the ways to choose who succeeds.
    total = first[0] + second[0]
    possible = range(max(0, total - second[1]), min(total, first[1]) + 1)
    ways = {k: math.comb(first[1], k) * math.comb(second[1], total - k) for k in possible}
    as_rare = sum(one for one in ways.values() if one <= ways[first[0]])
    assert fisher(first, second) == pytest.approx(as_rare / sum(ways.values()), rel=1e-6)


def test_tables_on_both_sides_that_are_as_likely_both_count() -> None:
    assert fisher((0, 1), (6, 11)) == pytest.approx(1)
    assert fisher((1, 1), (15, 31)) == pytest.approx(1)


def test_fisher_of_large_samples_is_quick_and_exact() -> None:
    table = [[500, 49_500], [600, 49_400]]
    assert fisher((500, 50_000), (600, 50_000)) == pytest.approx(fisher_exact(table).pvalue)


def test_more_successes_than_observations_are_refused() -> None:
    with pytest.raises(InvalidOperationError, match="4 successes of 3"):
        fisher((4, 3), (0, 3))


def test_newcombe_by_hand() -> None:
    # the example (a) of the paper: 56 of 70 against 48 of 80, 0.2 with 0.0524 to 0.3339
    found = newcombe(wilson(48, 80), wilson(56, 70))
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(counts, counts)
def test_newcombe_turns_round_with_its_samples(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    one, other = (newcombe(wilson(*a), wilson(*b)) for a, b in ((first, second), (second, first)))
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-12)
    if first[1] and second[1]:
        assert -1 <= one.low <= one.value <= one.high <= 1
    else:
        assert math.isnan(one.value)
        assert (one.low, one.high) == (-1, 1)


@pytest.mark.parametrize(
    ("n", "shares"), [((20, 20), (0.3, 0.6)), ((40, 15), (0.1, 0.2)), ((60, 30), (0.5, 0.5))]
)
def test_newcombe_covers_the_truth_as_often_as_it_says(
    n: tuple[int, int], shares: tuple[float, float]
) -> None:
    random = np.random.default_rng(7)
    drawn = [random.binomial(n, shares) for _ in range(4_000)]
    truth = shares[1] - shares[0]
    covered = [truth in newcombe(wilson(a, n[0]), wilson(b, n[1])) for a, b in drawn]
    assert 0.93 <= np.mean(covered) <= 0.97


def test_the_mean_over_a_few_places_with_few_samples_is_covered() -> None:
    random = np.random.default_rng(9)
    covered = []
    for _ in range(1_500):
        sides = [
            ((random.random(4) < 0.5).tolist(), (random.random(4) < 0.7).tolist()) for _ in range(5)
        ]
        (found,) = overall_changes(sides, 0.95)
        covered.append((0.5 in found.before, 0.7 in found.after, 0.2 in found.difference))
    shares = np.mean(covered, axis=0)
    assert shares.min() >= 0.93
    assert shares.max() <= 0.97


def test_the_mean_over_places_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(8)
    before = random.uniform(0.1, 0.8, 12)
    after = before + random.uniform(-0.1, 0.2, 12)
    covered = []
    for _ in range(1_500):
        sides = [
            ((random.random(8) < first).tolist(), (random.random(10) < second).tolist())
            for first, second in zip(before, after, strict=True)
        ]
        (found,) = overall_changes(sides, 0.95)
        covered.append(float(np.mean(after - before)) in found.difference)
    assert 0.93 <= np.mean(covered) <= 0.97


class TestTotalVariation:
    def test_by_hand(self) -> None:
        # 1/2, 1/2, 0, 0 against 0, 1/4, 1/4, 1/2.
        found = total_variation({"a": 1, "b": 1}, {"b": 1, "c": 1, "d": 2})
        assert found == pytest.approx((1 / 2 + 1 / 4 + 1 / 4 + 1 / 2) / 2)
        assert total_variation({"a": 3}, {"b": 1}) == 1
        assert total_variation({}, {"b": 1}) is None
        assert total_variation({"b": 1}, {"b": 0}) is None

    @given(
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6),
        st.integers(1, 5),
    )
    def test_it_is_half_of_what_scipy_calls_the_way_along_blocks(
        self, pairs: list[tuple[int, int]], times: int
    ) -> None:
        first, second = ({str(at): pair[side] for at, pair in enumerate(pairs)} for side in (0, 1))
        found = total_variation(first, second)
        if not sum(first.values()) or not sum(second.values()):
            assert found is None
            return
        shares = [np.array([*one.values()]) / sum(one.values()) for one in (first, second)]
        assert found == pytest.approx(cityblock(*shares) / 2)
        assert found == total_variation(second, first)
        renamed = {name * 2: n * times for name, n in first.items()}
        again = {name * 2: n for name, n in second.items()}
        assert found == pytest.approx(total_variation(renamed, again))


class TestPermutation:
    def test_p_values_of_equal_distributions_are_even(self) -> None:
        random = np.random.default_rng(1)
        found = [
            permuted(*random.multinomial(30, [0.5, 0.3, 0.2], 2), seed=seed, n_permutations=199)
            for seed in range(400)
        ]
        assert 0.02 <= np.mean(np.array(found) <= 0.05) <= 0.08
        assert 0.42 <= np.mean(np.array(found) <= 0.5) <= 0.58

    @given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=6))
    def test_it_is_near_fishers_and_pearsons_where_there_is_enough(
        self, pairs: list[tuple[int, int]]
    ) -> None:
        table = np.array(pairs).T + 20
        reference = chi2_contingency(table, correction=False).pvalue
        assert permuted(*table, n_permutations=4_000) == pytest.approx(reference, abs=0.06)

    @pytest.mark.parametrize(
        ("first", "second"),
        [((3, 0, 1), (0, 3, 1)), ((2, 1, 1), (1, 2, 1)), ((4, 1, 0), (1, 1, 2))],
    )
    def test_it_is_near_the_part_of_all_ways_that_are_as_far_off(
        self, first: tuple[int, ...], second: tuple[int, ...]
    ) -> None:
        pool = [kind for kind in range(3) for _ in range(first[kind] + second[kind])]
        totals, n = np.bincount(pool), sum(first)

        def far_off(chosen: tuple[int, ...]) -> float:
            seen = np.bincount([pool[at] for at in chosen], minlength=3)
            return float(((seen - totals * n / len(pool)) ** 2 / totals).sum())

        ours = float(((np.array(first) - totals * n / len(pool)) ** 2 / totals).sum())
        ways = [far_off(one) >= ours - 1e-9 for one in combinations(range(len(pool)), n)]
        found = permuted(np.array(first), np.array(second), n_permutations=20_000)
        assert found == pytest.approx(np.mean(ways), abs=0.015)

    def test_it_is_never_nothing(self) -> None:
        assert permuted(np.array([40, 0, 0]), np.array([0, 20, 20]), n_permutations=99) == 0.01

    def test_the_same_seed_gives_the_same_p(self) -> None:
        sides = np.array([5, 9, 2]), np.array([8, 3, 3])
        assert permuted(*sides, seed=3) == permuted(*sides, seed=3) != permuted(*sides, seed=4)

    def test_an_empty_side_says_nothing(self) -> None:
        assert permuted(np.array([0, 0]), np.array([1, 2])) == 1

    def test_many_outcomes_are_drawn_less_often(self) -> None:
        one = np.ones(20_000, dtype=np.int64)
        assert permuted(one, one) > 0.5


class TestQuantities:
    @given(
        st.lists(st.integers(0, 99), min_size=2, max_size=20),
        st.lists(st.integers(0, 99), min_size=2, max_size=20),
    )
    def test_means_are_compared_as_scipy_does(self, ours: list[int], theirs: list[int]) -> None:
        assume(len(set(ours)) > 1 and len(set(theirs)) > 1)
        shift = shift_of([one / 7 for one in ours], [one / 7 for one in theirs], QUANTITIES)
        reference = ttest_ind(np.array(theirs) / 7, np.array(ours) / 7, equal_var=False)
        assert shift.p_value == pytest.approx(float(reference.pvalue), abs=1e-9)
        interval = reference.confidence_interval(0.95)
        change = shift.changes[0].difference
        assert (change.low, change.high) == pytest.approx((interval.low, interval.high), rel=1e-6)

    def test_constants_are_told_apart_by_how_many_there_are(self) -> None:
        assert shift_of([1.0] * 3, [2.0] * 3, QUANTITIES).p_value == pytest.approx(0.1)
        assert shift_of([1.0] * 3, [1.0] * 3, QUANTITIES).p_value == 1

    @pytest.mark.parametrize("unit", [1e-90, 1e90])
    def test_the_unit_does_not_change_p(self, unit: float) -> None:
        first, second = [1.0, 2.0, 6.0], [5.0, 6.0, 9.0, 8.0]
        ones = shift_of(first, second, QUANTITIES)
        others = shift_of([unit * one for one in first], [unit * one for one in second], QUANTITIES)
        assert others.p_value == pytest.approx(ones.p_value)
        before, after = ones.changes[0].difference, others.changes[0].difference
        assert after.low == pytest.approx(unit * before.low)

    def test_one_of_a_kind_has_no_interval(self) -> None:
        shift = shift_of([1.0], [2.0, 3.0], QUANTITIES)
        assert shift.p_value is None
        assert shift.changes[0].difference.value == 1.5
        assert shift.changes[0].difference.low == -math.inf
