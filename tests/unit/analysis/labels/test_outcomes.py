"""What forests end in: shares below every response, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from grok_tree.analysis import Distribution, Weights, matches, outcomes, score, wilson
from grok_tree.analysis._arrays import Arrays
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.forest import Forest, Response, TokenLogprob
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis.labels._forests import ended, first_letter

WEIGHTS = ["tip", "sibling"]


def values(found: Distribution) -> dict[object, float]:
    return {outcome: share.value for outcome, share in found.shares.items()}


def test_per_tip_each_tip_counts_the_same() -> None:
    found = outcomes(forest_of("q>a>x1,a>x2,a>y3,q>b>y4,b>x5"), first_letter)

    # x1, x2 and x5 of five tips.
    assert values(found.at("q")) == pytest.approx({"x": 3 / 5, "y": 2 / 5})
    assert values(found.at("a")) == pytest.approx({"x": 2 / 3, "y": 1 / 3})
    assert (found.at("q").n, found.at("q").n_branches) == (5, 2)


def test_per_sibling_each_branch_of_a_fork_counts_the_same() -> None:
    found = outcomes(forest_of("q>a>x1,a>x2,a>y3,q>b>y4,b>x5"), first_letter, weights="sibling")

    # a has 2/3, b has 1/2: (2/3 + 1/2) / 2 = 7/12.
    assert values(found.at("q")) == pytest.approx({"x": 7 / 12, "y": 5 / 12})


def test_a_fork_of_tips_has_the_interval_of_wilson() -> None:
    found = outcomes(forest_of("q>x1,q>x2,q>y3,q>y4,q>y5"), first_letter).at("q")

    reference = stats.binomtest(2, 5).proportion_ci(method="wilson")
    share = found.shares["x"]
    assert (share.low, share.high) == pytest.approx((reference.low, reference.high))
    assert (share.method, share.n) == ("wilson", 5)
    assert found.n_effective == pytest.approx(5)


def test_tips_below_branches_that_differ_are_worth_fewer() -> None:
    # Below a all are x, below b all are y, below c one of each: shares 1, 0 and 1/2 of two tips.
    found = outcomes(forest_of("q>a>x1,a>x2,q>b>y3,b>y4,q>c>x5,c>y6"), first_letter).at("q")

    # Variance between three branches: 3/2 * (1/9)(1/4 + 1/4 + 0) = 1/12, of six independent tips
    # (1/4) / 6 = 1/24, so the design effect is 2 = the tips of a branch, which is the most.
    assert found.n_effective == pytest.approx(3)
    assert found.shares["x"].low == pytest.approx(wilson(1.5, 3).low)
    assert found.shares["x"].method == "wilson, effective n"


def test_tips_below_branches_that_are_alike_are_worth_all() -> None:
    found = outcomes(forest_of("q>a>x1,a>y2,q>b>x3,b>y4"), first_letter).at("q")

    assert found.n_effective == pytest.approx(4)


def test_branches_that_all_end_alike_are_worth_one_each() -> None:
    found = outcomes(forest_of("q>a>x1,a>x2,q>b>x3,b>x4"), first_letter).at("q")

    assert found.n_effective == pytest.approx(2)
    assert (found.shares["x"].value, found.shares["x"].high) == (1, 1)


def test_a_response_with_one_child_has_its_distribution_and_a_tip_is_known() -> None:
    found = outcomes(forest_of("q>a>b>x1,b>y2"), first_letter)

    assert values(found.at("q")) == values(found.at("a")) == values(found.at("b"))
    assert found.at("q").shares["x"].low == found.at("b").shares["x"].low
    assert found.at("q").n_branches == 1
    assert str(found.at("x1").shares["x"]) == "1 [1, 1]"
    assert found.at("x1").shares["x"].method == "known"


def test_one_tip_below_is_an_observation_and_no_certainty() -> None:
    found = outcomes(forest_of("q>x1"), first_letter).at("q").shares["x"]

    assert found.value == 1
    assert found.low == pytest.approx(wilson(1, 1).low)


def test_several_roots_are_branches_of_the_whole() -> None:
    found = outcomes(forest_of("a>x1,a>x2,b>y3"), first_letter, weights="sibling")

    assert values(found.whole) == pytest.approx({"x": 1 / 2, "y": 1 / 2})
    assert found.whole.response_id is None
    assert list(found.fork_ids) == [None, "a"]


def test_what_has_no_outcome_is_left_out_and_counted() -> None:
    found = outcomes(
        forest_of("q>x1,q>y2,q>z3"), lambda response: {"z": None}.get(response.message[0], "x")
    )

    assert (found.n, found.n_left_out, found.at("q").n) == (2, 1, 2)
    assert math.isnan(found.at("z3").shares["x"].value)
    assert (found.at("z3").shares["x"].low, found.at("z3").shares["x"].high) == (0, 1)
    assert (found.at("z3").n, found.at("z3").n_effective, found.at("z3").n_branches) == (0, 0, 0)
    assert (list(found.branch_ids("q")), list(found.branch_ids("z3"))) == (["x1", "y2"], [])


def test_quantities_have_means_with_the_interval_of_student() -> None:
    marks = {"x1": 1.0, "x2": 2.0, "y3": 6.0}
    found = outcomes(forest_of("q>x1,q>x2,q>y3"), marks).at("q")

    reference = stats.t.interval(0.95, 2, 3.0, stats.sem([1, 2, 6]))
    assert found.mean is not None
    assert found.mean.value == pytest.approx(3)
    assert (found.mean.low, found.mean.high) == pytest.approx(reference)
    assert found.shares == {}


def test_quantities_that_are_alike_below_a_response_have_no_spread_there() -> None:
    # A tenth has no end in binary: the mean of its squares is not quite the square of its mean.
    marks = {name: 0.1 if name < "x4" else 0.7 for name in ("x1", "x2", "x3", "x4", "x5")}
    found = outcomes(forest_of("q>a>x1,a>x2,a>x3,q>b>x4,b>x5"), marks)

    for branch, mark in (("a", 0.1), ("b", 0.7)):
        mean = found.at(branch).mean
        assert mean is not None
        assert (mean.low, mean.high, mean.method) == (mean.value, mean.value, "no spread")
        assert mean.value == pytest.approx(mark)
    assert found.at("q").mean != found.at("a").mean


@pytest.mark.parametrize("unit", [1e-60, 1e-30, 1e99])
def test_the_unit_of_quantities_is_that_of_their_mean(unit: float) -> None:
    forest = forest_of("q>a>1a,a>2b,q>b>3c,b>6d")
    ones, others = (
        outcomes(forest, lambda one: factor * float(one.message[0])).at("q").mean  # noqa: B023
        for factor in (1.0, unit)
    )

    assert ones is not None
    assert others is not None
    expected = [one * unit for one in (ones.value, ones.low, ones.high)]
    assert [others.value, others.low, others.high] == pytest.approx(expected, rel=1e-6)


def test_a_mean_of_one_quantity_may_be_anything() -> None:
    found = outcomes(forest_of("q>x1"), {"x1": 4.0})

    assert found.at("q").mean is not None
    assert str(found.at("q").mean) == "4 [-inf, inf]"
    assert str(found.at("x1").mean) == "4 [4, 4]"


def test_a_response_with_children_may_have_an_outcome_as_one_more_child() -> None:
    found = outcomes(forest_of("q>a>b,a>c"), {"a": "x", "b": "y", "c": "y"}, weights="sibling")

    assert values(found.at("a")) == pytest.approx({"x": 1 / 3, "y": 2 / 3})
    assert found.at("a").n_branches == 3


def test_all_responses_can_be_asked_for_an_outcome() -> None:
    found = outcomes(forest_of("q>a>b,a>c"), first_letter, asked="all")

    assert values(found.whole) == pytest.approx(dict.fromkeys("abcq", 1 / 4))


def test_numbers_and_truths_of_numpy_are_outcomes_like_those_of_python() -> None:
    forest = forest_of("q>a,q>b,q>c")
    by_id: dict[str, Any] = {"a": np.True_, "b": np.False_, "c": np.False_}
    truths = outcomes(forest, lambda response: by_id[response.response_id])
    assert truths.kinds == (True, False)
    assert truths.whole.shares[True].value == pytest.approx(1 / 3)
    by_id = {"a": np.float32(2), "b": np.float64("nan"), "c": np.float64(4)}
    quantities = outcomes(forest, by_id)
    assert quantities.whole.mean is not None
    assert (quantities.whole.mean.value, quantities.n_left_out) == (3, 1)


def test_a_score_is_read_and_a_pattern_is_looked_for() -> None:
    forest = forest_of("q>yes,q>no,q>never")

    assert values(outcomes(forest, matches("^n")).at("q")) == pytest.approx(
        {True: 2 / 3, False: 1 / 3}
    )
    named = {"agrees": "y", "denies": "no"}
    assert values(outcomes(forest, matches(named)).at("q")) == pytest.approx(
        {"agrees": 1 / 3, "denies": 1 / 3, "other": 1 / 3}
    )
    assert outcomes(forest, matches(named, otherwise=None)).n_left_out == 1
    assert outcomes(forest, score("truth")).n == 0


@pytest.mark.parametrize(
    ("label", "message"),
    [
        pytest.param({"a": 0.5, "b": "x"}, "none may be a text", id="mixed"),
        pytest.param({"a": math.inf, "b": 1.0}, "at most 1e100 in size", id="infinite"),
        pytest.param({"a": -1.1e100}, "at most 1e100 in size", id="too large"),
        pytest.param({"a": 0.5, "b": 10**101}, "none may be a text", id="too large a number"),
        pytest.param({"a": (), "b": "x"}, "an outcome is a text", id="tuple"),
        pytest.param({"a": True, "b": 1}, "True equals 1", id="truth and number"),
        pytest.param("x", "a label is a function", id="text"),
    ],
)
def test_unusable_outcomes_are_refused(label: object, message: str) -> None:
    with pytest.raises(InvalidOperationError, match=message):
        outcomes(forest_of("q>a,q>b"), label)  # type: ignore[arg-type]


def test_unusable_options_are_refused() -> None:
    forest = forest_of("q>a,q>b")
    with pytest.raises(InvalidOperationError, match="there are no weights 'votes'"):
        outcomes(forest, first_letter, weights="votes")  # type: ignore[arg-type]
    with pytest.raises(InvalidOperationError, match="'tips' or 'all'"):
        outcomes(forest, first_letter, asked="forks")  # type: ignore[arg-type]
    with pytest.raises(InvalidOperationError, match="the children of q: there must be 2"):
        outcomes(forest, first_letter, weights=lambda _, children: [1.0] * (len(children) + 1))
    with pytest.raises(InvalidOperationError, match="not a regular expression"):
        matches("(")
    with pytest.raises(ResponseNotFound):
        outcomes(forest, {"nobody": "x"})


def test_more_than_256_kinds_are_taken_for_a_mistake() -> None:
    forest = forest_from_parents([-1, *[0] * 300])

    with pytest.raises(InvalidOperationError, match="300 different outcomes"):
        outcomes(forest, lambda response: response.message)


def test_a_function_of_ones_own_weighs_branches() -> None:
    found = outcomes(forest_of("q>x1,q>y2"), first_letter, weights=lambda _q, _children: [3, 1])

    assert values(found.at("q")) == pytest.approx({"x": 3 / 4, "y": 1 / 4})
    # 1 / (9/16 + 1/16) = 1.6
    assert found.at("q").n_effective == pytest.approx(1.6)


@given(st.sampled_from([5e-324, 1e-300, 1.0, 1e300, 1.7e308]))
def test_the_unit_of_weights_does_not_matter(unit: float) -> None:
    forest = forest_of("q>a>x1,a>y2,q>b>y3,b>y4,q>c>x5")
    found = [
        outcomes(forest, first_letter, weights=lambda _, ones: [factor] * len(ones)).at("q")  # noqa: B023
        for factor in (1.0, unit)
    ]

    assert found[0] == found[1]


@pytest.mark.parametrize(
    "given_weights",
    [None, [], ["a", "b"], [None, 1], [0, 0], [-1, 2], [math.nan, 1], [math.inf, 1], 3.0],
    ids=repr,
)
def test_weights_that_are_none_are_refused(given_weights: Any) -> None:
    with pytest.raises(InvalidOperationError, match="for the children of q: there must be 2"):
        outcomes(forest_of("q>x1,q>y2"), first_letter, weights=lambda *_: given_weights)


def test_nothing_at_all_has_no_outcomes() -> None:
    found = outcomes(forest_of(""), first_letter)

    assert (found.n, found.whole.n, found.whole.shares, found.to_records()) == (0, 0, {}, [])


@given(ended(), st.sampled_from(WEIGHTS))
@settings(deadline=None)
def test_other_names_of_outcomes_give_the_same_shares(
    example: tuple[Forest, list[str | None]], weights: str
) -> None:
    forest, ends = example
    other = {"a": "z", "b": "y", "c": "x", None: None}
    found = outcomes(forest, lambda r: ends[r.position], weights=weights)  # type: ignore[arg-type]
    renamed = outcomes(forest, lambda r: other[ends[r.position]], weights=weights)  # type: ignore[arg-type]

    assert found.whole.n_effective == pytest.approx(renamed.whole.n_effective)
    for outcome, share in found.whole.shares.items():
        same = renamed.whole.shares[other[outcome]]  # type: ignore[index]
        assert (share.value, share.low, share.high) == pytest.approx(
            (same.value, same.low, same.high)
        )


@given(ended(), st.sampled_from(WEIGHTS))
@settings(deadline=None)
def test_the_order_of_siblings_does_not_matter(
    example: tuple[Forest, list[str | None]], weights: str
) -> None:
    forest, ends = example
    # The last response changes place with the one before, unless it is its child.
    parents = list(forest.parent_numbers)
    n = len(parents)
    if n < 2 or parents[-1] == n - 2:
        return
    swapped = [*parents[:-2], parents[-1], parents[-2]]
    moved = [*ends[:-2], ends[-1], ends[-2]]
    found = outcomes(forest, lambda r: ends[r.position], weights=weights).whole  # type: ignore[arg-type]
    again = outcomes(
        forest_from_parents(swapped),
        lambda r: moved[r.position],
        weights=weights,  # type: ignore[arg-type]
    ).whole

    assert found.n == again.n
    assert found.n_effective == pytest.approx(again.n_effective)
    assert values(found) == pytest.approx(values(again))


def any_of(weights: list[float]) -> Weights:
    """Return weights of which some may be 0, but never all at one fork."""
    drawn = iter(weights * 100)

    def function(_at: Response | None, children: Sequence[Response]) -> list[float]:
        found = [next(drawn) for _ in children]
        return found if any(found) else [1.0] * len(children)

    return function


@given(
    ended(),
    st.sampled_from(["tip", "sibling", "sampled"])
    | st.lists(st.sampled_from([0, 0, 1, 2, 1e-6, 1e6]), min_size=3, max_size=9).map(any_of),
    st.sampled_from([0.01, 0.5, 0.95, 0.999]),
    st.sampled_from(["tips", "all"]),
)
@settings(deadline=None)
def test_figures_of_any_forest_are_in_their_ranges(
    example: tuple[Forest, list[str | None]], weights: Weights, level: float, asked: Any
) -> None:
    forest, ends = example
    numbers = {"a": 0.1, "b": 0.7, "c": 1e9, None: None}
    options: dict[str, Any] = {"weights": weights, "level": level, "asked": asked}
    kinds = outcomes(forest, lambda r: ends[r.position], **options)
    quantities = outcomes(forest, lambda r: numbers[ends[r.position]], **options)
    for response in [None, *forest]:
        found, measured = kinds.at(response), quantities.at(response)
        assert 0 <= found.n_effective <= found.n * (1 + 1e-9)
        assert 0 <= measured.n_effective <= found.n * (1 + 1e-9)
        for share in found.shares.values() if found.n else ():
            assert 0 <= share.low <= share.value <= share.high <= 1
        if found.n:
            assert sum(share.value for share in found.shares.values()) == pytest.approx(1)
            assert measured.mean is not None
            mean = measured.mean
            assert mean.low <= mean.value <= mean.high
            assert -1 <= mean.value <= 1e9 * (1 + 1e-9)


@given(ended(), st.sampled_from(WEIGHTS), st.data())
@settings(deadline=None)
def test_a_tip_without_an_outcome_changes_only_the_count(
    example: tuple[Forest, list[str | None]], weights: str, data: st.DataObject
) -> None:
    forest, ends = example
    parents = list(forest.parent_numbers)
    inner = sorted({*parents} - {-1})
    above = data.draw(st.sampled_from([-1, *inner]))
    before = outcomes(forest, lambda r: ends[r.position], weights=weights)  # type: ignore[arg-type]
    after = outcomes(
        forest_from_parents([*parents, above]),
        lambda r: [*ends, None][r.position],
        weights=weights,  # type: ignore[arg-type]
    )

    assert after.n_left_out == before.n_left_out + 1
    assert str(after.whole) == str(before.whole)


@given(ended())
@settings(deadline=None)
def test_every_tip_twice_leaves_shares_per_sibling_as_they_are_between_tips(
    example: tuple[Forest, list[str | None]],
) -> None:
    forest, ends = example
    parents = list(forest.parent_numbers)
    tips = [n for n in range(len(parents)) if n not in parents]
    # Below every tip two copies of it: the tip is now a fork that ends as it did.
    twice = forest_from_parents([*parents, *tips, *tips])
    ending = [*[None] * len(parents), *[ends[n] for n in tips] * 2]
    before = outcomes(forest, lambda r: ends[r.position], weights="sibling").whole
    after = outcomes(twice, lambda r: ending[r.position], weights="sibling").whole

    assert values(after) == pytest.approx(values(before))
    assert after.n == 2 * before.n


@given(ended())
@settings(deadline=None)
def test_per_tip_shares_are_counts_of_a_plain_loop(
    example: tuple[Forest, list[str | None]],
) -> None:
    forest, ends = example
    found = outcomes(forest, lambda r: ends[r.position])
    for response in forest:
        below = [response, *forest.descendants(response.response_id)]
        tips = [one for one in below if not forest.children(one.response_id)]
        there = [ends[one.position] for one in tips if ends[one.position]]
        at = found.at(response)
        assert at.n == len(there)
        for kind in found.kinds if there else ():
            assert at.shares[kind].value == pytest.approx(there.count(str(kind)) / len(there))
            assert at.shares[kind].value in at.shares[kind]


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_flat_forks_agree_with_scipy(ends: list[bool]) -> None:
    forest = forest_from_parents([-1, *[0] * len(ends)])
    share = outcomes(forest, lambda r: ends[r.position - 1]).whole.shares.get(True)
    if share is None:
        return
    reference = stats.binomtest(sum(ends), len(ends)).proportion_ci(method="wilson")

    assert (share.low, share.high) == pytest.approx((reference.low, reference.high), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 1), st.floats(-5, 5)), max_size=40))
def test_weighted_sums_are_those_of_a_plain_loop(
    drawn: list[tuple[int, float, float]],
) -> None:
    parents = [draw % (place + 1) - 1 for place, (draw, _, _) in enumerate(drawn)]
    shares = [share for _, share, _ in drawn]
    sums = np.array([value for _, _, value in drawn])
    found = Arrays(parents).weighted_below(sums, shares)
    for place in reversed(range(len(parents))):
        if parents[place] >= 0:
            sums[parents[place]] += shares[place] * sums[place]

    assert found == pytest.approx(sums, abs=1e-9)


@pytest.mark.parametrize(
    "parents",
    [
        pytest.param([-1, *range(99_999)], id="chain"),
        pytest.param([-1, *[0] * 99_999], id="star"),
    ],
)
def test_chains_and_stars_of_100_000_are_ordinary(parents: list[int]) -> None:
    forest = forest_from_parents(parents)

    found = outcomes(forest, lambda r: r.position % 2 == 1, weights="sibling")

    assert found.whole.n == len(forest.tips)


class Recorded:
    """What is beside responses: log-probabilities by message."""

    def __init__(self, logprobs: dict[str, float]) -> None:
        self.known = logprobs

    def logprobs(self, response: Response) -> list[TokenLogprob]:
        if response.message not in self.known:
            return []
        # Two tokens, so that what is taken is the sum.
        half = self.known[response.message] / 2
        return [TokenLogprob("a", half), TokenLogprob("b", half)]

    def file(self, file_id: str) -> bytes | None:
        raise AssertionError(file_id)


def sampled(messages: list[str]) -> Forest:
    """A question with answers of a model that says these messages."""
    forest = forest_from_parents([-1, *[0] * len(messages)], messages=["q", *messages])
    return forest.with_beside(Recorded({"x": math.log(0.6), "y": math.log(0.2)}))


def test_by_probability_copies_share_theirs_and_what_was_not_drawn_is_missing() -> None:
    found = outcomes(sampled(["x", "x", "y"]), first_letter, weights="sampled")

    # x is sampled twice, and its 0.6 counts once: 0.6 to 0.2.
    assert values(found.whole) == pytest.approx({"x": 3 / 4, "y": 1 / 4})


def test_where_a_probability_is_not_recorded_siblings_count_the_same_and_it_is_said() -> None:
    found = outcomes(sampled(["x", "x", "z"]), first_letter, weights="sampled")

    assert values(found.whole) == pytest.approx({"x": 2 / 3, "z": 1 / 3})
    assert found.assumption.endswith("(so at 1 fork)")


def recorded(*sums: float) -> Forest:
    """A question with answers x0, y1, x2 ..., whose log-probabilities sum to these."""
    messages = [f"{'xy'[place % 2]}{place}" for place in range(len(sums))]
    forest = forest_from_parents([-1, *[0] * len(sums)], messages=["q", *messages])
    return forest.with_beside(Recorded(dict(zip(messages, sums, strict=True))))


@given(st.lists(st.floats(-20, 0), min_size=1, max_size=8), st.floats(-300, 0))
def test_a_factor_of_all_probabilities_changes_no_share(sums: list[float], factor: float) -> None:
    once = outcomes(recorded(*sums), first_letter, weights="sampled")
    again = outcomes(recorded(*(one + factor for one in sums)), first_letter, weights="sampled")

    likely = np.exp(sums)
    assert values(once.whole).get("x") == pytest.approx(likely[::2].sum() / likely.sum())
    assert values(again.whole) == pytest.approx(values(once.whole))
    assert once.whole.n_effective <= len(sums) + 1e-9


def test_impossible_texts_count_nothing_and_where_all_are_each_counts_the_same() -> None:
    some = outcomes(recorded(-math.inf, -1.0, -1.0), first_letter, weights="sampled")
    none = outcomes(recorded(-math.inf, -math.inf, -math.inf), first_letter, weights="sampled")

    assert values(some.whole) == pytest.approx({"x": 1 / 2, "y": 1 / 2})
    assert values(none.whole) == pytest.approx({"x": 2 / 3, "y": 1 / 3})
    assert none.assumption.endswith("(so at 1 fork)")


def test_a_log_probability_rounded_above_zero_is_certain() -> None:
    found = outcomes(recorded(1e-3, 0.0), first_letter, weights="sampled")

    assert values(found.whole) == {"x": 0.5, "y": 0.5}


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_log_probabilities_that_are_no_numbers_weigh_nothing_and_are_refused(wrong: float) -> None:
    with pytest.raises(InvalidOperationError, match="log-probability of token 'a'"):
        outcomes(recorded(wrong, -1.0), first_letter, weights="sampled")


def test_quantities_that_are_all_alike_say_that_no_spread_was_seen() -> None:
    found = outcomes(forest_of(",".join(f"q>{n}" for n in range(10))), lambda _: 0.1)
    mean = found.whole.mean

    assert mean is not None
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.1, 0.1, 0.1))
    assert mean.method == "no spread"
