"""What tests of groups compare: by hand, and what must not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grok_tree.analysis import outcomes
from grok_tree.analysis.labels._studentised import studentised
from grok_tree.analysis.labels._units import Units
from grok_tree.testing import forest_from_parents
from tests.unit.analysis.labels._grown import exchangeable


def units_of(groups: Any, n: Any = None) -> Units:
    """Units that count the same, from the rows of each group."""
    sizes = np.array([len(group) for group in groups])
    rows = np.concatenate([np.array(group, dtype=float) for group in groups])
    n = np.ones(len(rows)) if n is None else np.array(n, dtype=float)
    weights = np.repeat(1 / sizes, sizes)
    return Units(rows, n, weights, np.cumsum(sizes) - sizes, np.ones(len(groups)), per_tip=False)


def quantities(*groups: list[float]) -> Units:
    return units_of([[[one, one**2] for one in group] for group in groups])


X, Y = [1.0, 0.0], [0.0, 1.0]


def test_the_distance_of_quantities_by_hand() -> None:
    # Around 4 the six have the variance 9. Within the groups there are 2/9 where 1, and 4/9 where 3
    # are expected: F = (1 + 6/9) / (1 + 4) = 1/3, and f = (2/9 + 4/3) / 5 and (4/9 + 4/3) / 7.
    found = studentised(quantities([7, 9], [1, 3, 1, 3]), quantities=True)

    variances = 9 * (14 / 45) / 2, 9 * (16 / 63) / 4
    assert found()[0] == pytest.approx((8 - 2) ** 2 / sum(variances))


def test_the_distance_of_single_outcomes_of_two_kinds_by_hand() -> None:
    # 3 of 4 against 1 of 6. A share of single outcomes differs as is expected of it: f = F = 1, and
    # the distance is that of shares over their variance at the common share of 4 of 10.
    found = studentised(units_of([[X, X, X, Y], [X, Y, Y, Y, Y, Y]]), quantities=False)

    apart, variance = 3 / 4 - 1 / 6, 0.4 * 0.6 * (1 / 4 + 1 / 6)
    assert found()[0] == pytest.approx(apart**2 / variance)


def test_a_group_of_one_unit_has_the_variance_of_the_others() -> None:
    # One outcome tells nothing of how much others differ: its own is 1 * 0.5 * 0.5.
    found = studentised(units_of([[X], [X, Y, Y, X, Y]]), quantities=False)

    assert found()[0] == pytest.approx((1 - 2 / 5) ** 2 / (0.25 * (1 + 1 / 5)))


def test_units_with_more_outcomes_are_known_better() -> None:
    one = studentised(units_of([[X, Y], [X, X]]), quantities=False)
    mixed = [[0.5, 0.5], [0.5, 0.5]]
    many = studentised(units_of([[X, Y], mixed], [1, 1, 10, 10]), quantities=False)

    assert one.expected.tolist() == [1, 1, 1, 1]
    # Ten outcomes that are always half and half are not alike at all: r is 0.
    assert many.expected.tolist() == [1, 1, 0.1, 0.1]


def test_groups_whose_units_are_all_alike_lie_apart_by_a_finite_distance() -> None:
    for found in (
        studentised(quantities([1, 1], [2, 2], [3, 3, 3]), quantities=True),
        studentised(units_of([[X, X], [Y, Y], [Y]]), quantities=False),
    ):
        assert np.isfinite(found()[0])
        assert found()[0] > 1


def test_where_nothing_differs_there_is_no_distance_for_any_order() -> None:
    same = studentised(units_of([[X, X], [X]]), quantities=False)
    alike = studentised(quantities([2, 2], [2]), quantities=True)
    orders = np.array([[0, 1, 2], [2, 1, 0]], np.int32)

    assert same(orders).tolist() == alike(orders).tolist() == [0, 0]


def test_a_group_that_counts_nothing_is_not_compared() -> None:
    units = units_of([[X, Y], [X, X], [Y, Y]])
    weights = np.array([0.5, 0.5, 0.5, 0.5, 0, 0])
    silent = Units(units.rows, units.n, weights, units.starts, units.shares, per_tip=False)
    moved = np.array([[0, 1, 2, 3, 5, 4]], np.int32)

    assert np.isfinite(studentised(silent, quantities=False)()[0])
    assert studentised(silent, quantities=False)(moved) == studentised(silent, quantities=False)()


SHARES = st.lists(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), min_size=1),
    min_size=2,
    max_size=4,
).filter(lambda groups: all(sum(unit) for group in groups for unit in group))
MEASURED = st.lists(
    st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=6), min_size=2, max_size=4
)


def kinds_in(groups: Any) -> Units:
    rows = [[np.array(unit) / sum(unit) for unit in group] for group in groups]
    return units_of(rows, [sum(unit) for group in groups for unit in group])


@given(SHARES, st.permutations(range(3)))
@settings(deadline=None)
def test_neither_names_of_kinds_nor_the_order_of_children_and_units_matter(
    groups: Any, names: list[int]
) -> None:
    renamed = [[[unit[name] for name in names] for unit in group[::-1]] for group in groups[::-1]]

    there = studentised(kinds_in(groups), quantities=False)()[0]
    assert studentised(kinds_in(renamed), quantities=False)()[0] == pytest.approx(there, abs=1e-9)


@given(MEASURED, st.sampled_from([0.5, -3.0]), st.sampled_from([0.0, 7.0]))
@settings(deadline=None)
def test_neither_unit_nor_origin_of_quantities_matters(
    groups: list[list[float]], unit: float, origin: float
) -> None:
    moved = [[unit * one + origin for one in group] for group in groups]

    there = studentised(quantities(*groups), quantities=True)()[0]
    assert studentised(quantities(*moved), quantities=True)()[0] == pytest.approx(there, rel=1e-6)


@given(SHARES)
@settings(deadline=None)
def test_any_order_is_measured_as_if_it_were_there(groups: Any) -> None:
    units = kinds_in(groups)
    order = np.arange(len(units), dtype=np.int32)[::-1]
    assume(len(units) > 1)
    dealt = Units(
        units.rows[order],
        units.n[order],
        units.weights,
        units.starts,
        units.shares,
        per_tip=False,
    )

    found = studentised(units, quantities=False)(order[None])[0]
    assert found == pytest.approx(studentised(dealt, quantities=False)()[0], abs=1e-9)


def test_a_fork_is_tested_exactly_where_all_deals_can_be_counted() -> None:
    # Three x below one child and three y below the other: 2 of the 20 deals part them so.
    forest = forest_from_parents([-1, 0, 0, 1, 1, 1, 2, 2, 2])
    found = outcomes(forest, dict(zip(forest.tips.ids, "xxxyyy", strict=True)))
    (fork,) = (
        one
        for one in found.deciding_forks(n_permutations=9999).forks
        if one.n == 6 and one.n_branches == 2
    )

    assert fork.p_value == pytest.approx(2 / 20, abs=0.01)


def test_weights_per_tip_go_with_the_branches() -> None:
    # One branch of four tips that end y beside one of x, and two of x: every deal puts the four
    # beside an x, so none lies apart less.
    forest = forest_from_parents([-1, 0, 0, 1, 1, *[3] * 4, 2, 2])
    found = outcomes(forest, dict(zip(forest.tips.ids, "xyyyyxx", strict=True)))
    first, second = forest.children(forest.roots[0].response_id)

    assert found.parting(first, second).p_value == 1


FEW_SMALL = (5, 1), (20, 6)
RATES, KINDS, RARE = (1, 1), (1,) * 6, (4, 40)
CELLS: dict[str, tuple[Any, Any, str, float]] = {
    "5 and 20, per tip": (FEW_SMALL, RATES, "tip", 0),
    "5 and 20, per sibling": (FEW_SMALL, RATES, "sibling", 0),
    "5 and 20, clustered": (FEW_SMALL, RATES, "sibling", 0.3),
    "12 and 20": (((12, 1), (20, 6)), RATES, "sibling", 0),
    "20 and 20": (((20, 1), (20, 6)), RATES, "sibling", 0),
    "three children": (((8, 1), (20, 6), (20, 6)), RATES, "sibling", 0),
    "six children": (((5, 1), *[(10, 6)] * 5), RATES, "sibling", 0),
    "six kinds": (FEW_SMALL, KINDS, "sibling", 0),
    "quantities": (FEW_SMALL, None, "sibling", 0),
    "quantities, clustered": (FEW_SMALL, None, "sibling", 0.3),
    "quantities, per tip": (FEW_SMALL, None, "tip", 0),
    "balanced": (((8, 3),) * 5, RATES, "sibling", 0.2),
    "balanced, few": (((3, 4),) * 10, RATES, "sibling", 0.2),
    "balanced quantities": (((10, 2),) * 2, None, "sibling", 0.2),
}


def test_children_with_few_small_branches_are_not_found_to_decide_what_they_do_not() -> None:
    # With the gain itself as the statistic it was 23 %.
    grown = exchangeable(np.random.default_rng(11), 250, FEW_SMALL, weights="sibling")

    assert grown.share_of_small_p(n_draws=99) <= 0.09


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("children", "kinds", "weights", "clustering"), CELLS.values(), ids=CELLS)
def test_p_values_of_children_that_say_nothing_are_as_often_small_as_they_say(
    children: Any, kinds: Any, weights: str, clustering: float
) -> None:
    # The largest share is 0.067, of quantities (9000 forks); of 1500 the standard error is 0.006.
    random = np.random.default_rng(7)
    grown = exchangeable(random, 1500, children, kinds, clustering=clustering, weights=weights)

    assert 0.03 <= grown.share_of_small_p(n_draws=199) <= 0.075
