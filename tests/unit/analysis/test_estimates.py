"""Intervals: known figures, references, and what they must not depend on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import t as student

from grok_tree.analysis import Estimate, bootstrap, drift, outcomes, siblings, wilson
from grok_tree.analysis._student import t_half, t_outside, t_over_z, t_quantile
from grok_tree.errors import InvalidOperationError
from grok_tree.testing import forest_of


def test_wilson_by_hand() -> None:
    # p = 0.5, n = 4, z = 1.96: middle 0.5, half = sqrt(3.8416 * (0.0625 + 0.060025)) / 1.9604
    estimate = wilson(2, 4)
    assert estimate.value == 0.5
    assert (estimate.low, estimate.high) == pytest.approx((0.15004, 0.84996), abs=1e-4)


@given(st.integers(1, 500), st.floats(0, 1), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_agrees_with_scipy(n: int, share: float, level: float) -> None:
    successes = round(share * n)
    reference = binomtest(successes, n).proportion_ci(level, method="wilson")
    estimate = wilson(successes, n, level=level)
    assert (estimate.low, estimate.high) == pytest.approx(
        (reference.low, reference.high), abs=1e-12
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.00025, "0.00025"),
        (999.4, "999"),
        (999.6, "1,000"),
        (4000.0, "4,000"),
        (-1234.5, "-1,234"),
        (1e18, "1e+18"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ],
)
def test_figures_are_shown_in_three_digits_and_thousands_in_full(value: float, shown: str) -> None:
    estimate = Estimate(value, value, value, 0.95, "by hand", 1)

    assert str(estimate) == f"{shown} [{shown}, {shown}]"


def test_without_observations_nothing_is_known() -> None:
    estimate = wilson(0, 0)
    assert math.isnan(estimate.value)
    assert (estimate.low, estimate.high) == (0, 1)


@pytest.mark.parametrize(
    ("successes", "n", "level"),
    [(3, 2, 0.95), (-1, 2, 0.95), (1, math.inf, 0.95), (1, math.nan, 0.95), (1, 2, 1.0), (1, 2, 0)],
)
def test_what_is_out_of_range_is_refused(successes: float, n: float, level: float) -> None:
    with pytest.raises(InvalidOperationError):
        wilson(successes, n, level=level)


def test_a_bootstrap_is_that_of_scipy() -> None:
    values = np.random.default_rng(1).lognormal(size=40)
    ours = bootstrap(lambda at: float(values[at].mean()), 40, n_draws=4000)
    reference = scipy_bootstrap((values,), np.mean, method="percentile", rng=2)

    # Both draw: ends agree to a twentieth of the width.
    ends = tuple(reference.confidence_interval)
    assert ours.value == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx(ends, abs=0.05 * (ends[1] - ends[0]))


def test_a_bootstrap_is_the_same_for_the_same_seed() -> None:
    values = np.arange(20.0)
    draws = [bootstrap(lambda at: float(values[at].mean()), 20, seed=seed) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert 9.5 in draws[0]


@given(st.floats(0.5, 0.999), st.floats(0.5, 1e5))
def test_quantiles_of_student_agree_with_scipy(level: float, freedom: float) -> None:
    assert t_quantile(level, freedom) == pytest.approx(
        student.ppf((1 + level) / 2, freedom), rel=1e-6
    )


@given(st.floats(0, 50), st.floats(0.5, 1e5))
def test_tails_of_student_agree_with_scipy(t: float, freedom: float) -> None:
    assert t_outside(t, freedom) == pytest.approx(2 * student.sf(t, freedom), rel=1e-7, abs=1e-12)


def test_half_an_interval_of_student_by_hand() -> None:
    # 97.5 % of t with 2 degrees of freedom is 4.303, of the normal distribution 1.960.
    assert t_half(9.0, 2, 0.95) == pytest.approx(3 * 4.303, abs=1e-2)
    assert t_half(9.0, math.inf, 0.95) == pytest.approx(3 * 1.960, abs=1e-2)
    assert t_half(9.0, 0, 0.95) == math.inf


LEAST, NEARLY_ONE = math.nextafter(0, 1), math.nextafter(1, 0)


@pytest.mark.parametrize("level", [LEAST, 1e-17, NEARLY_ONE])
def test_every_level_between_0_and_1_has_intervals(level: float) -> None:
    assert t_quantile(level, math.inf) == pytest.approx(norm.isf((1 - level) / 2))
    assert t_over_z(level, 3) >= 1
    found = wilson(1, 4, level=level)
    assert 0 <= found.low <= found.value <= found.high <= 1
    # Two branches whose tips differ: the design effect asks for t and z.
    forest = forest_of("q>a>x1,a>x2,q>b>y3,b>x4")
    share = outcomes(forest, lambda one: one.message[0], level=level).at("q").shares["x"]
    assert 0 <= share.low <= share.value == 0.75 <= share.high <= 1
    for row in siblings(["a", "a b", "b", "a"], level=level).to_records():
        if not math.isnan(row["value"]):
            assert row["low"] <= row["value"] + 1e-9
            assert row["value"] <= row["high"] + 1e-9


@given(st.floats(5e-324, 1e-3), st.floats(0, 1))
def test_hardly_any_observations_say_hardly_anything(n: float, share: float) -> None:
    found = wilson(share * n, n)
    assert found.high - found.low > 0.999 or share in (0, 1)
    assert (wilson(0, n).low, wilson(n, n).high) == (0, 1)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_ends_of_a_bootstrap_are_quantiles_of_its_draws(level: float) -> None:
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    found = bootstrap(lambda at: float(values[at].sum()), 5, level=level, n_draws=400, seed=9)
    random = np.random.default_rng(9)
    sums = [values[random.integers(0, 5, 5)].sum() for _ in range(400)]
    assert (found.low, found.high) == tuple(np.quantile(sums, [(1 - level) / 2, (1 + level) / 2]))


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_bootstrap_of_figures_that_are_not_finite_bounds_nothing(odd: float) -> None:
    found = bootstrap(lambda at: odd if at[0] else 1.0, 3)
    assert (found.value, found.low, found.high) == (1.0, -math.inf, math.inf)


@pytest.mark.parametrize("seed", [-1, 1.5, None])
def test_a_seed_is_a_whole_number_from_0_on(seed: int) -> None:
    with pytest.raises(InvalidOperationError, match="a seed of"):
        bootstrap(lambda at: float(at[0]), 3, seed=seed)
    with pytest.raises(InvalidOperationError, match="a seed of"):
        siblings(["a", "b"], seed=seed)
    with pytest.raises(InvalidOperationError, match="a seed of"):
        outcomes(forest_of("q>a,q>b"), {"a": "x"}, seed=seed)
    with pytest.raises(InvalidOperationError, match="a seed of"):
        drift(forest_of("q>a,q>b"), forest_of("q>a,q>b"), seed=seed)
