"""How many independent outcomes clustered ones are worth: by hand, and as scipy has intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from grok_tree.analysis import compare, outcomes, wilson
from grok_tree.forest import Response
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis._graphs import parents
from tests.unit.analysis.labels._forests import first_letter

# Four branches of four tips, of which 4, 2, 2 and 0 are x. The shares of the branches vary by
# 4/3 (1/16)(1/4 + 0 + 0 + 1/4) = 1/24, sixteen independent outcomes by (1/4) / 16 = 1/64: that is
# 8/3 times as much, and what is above 1 is raised by a power of t/z with 3 degrees of freedom.
NUMBERS_OF_X = {"a": 4, "b": 2, "c": 2, "d": 0}
BRANCHES = ",".join(
    f"q>{branch}>{'x' if tip < n else 'y'}{branch}{tip}"
    for branch, n in NUMBERS_OF_X.items()
    for tip in range(4)
)


def last_letter(response: Response) -> str:
    return response.message[-1]


def t_over_z(level: float) -> float:
    return float(stats.t.ppf((1 + level) / 2, 3) / stats.norm.ppf((1 + level) / 2))


def test_the_design_effect_of_shares_by_hand() -> None:
    found = outcomes(forest_of(BRANCHES), first_letter, level=0.5).at("q")

    worth = 16 / (1 + (8 / 3 - 1) * t_over_z(0.5) ** 3)
    assert 4 < worth < 16 / (8 / 3)
    assert found.n_effective == pytest.approx(worth)
    share, expected = found.shares["x"], wilson(worth / 2, worth, level=0.5)
    assert (share.low, share.high) == pytest.approx((expected.low, expected.high))


def test_the_design_effect_of_means_by_hand() -> None:
    found = outcomes(forest_of(BRANCHES), lambda one: float(one.message[0] == "x")).at("q")

    worth = 16 / (1 + (8 / 3 - 1) * t_over_z(0.95))
    half = stats.t.ppf(0.975, worth - 1) * math.sqrt(1 / 4 / (worth - 1))
    assert found.n_effective == pytest.approx(worth)
    assert found.mean is not None
    assert (found.mean.low, found.mean.high) == pytest.approx((0.5 - half, 0.5 + half))


def test_more_confidence_makes_branches_that_differ_worth_less() -> None:
    worth = [
        outcomes(forest_of(BRANCHES), first_letter, level=level).at("q").n_effective
        for level in (0.2, 0.5, 0.8, 0.95)
    ]

    assert worth == sorted(worth, reverse=True)
    assert worth[-1] == pytest.approx(4), "as much as if each branch had one end alone"


@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=8),
    st.lists(st.integers(-9, 9), min_size=2, max_size=8),
)
def test_two_forests_of_quantities_are_compared_as_scipy_does(
    first: list[int], second: list[int]
) -> None:
    assume(len({*first}) > 1 and len({*second}) > 1)
    pair = [
        outcomes(forest_from_parents([-1, *[0] * len(side)]), lambda r: 2.0 * side[r.position - 1])  # noqa: B023
        for side in (first, second)
    ]
    found = compare(*pair, n_permutations=1)[0]

    sides = [2 * np.array(side, float) for side in (first, second)]
    expected = stats.ttest_ind(sides[1], sides[0], equal_var=False).confidence_interval()
    assert found.difference.value == pytest.approx(sides[1].mean() - sides[0].mean(), abs=1e-9)
    assert (found.difference.low, found.difference.high) == pytest.approx(tuple(expected), rel=1e-6)
    for side, one in zip(sides, (found.before, found.after), strict=True):
        single = stats.t.interval(0.95, len(side) - 1, side.mean(), stats.sem(side))
        assert (one.low, one.high) == pytest.approx(single, rel=1e-6)
    assert found.cliffs_delta == pytest.approx(
        np.sign(sides[1][:, None] - sides[0][None, :]).mean()
    )


@given(
    parents(least=2, most=16),
    st.integers(-20, 20),
    st.sampled_from([0.25, 1, 8]),
    st.sampled_from(["tip", "sibling"]),
)
def test_what_moves_all_quantities_of_a_forest_moves_their_mean(
    above: list[int], more: int, unit: float, weights: Any
) -> None:
    forest = forest_from_parents(above)
    plain, moved = (
        outcomes(forest, lambda r: one * (r.position**2 % 7) + other, weights=weights)  # noqa: B023
        for one, other in ((1.0, 0.0), (unit, float(more)))
    )
    found = compare(plain, moved, n_permutations=1)[0]

    def expected(value: float) -> float:
        return unit * value + more

    ends = [expected(one) for one in (found.before.value, found.before.low, found.before.high)]
    assert [found.after.value, found.after.low, found.after.high] == pytest.approx(ends, abs=1e-6)
    assert found.difference.value == pytest.approx(ends[0] - found.before.value, abs=1e-9)


def test_only_what_differs_within_blocks_widens_the_interval_of_a_share() -> None:
    # At p x is 2 of 3 of each model, at r 1 of 3. Six units of 1/6 each vary in their blocks by
    # 3/2 (1/36) (2/3) = 1/36, two blocks and two kinds: 4/36, with 4 degrees of freedom; one unit's
    # worth of all together is (1/2) / 6 more.
    shape = "p0>xa,p0>xb,p0>xc,p0>xd,p0>ye,p0>yf,r1>xg,r1>xh,r1>yi,r1>yj,r1>yk,r1>yl"
    found = compare(
        outcomes(forest_of(shape), first_letter, weights="sibling"),
        by=lambda one: "abcdefghijkl".index(one.message[1]) % 2,
    )[0]

    variance = (4 * 4 / 36 + 1 / 2 / 6) / 5
    worth = 1 / 2 / variance * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 4)) ** 2
    expected = wilson(worth / 2, worth)
    assert (found.n_units, found.n_blocks) == ((6, 6), 2)
    assert (found.before.value, found.after.value) == pytest.approx((1 / 2, 1 / 2))
    assert (found.before.low, found.before.high) == pytest.approx((expected.low, expected.high))


def test_a_branch_with_more_tips_counts_more_in_the_test_too() -> None:
    # Tips: m 3 x and n 1 y of model a, o 1 y and p 2 y of model b. With the x in one condition, its
    # share there is 3/4 with n or o, and 3/5 with p: as large as seen in 4 of 6 ways.
    shape = "q>m>x1a,m>x2a,m>x3a,q>n>y1a,q>o>y1b,q>p>y2b,p>y3b"
    found = compare(outcomes(forest_of(shape), first_letter), by=last_letter)[0]

    assert found.difference.value == pytest.approx(-3 / 4)
    assert found.p_value == pytest.approx(4 / 6)


@pytest.mark.parametrize(
    ("weights", "shares", "p_value"),
    # p parts x from y, r does not. By tips r counts twice as much: 1/3 is the least there is. By
    # siblings r makes up for p where it falls the other way round, in 1 of 6 ways.
    [("tip", (2 / 3, 1 / 3), 1.0), ("sibling", (3 / 4, 1 / 4), 5 / 6)],
)
def test_blocks_count_as_the_weights_say(
    weights: str, shares: tuple[float, float], p_value: float
) -> None:
    shape = "p>x1a,p>y2b,r>x3a,r>y4a,r>x5b,r>y6b"
    found = compare(outcomes(forest_of(shape), first_letter, weights=weights), by=last_letter)[0]  # type: ignore[arg-type]

    assert (found.before.value, found.after.value) == pytest.approx(shares)
    assert found.p_value == pytest.approx(p_value)


def test_what_hangs_where_the_other_condition_is_missing_is_left_out_and_counted() -> None:
    shape = "p>x1a,p>x2a,p>y3b,p>y4b,r>x5a,r>x6a,r>y7a"
    found = compare(outcomes(forest_of(shape), first_letter), by=last_letter)[0]

    assert (found.n_left_out, found.n_blocks, found.n_units) == (3, 1, (2, 2))
    assert (found.before.value, found.before.n) == (1, 2)


def test_a_drawn_p_value_is_never_nothing() -> None:
    ends = [None, *["x"] * 30, *["y"] * 30]
    found = compare(
        outcomes(forest_from_parents([-1, *[0] * 60]), lambda one: ends[one.position]),
        by=lambda one: one.position > 30,
        n_permutations=99,
    )[0]

    assert (found.exact, found.p_value) == (False, 1 / 100)
