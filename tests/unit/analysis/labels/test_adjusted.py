"""P-values that allow for how many tests were made."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from grok_tree.analysis import Correction, adjusted
from grok_tree.errors import InvalidOperationError

P_VALUES = st.lists(st.floats(0, 1), max_size=20)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # Sorted 0.01, 0.02, 0.04: times 3, 2, 1, never falling.
        pytest.param("holm", [0.04, 0.03, 0.04], id="holm"),
        # Times 3/1, 3/2, 3/3, never rising from the end.
        pytest.param("benjamini-hochberg", [0.03, 0.03, 0.04], id="bh"),
        pytest.param("bonferroni", [0.06, 0.03, 0.12], id="bonferroni"),
        pytest.param("none", [0.02, 0.01, 0.04], id="none"),
    ],
)
def test_three_tests_are_corrected_by_hand(method: Correction, expected: list[float]) -> None:
    assert adjusted([0.02, 0.01, 0.04], method) == pytest.approx(expected)


@given(P_VALUES)
def test_benjamini_and_hochberg_agree_with_scipy(p_values: list[float]) -> None:
    expected = stats.false_discovery_control(p_values) if p_values else []

    assert adjusted(p_values, "benjamini-hochberg") == pytest.approx(list(expected))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_the_closed_test_of_bonferroni(p_values: list[float]) -> None:
    # Rejected is what is so in every set that it is in, by the least p (Marcus et al. 1976).
    places = range(len(p_values))
    several = [chosen for n in places for chosen in combinations(places, n + 1)]
    expected = [
        max(min(1, len(s) * min(p_values[one] for one in s)) for s in several if place in s)
        for place in places
    ]

    assert adjusted(p_values, "holm") == pytest.approx(expected)
    assert adjusted(p_values, "bonferroni") == pytest.approx(
        [min(1, len(p_values) * one) for one in p_values]
    )


@given(P_VALUES, st.sampled_from(["holm", "benjamini-hochberg", "bonferroni"]), st.data())
def test_the_order_of_tests_does_not_matter_and_no_p_value_falls(
    p_values: list[float], method: Correction, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(p_values))))
    found = adjusted(p_values, method)
    again = adjusted([p_values[place] for place in order], method)

    assert again == pytest.approx([found[place] for place in order])
    pairs = zip(p_values, found, strict=True)
    assert all(before <= after <= 1 for before, after in pairs)


def test_unknown_methods_and_values_that_are_no_chances_are_refused() -> None:
    with pytest.raises(InvalidOperationError, match="no correction 'sidak'"):
        adjusted([0.1], "sidak")  # type: ignore[arg-type]
    with pytest.raises(InvalidOperationError, match="a p-value of nan"):
        adjusted([float("nan")])
