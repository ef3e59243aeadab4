"""Intervals: known figures, references, and what they must not depend on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import t as student

from grok_tree.analysis import bootstrap, wilson
from grok_tree.analysis._student import t_quantile
from grok_tree.errors import InvalidOperationError


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


def test_without_observations_nothing_is_known() -> None:
    estimate = wilson(0, 0)
    assert math.isnan(estimate.value)
    assert (estimate.low, estimate.high) == (0, 1)


@pytest.mark.parametrize(("successes", "n", "level"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
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
