"""Intervals cover the truth as often as they say, on forests grown from known processes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.analysis.labels._grown import Sizes, decided, flat, measured, nested

LEAST, MOST = 0.93, 0.97


def same(size: int) -> Sizes:
    return lambda _random, rates: [size] * len(rates)


def uneven(random: np.random.Generator, rates: Any) -> Any:
    return random.choice([1, 2, 3, 8, 20], size=len(rates))


def more_where_it_went_well(random: np.random.Generator, rates: Any) -> Any:
    return np.where(random.random(len(rates)) < rates, 12, 2)


def test_intervals_cover_the_rate_of_a_flat_fork() -> None:
    grown = flat(np.random.default_rng(1), 2500, 20)

    assert LEAST <= grown.coverage_of_shares() <= MOST


def test_intervals_cover_the_rate_where_branches_differ() -> None:
    grown = nested(np.random.default_rng(2), 1500, 10, same(5), clustering=0.3)

    assert LEAST <= grown.coverage_of_shares() <= MOST


def test_weights_per_sibling_allow_for_having_explored_more_where_it_went_well() -> None:
    random = np.random.default_rng(3)
    sizes = more_where_it_went_well
    grown = nested(random, 1500, 10, sizes, clustering=0.3, weights="sibling")

    assert LEAST <= grown.coverage_of_shares() <= MOST


def test_weights_per_tip_do_not() -> None:
    random = np.random.default_rng(4)
    grown = nested(random, 500, 10, more_where_it_went_well, clustering=0.3, weights="tip")

    assert grown.coverage_of_shares() < 0.9


def test_intervals_of_means_cover_them_where_branches_differ() -> None:
    grown = measured(np.random.default_rng(5), 1500, 6, 4)

    assert LEAST <= grown.coverage_of_means() <= MOST


def test_other_levels_are_kept_too() -> None:
    grown = flat(np.random.default_rng(6), 2500, 20, level=0.8)

    assert 0.77 <= grown.coverage_of_shares() <= 0.84


@pytest.mark.parametrize("spread", [1.0, 0.3, 0.0])
def test_intervals_of_gains_cover_them_whether_branches_differ_or_not(spread: float) -> None:
    # 300 forks: a share of 0.95 is found with a standard error of 0.013.
    grown = decided(np.random.default_rng(8), 300, 5, 20, spread=spread)

    assert 0.92 <= grown.coverage_of_gains(n_draws=199) <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("n_tips", [5, 10, 30, 100])
def test_intervals_cover_the_rate_of_flat_forks_of_any_size(n_tips: int) -> None:
    grown = flat(np.random.default_rng(n_tips), 6000, n_tips)

    assert LEAST <= grown.coverage_of_shares() <= MOST


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("clustering", [0.1, 0.3, 0.6])
@pytest.mark.parametrize(
    "sizes",
    [same(3), same(10), uneven, more_where_it_went_well],
    ids=["3 tips", "10 tips", "uneven", "explored"],
)
@pytest.mark.parametrize("n_branches", [8, 12, 20])
def test_intervals_cover_the_rate_of_nested_forks(
    n_branches: int, sizes: Sizes, clustering: float
) -> None:
    random = np.random.default_rng(7)
    grown = nested(random, 4000, n_branches, sizes, clustering=clustering, weights="sibling")

    assert LEAST <= grown.coverage_of_shares() <= MOST
