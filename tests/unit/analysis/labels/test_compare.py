"""Two conditions side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from grok_tree.analysis import Estimate, compare, outcomes, wilson
from grok_tree.analysis.labels._effects import (
    cliffs_delta,
    cohens_h,
    hedges_g,
    newcombe,
    odds_ratio,
    welch,
)
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis.labels._forests import first_letter

SEVEN = "q>x1a,q>x2a,q>y3a,q>x4b,q>y5b,q>y6b,q>y7b"


def last_letter(response: Response) -> str:
    return response.message[-1]


def test_two_models_under_one_prompt_are_compared_by_hand() -> None:
    found = compare(outcomes(forest_of(SEVEN), first_letter), by=last_letter)[0]

    # x in 2 of 3 of a, in 1 of 4 of b.
    assert (found.before.value, found.after.value) == pytest.approx((2 / 3, 1 / 4))
    assert found.difference.value == pytest.approx(1 / 4 - 2 / 3)
    # Of the three x, 0, 1, 2, 3 fall to a in 4, 18, 12, 1 of 35 ways, and then the shares differ by
    # -3/4, -1/6, 5/12, 1: in all but 18 ways by 5/12 or more.
    assert found.p_value == pytest.approx(17 / 35)
    assert (found.exact, found.n_permutations, found.n_blocks) == (True, 35, 1)
    assert found.n_units == (3, 4)
    # With a half more each: odds of 1.5 to 3.5 in b, of 2.5 to 1.5 in a.
    assert found.effect_sizes["odds_ratio"].value == pytest.approx(1.5 * 1.5 / (3.5 * 2.5))
    h = 2 * math.asin(math.sqrt(1 / 4)) - 2 * math.asin(math.sqrt(2 / 3))
    assert found.effect_sizes["cohens_h"].value == pytest.approx(h)


def test_the_interval_of_newcombe_is_that_of_his_paper() -> None:
    # 56/70 against 48/80: 0.2000, 0.0524 to 0.3339 by method 10.
    found = newcombe(wilson(48, 80), wilson(56, 70))

    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_within_prompts_units_stay_below_their_prompt() -> None:
    # Two prompts; at p all end x, at r all end y, whichever model: nothing differs.
    shape = "p>x1a,p>x2a,p>x3b,r>y4a,r>y5b,r>y6b"
    found = compare(outcomes(forest_of(shape), first_letter), by=last_letter)[0]

    # Over all tips a has x in 2 of 3, b in 1 of 3; within prompts the shares are the same.
    assert found.difference.value == pytest.approx(0)
    assert (found.p_value, found.n_blocks) == (1, 2)
    assert "within every fork" in found.exchanged


def test_a_branch_of_one_condition_is_one_unit() -> None:
    shape = "q>m>x1a,m>x2a,m>x3a,q>n>y1a,n>y2a,q>o>y1b,q>p>y2b"
    found = compare(outcomes(forest_of(shape), first_letter), by=last_letter)[0]

    assert found.n_units == (2, 2)
    assert found.n_permutations == 6


def test_two_prompts_are_compared_by_their_answers() -> None:
    shape = "q>p>x1a,p>x2a,p>x3a,q>r>y1b,r>y2b,r>y3b"
    found = compare(outcomes(forest_of(shape), first_letter), by=last_letter)[0]

    assert "below each of the two" in found.exchanged
    # 2 of the 20 ways are as different.
    assert (found.n_units, found.p_value) == ((3, 3), 2 / 20)


def test_where_no_fork_has_both_conditions_all_branches_are_one_pot() -> None:
    # At each fork there are two of the three conditions, at none are a and b.
    forest = forest_of("p>x1a,p>x2c,r>y1b,r>y2c")
    pairs = compare(outcomes(forest, first_letter), by=last_letter).comparisons
    found = next(one for one in pairs if (one.first, one.second) == ("a", "b"))

    assert found.n_units == (1, 1)
    assert "no fork has both" in found.exchanged


def test_two_forests_are_compared() -> None:
    first = outcomes(forest_of("q>x1,q>x2,q>y3"), first_letter)
    second = outcomes(forest_of("q>y1,q>y2,q>y3"), first_letter)
    found = compare(first, second, names=("before", "after"))[0]

    assert (found.first, found.second, found.outcome) == ("before", "after", "x")
    assert (found.before.value, found.after.value) == pytest.approx((2 / 3, 0))
    # Both x fall to one forest in 2 * 4 of the 20 ways.
    assert found.p_value == pytest.approx(8 / 20)


def test_several_conditions_are_compared_pair_by_pair_and_corrected() -> None:
    shape = "q>x1a,q>x2a,q>y1b,q>y2b,q>z1c,q>z2c"
    found = compare(outcomes(forest_of(shape), first_letter), by=last_letter)

    # Three pairs, three outcomes each.
    assert len(found) == 9
    assert all(one.p_adjusted >= one.p_value for one in found.comparisons)
    assert len(found.to_records()) == 9


def test_a_p_that_allows_for_other_comparisons_stands_beside_its_own() -> None:
    shape = "q>x1a,q>x2a,q>x3a,q>y1b,q>y2b,q>y3b,q>y1c,q>y2c,q>y3c"
    several = compare(outcomes(forest_of(shape), first_letter), by=last_letter)
    alone = compare(outcomes(forest_of(SEVEN), first_letter), by=last_letter)

    # All x stand with a: 2 of the 20 ways to deal six answers; three pairs.
    assert str(several[0]).endswith("p = 0.1 (adjusted 0.3)")
    assert str(alone[0]).endswith(f"p = {alone[0].p_value:.3g}")


def test_what_has_no_condition_is_left_out() -> None:
    shape = f"{SEVEN},q>x8c,q>m>x9c,m>y9b"
    found = compare(
        outcomes(forest_of(shape), first_letter),
        by=lambda response: None if response.message[-1] == "c" else response.message[-1],
    )[0]

    assert (found.before.n, found.after.n) == (3, 5)


def test_branches_without_weight_are_left_out() -> None:
    def all_but_the_first(_above: Response | None, children: Sequence[Response]) -> list[float]:
        return [float(child.message != "x1a") for child in children]

    found = compare(
        outcomes(forest_of(SEVEN), first_letter, weights=all_but_the_first), by=last_letter
    )[0]

    # Of a, x2a and y3a are left.
    assert (found.before.value, found.after.value) == pytest.approx((1 / 2, 1 / 4))
    assert (found.n_units, found.n_left_out) == ((2, 4), 1)


def test_a_condition_without_weight_is_refused_by_name() -> None:
    found = outcomes(
        forest_of(SEVEN), first_letter, weights=lambda _, all_: [r.message[-1] == "a" for r in all_]
    )

    with pytest.raises(InvalidOperationError, match="0 to every branch of 'b'"):
        compare(found, by=last_letter)


def test_quantities_are_compared_by_their_means() -> None:
    forest = forest_of("q>1a,q>2a,q>6a,q>5b,q>6b,q>9b,q>8b")
    found = compare(outcomes(forest, lambda r: float(r.message[0])), by=last_letter)[0]

    first, second = [1.0, 2.0, 6.0], [5.0, 6.0, 9.0, 8.0]
    reference = stats.ttest_ind(second, first, equal_var=False).confidence_interval()
    assert found.difference.value == pytest.approx(4)
    assert (found.difference.low, found.difference.high) == pytest.approx(tuple(reference))
    # Of twelve pairs the second is more in 10, equal in 1, less in 1.
    assert found.cliffs_delta == pytest.approx((10 - 1) / 12)
    assert found.outcome is None


@pytest.mark.parametrize("unit", [1e-40, 1e40, 1e98])
def test_the_unit_of_quantities_is_that_of_their_difference(unit: float) -> None:
    forest = forest_of("q>1a,q>2a,q>6a,q>5b,q>6b,q>9b,q>8b")
    ones, others = (
        compare(
            outcomes(forest, lambda one: factor * float(one.message[0])),  # noqa: B023
            by=last_letter,
        )[0]
        for factor in (1.0, unit)
    )

    before = ones.difference
    assert (others.difference.value, others.difference.low, others.difference.high) == (
        pytest.approx((unit * before.value, unit * before.low, unit * before.high), rel=1e-6)
    )
    g, same = ones.effect_sizes["hedges_g"], others.effect_sizes["hedges_g"]
    assert (g.value, g.low, g.high) == pytest.approx((same.value, same.low, same.high), rel=1e-6)
    assert (ones.cliffs_delta, ones.p_value) == (others.cliffs_delta, others.p_value)


def test_two_forests_in_quite_different_units_are_compared() -> None:
    tiny, huge = (
        outcomes(forest_of("q>1a,q>2a,q>6a"), lambda one: factor * float(one.message[0]))  # noqa: B023
        for factor in (1e-99, 1e99)
    )

    there, back = compare(tiny, huge)[0].difference, compare(huge, tiny)[0].difference
    assert there.value == pytest.approx(3e99)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_equal_quantities_of_two_forests_are_equal_however_the_others_lie() -> None:
    pair = [outcomes(forest_of(f"q>{ones}"), score) for ones in ("0a,q>1b", "0a,q>1b,q>9c")]

    # Of six pairs the second is more in 3 (9 twice, 1 once), equal in 2, less in 1.
    assert compare(*pair)[0].cliffs_delta == pytest.approx((3 - 1) / 6)


def score(response: Response) -> float | None:
    return float(response.message[0]) / 10 if response.message[0].isdigit() else None


def test_conditions_that_are_each_alike_have_no_spread() -> None:
    forest = forest_of("q>1a,q>2a,q>3a,q>4b,q>5b")
    found = compare(
        outcomes(forest, lambda one: 0.1 if one.message[1] == "a" else 0.7), by=last_letter
    )

    difference = found[0].difference
    assert difference.value == pytest.approx(0.6)
    assert (difference.low, difference.high) == (difference.value, difference.value)
    assert difference.method == "no spread"
    assert found[0].cliffs_delta == 1


def test_hedges_g_by_hand() -> None:
    # Both have variance 1, f = 4, J = 1 - 3/15. The variance of the difference is 1/3 + 1/3 with 4
    # degrees of freedom, that of g 0.8² 2/3 + 1.6²/8, and t = 2.776.
    difference = Estimate(2.0, 0, 4, 0.95, "welch", 6)
    spread = np.array([1 / 3, 2.0])
    values = np.array([1.0, 2, 3]), np.array([3.0, 4, 5])
    found = hedges_g(difference, *values, spreads=(spread, spread))

    half = 2.776 * math.sqrt(0.8**2 * 2 / 3 + 1.6**2 / 8)
    assert found.value == pytest.approx(2 * 0.8)
    assert (found.low, found.high) == pytest.approx((1.6 - half, 1.6 + half), abs=1e-3)


def test_cohens_h_by_hand() -> None:
    # Shares of 1/4 and 3/4 are arcsines of pi/3 and 2 pi/3, their ends here 0 and 1: pi/3 away.
    one = Estimate(0.25, 0, 0.5, 0.95, "wilson", 4)
    other = Estimate(0.75, 0.5, 1, 0.95, "wilson", 4)
    found = cohens_h(one, other)

    # Towards 0: from pi/3 up to asin of a half, pi/2, and from 2 pi/3 down to pi/2.
    near = math.pi / 3 - math.hypot(math.pi / 6, math.pi / 6)
    far = math.pi / 3 + math.hypot(math.pi / 3, math.pi / 3)
    assert (found.value, found.low, found.high) == pytest.approx((math.pi / 3, near, far))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({}, "two forests, or of one", id="neither"),
        pytest.param({"by": lambda _: "same"}, "finds 1 of the conditions", id="one"),
        pytest.param({"by": lambda _: None}, "None for every response", id="none"),
        pytest.param({"by": last_letter, "n_permutations": 0}, "0 permutations", id="zero"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidOperationError, match=message):
        compare(outcomes(forest_of(SEVEN), first_letter), **arguments)  # type: ignore[arg-type]


def test_forests_with_different_sorts_of_outcomes_are_not_compared() -> None:
    kinds = outcomes(forest_of("q>a"), {"a": "x"})
    quantities = outcomes(forest_of("q>a"), {"a": 1.0})

    with pytest.raises(InvalidOperationError, match="label both alike"):
        compare(kinds, quantities)
    with pytest.raises(InvalidOperationError, match="second has no outcomes"):
        compare(kinds, outcomes(forest_of("q>a"), {}))
    with pytest.raises(InvalidOperationError, match="both conditions are called"):
        compare(kinds, kinds, names=("a", "a"))


ENDS = st.lists(st.booleans(), min_size=2, max_size=6)


@given(ENDS, ENDS)
@settings(deadline=None)
def test_the_exact_test_agrees_with_scipy(first: list[bool], second: list[bool]) -> None:
    forest = forest_from_parents([-1, *[0] * (len(first) + len(second))])
    ends = [None, *first, *second]
    found = compare(
        outcomes(forest, lambda r: ends[r.position]),
        by=lambda r: r.position <= len(first),
    )
    reference = stats.permutation_test(
        (np.array(first, float), np.array(second, float)),
        lambda a, b: abs(a.mean() - b.mean()),
        alternative="greater",
        n_resamples=np.inf,
        vectorized=False,
    )

    assert found[0].exact
    assert found[0].p_value == pytest.approx(reference.pvalue)


@given(ENDS, ENDS)
@settings(deadline=None)
def test_the_other_way_round_the_difference_is_the_opposite(
    first: list[bool], second: list[bool]
) -> None:
    one, other = (
        outcomes(forest_of(",".join(f"q>{end}{n}" for n, end in enumerate(ends))), first_letter)
        for ends in (first, second)
    )
    there, back = compare(one, other), compare(other, one)
    pairs = {comparison.outcome: comparison for comparison in back.comparisons}
    for comparison in there.comparisons:
        if comparison.outcome in pairs:
            mirrored = pairs[comparison.outcome]
            assert comparison.difference.value == pytest.approx(-mirrored.difference.value)
            assert comparison.difference.low == pytest.approx(-mirrored.difference.high)
            assert comparison.p_value == pytest.approx(mirrored.p_value)


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=8),
    st.lists(st.integers(-3, 3), min_size=1, max_size=8),
    st.integers(-5, 5),
)
def test_cliffs_delta_is_that_of_all_pairs_and_knows_no_constant(
    first: list[int], second: list[int], more: int
) -> None:
    pairs = [(b > a) - (b < a) for a in first for b in second]
    expected = sum(pairs) / len(pairs)

    arrays = np.array(first, float), np.array(second, float)
    assert cliffs_delta(*arrays) == pytest.approx(expected)
    assert cliffs_delta(arrays[0] + more, arrays[1] + more) == pytest.approx(expected)


def test_differences_are_covered_as_often_as_they_should_be() -> None:
    random = np.random.default_rng(5)
    covered = []
    for _ in range(400):
        rates = random.random(2)
        ends = [(random.random(15) < rate).tolist() for rate in rates]
        a, b = (wilson(sum(one), 15) for one in ends)
        covered.append(rates[1] - rates[0] in newcombe(a, b))

    assert 0.93 <= np.mean(covered) <= 0.98


@given(st.integers(0, 9), st.integers(0, 9), st.integers(9, 30), st.integers(9, 30))
def test_effect_sizes_of_shares_turn_round_with_their_conditions(
    ours: int, theirs: int, n_ours: int, n_theirs: int
) -> None:
    counts = (ours, n_ours - ours), (theirs, n_theirs - theirs)
    there, back = odds_ratio(*counts, level=0.95), odds_ratio(*counts[::-1], level=0.95)
    assert (there.value, there.low) == pytest.approx((1 / back.value, 1 / back.high))

    shares = wilson(ours, n_ours), wilson(theirs, n_theirs)
    there, back = cohens_h(*shares), cohens_h(*shares[::-1])
    assert (there.value, there.low) == pytest.approx((-back.value, -back.high), abs=1e-12)


def test_only_what_differs_within_blocks_widens_the_interval_of_a_mean() -> None:
    # At p 1, 2, 3 of a, at r 11, 12, 13: means that vary by 1/3 each, so that their mean varies by
    # (1/3 + 1/3) / 4 = 1/6, with 2 + 2 degrees of freedom; and the same of b.
    shape = ",".join(
        f"{at}>{ten}{one}{model}" for at, ten in ("p0", "r1") for one in "123" for model in "ab"
    )
    forest = forest_of(shape)
    found = compare(outcomes(forest, lambda r: float(r.message[:-1])), by=last_letter)[0]

    assert found.n_blocks == 2
    # The means are 7; t with 4 degrees of freedom is 2.776.
    half = 2.776 * math.sqrt(1 / 6)
    assert (found.before.low, found.before.high) == pytest.approx((7 - half, 7 + half), abs=0.01)


def test_differences_within_blocks_that_are_unlike_are_covered() -> None:
    random = np.random.default_rng(8)
    rates = np.tile([[0.05], [0.2], [0.5], [0.8], [0.95]], (2, 1))
    prompts = np.repeat(np.arange(10), 10)
    forest = forest_from_parents([*[-1] * 10, *prompts.tolist()])
    covered = []
    for _ in range(300):
        ends = [None] * 10 + (random.random((10, 10)) < rates).ravel().tolist()
        found = compare(
            outcomes(forest, lambda r: ends[r.position], weights="sibling"),  # noqa: B023
            by=lambda r: "ab"[r.position % 2],
            n_permutations=1,
        )
        covered.append(0 in found[0].difference)

    # 300 runs: a share of 0.95 is found with a standard error of 0.013.
    assert 0.915 <= np.mean(covered) <= 0.98


def test_cohens_h_of_rare_outcomes_is_covered() -> None:
    random = np.random.default_rng(6)
    truth = 2 * math.asin(math.sqrt(0.2)) - 2 * math.asin(math.sqrt(0.05))
    covered = []
    for before, after in zip(
        random.binomial(50, 0.05, 2000), random.binomial(50, 0.2, 2000), strict=True
    ):
        covered.append(truth in cohens_h(wilson(int(before), 50), wilson(int(after), 50)))

    assert 0.93 <= np.mean(covered) <= 0.97


def test_hedges_g_is_covered_where_outcomes_of_a_branch_are_alike() -> None:
    random = np.random.default_rng(7)
    covered = []
    for _ in range(600):
        # Eight branches of five outcomes each; the branches' means vary as much as outcomes do.
        sides = [more + random.normal(size=(8, 1)) + random.normal(size=(8, 5)) for more in (0, 1)]
        means = [Estimate(one.mean(), 0, 0, 0.95, "", 40) for one in sides]
        spreads = [np.array([one.mean(axis=1).var(ddof=1) / 8, 7.0]) for one in sides]
        both = spreads[0], spreads[1]
        values = [one.ravel() for one in sides]
        found = hedges_g(welch(*means, spreads=both), *values, spreads=both)
        covered.append(1 / math.sqrt(2) in found)

    # 600 runs: a share of 0.95 is found with a standard error of 0.009.
    assert 0.925 <= np.mean(covered) <= 0.98


def test_large_comparisons_are_drawn_with_the_seed() -> None:
    random = np.random.default_rng(1)
    ends = [None, *(random.random(200) < 0.5).tolist()]
    forest = forest_from_parents([-1, *[0] * 200])
    found = [
        compare(
            outcomes(forest, lambda r: ends[r.position], seed=4),
            by=lambda r: r.position % 2,
            n_permutations=500,
        )
        for _ in range(2)
    ]

    assert found[0] == found[1]
    assert (found[0][0].exact, found[0][0].n_permutations, found[0].seed) == (False, 500, 4)
