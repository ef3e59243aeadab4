"""Which turn decided it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import mutual_info_score

from grok_tree.analysis import outcomes
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis.labels._forests import ended, first_letter

DECIDED = "q>a>x1,a>x2,a>x3,a>x4,q>b>y1,b>y2,b>y3,b>y4"


def two_branches(first: list[str], second: list[str]) -> tuple[Forest, list[str | None]]:
    """A fork with two children, which have tips that end so."""
    parents = [-1, 0, 0, *[1] * len(first), *[2] * len(second)]
    return forest_from_parents(parents), [None, None, None, *first, *second]


def test_a_fork_whose_children_end_differently_takes_all_uncertainty_away() -> None:
    found = outcomes(forest_of(DECIDED), first_letter).deciding_forks()

    fork = found.forks[0]
    assert (fork.response_id, fork.message, found.unit) == ("q", "q", "bits")
    # One bit before: half of the tips are x; none after, as a has only x and b only y.
    assert fork.gain.value == pytest.approx(1)
    assert fork.uncertainty == pytest.approx(1)
    # 2 of the 70 ways to deal eight tips to two children are as decided: about 0.029.
    assert fork.p_value == pytest.approx(2 / 70, abs=0.02)
    assert fork.share == pytest.approx(1 - fork.chance)
    assert (fork.n, fork.n_branches, fork.n_units) == (8, 2, 8)


def test_a_fork_of_single_tips_cannot_be_told_from_chance() -> None:
    found = outcomes(forest_of("q>x1,q>y2,q>x3"), first_letter).deciding_forks()

    fork = found.forks[0]
    assert (fork.gain.value, fork.p_value, fork.decided) == (fork.chance, 1, 0)
    assert (fork.gain.low, fork.gain.high) == (0, fork.uncertainty)
    assert found.n_tested == 0


def test_forks_where_nothing_can_be_exchanged_are_no_tests_to_correct_for() -> None:
    found = outcomes(forest_of(DECIDED), first_letter).deciding_forks(correction="bonferroni")

    assert found.n_tested == 1
    assert found.forks[0].p_adjusted == found.forks[0].p_value


def test_where_all_end_alike_nothing_is_decided() -> None:
    found = outcomes(forest_of("q>a>x1,a>x2,q>b>x3,b>x4"), first_letter).deciding_forks()

    assert found.uncertainty == 0
    assert all((fork.decided, fork.share, fork.p_value) == (0, 0, 1) for fork in found.forks)


def test_of_quantities_the_variance_between_children_is_decided() -> None:
    marks = {"x1": 1.0, "x2": 3.0, "y3": 5.0, "y4": 7.0}
    found = outcomes(forest_of("q>a>x1,a>x2,q>b>y3,b>y4"), marks).deciding_forks()

    # Means 2 and 6 around 4: variance 4 between; all four have variance 5.
    assert found.forks[0].gain.value == pytest.approx(4)
    assert found.uncertainty == pytest.approx(5)
    assert found.unit == "squared units"


def test_the_same_seed_gives_the_same_ranking_and_it_is_recorded() -> None:
    forest = forest_of(DECIDED)
    first = outcomes(forest, first_letter, seed=7).deciding_forks()

    assert first == outcomes(forest, first_letter, seed=7).deciding_forks()
    assert (first.seed, first.n_permutations) == (7, 999)


def test_the_odds_move_along_a_path_and_the_largest_step_is_named() -> None:
    found = outcomes(forest_of("q>a>x1,a>x2,a>x3,a>y4,q>b>y1,b>y2,b>y3,b>y5"), first_letter)
    turns = found.deciding_turns("x1")

    # 3 of 8 at q, 3 of 4 at a, 1 at the tip.
    assert [turn.chance.value for turn in turns.turns] == pytest.approx([3 / 8, 3 / 4, 1])
    assert [turn.step for turn in turns.turns] == pytest.approx([0, 3 / 8, 1 / 4])
    assert [turn.bits for turn in turns.turns] == pytest.approx([0, 1, math.log2(4 / 3)])
    assert (turns.outcome, turns.largest.response_id) == ("x", "a")
    assert turns.largest.sender == "assistant"


def test_the_odds_of_another_outcome_and_of_a_response_on_the_way_can_be_asked_for() -> None:
    found = outcomes(forest_of("q>a>x1,a>y2,q>b>y3"), first_letter)

    turns = found.deciding_turns("b", outcome="x")
    assert [turn.chance.value for turn in turns.turns] == pytest.approx([1 / 3, 0])
    assert turns.turns[-1].bits is None
    with pytest.raises(InvalidOperationError, match="came to 2 outcomes, not to one"):
        found.deciding_turns("a")
    with pytest.raises(InvalidOperationError, match="no outcome is 'z'; there are 'x', 'y'"):
        found.deciding_turns("a", outcome="z")


def test_a_response_without_siblings_moves_nothing_at_all() -> None:
    # The share of 4 of 11 is summed in another order for the root than for the whole forest.
    forest, ends = two_branches(["x"] * 3 + ["y"] * 2, ["x"] + ["y"] * 5)
    label = dict(zip(forest.responses.ids, ends, strict=True))
    tip = next(iter(forest.tips)).response_id
    first = outcomes(forest, lambda one: label[one.response_id]).deciding_turns(tip).turns[0]
    assert (first.step, first.bits) == (0.0, 0.0)


def test_of_quantities_the_mean_moves() -> None:
    found = outcomes(forest_of("q>a,q>b"), {"a": 1.0, "b": 4.0})

    assert [turn.chance.value for turn in found.deciding_turns("b").turns] == pytest.approx(
        [2.5, 4]
    )
    assert found.deciding_turns("b").outcome is None


def test_two_children_lie_apart_by_hand() -> None:
    found = outcomes(forest_of("q>a>x1,a>x2,q>b>x3,b>y4"), first_letter).parting("a", "b")

    # (1, 0) and (1/2, 1/2): half of |1/2| + |1/2|; entropy of (3/4, 1/4) less half a bit.
    assert found.total_variation == pytest.approx(1 / 2)
    mixed = -(3 / 4) * math.log2(3 / 4) - (1 / 4) * math.log2(1 / 4)
    assert found.jensen_shannon == pytest.approx(mixed - 1 / 2)
    # Any deal of three x and one y looks the same.
    assert (found.p_value, found.n_units) == (1, 4)


def test_branches_are_exchanged_as_a_whole() -> None:
    # Two branches below each child, all tips of a branch end alike: 4 units, not 12 tips.
    shape = ",".join(
        f"q>{child}>{child}{branch}>{end}{child}{branch}{tip}"
        for child, end in (("a", "x"), ("b", "y"))
        for branch in (1, 2)
        for tip in (1, 2, 3)
    )
    found = outcomes(forest_of(shape), first_letter)

    fork = found.deciding_forks().forks[0]
    assert fork.gain.value == pytest.approx(1)
    assert fork.n_units == 4
    # 2 of the 6 ways to deal four branches to two children are as decided.
    assert fork.p_value == pytest.approx(1 / 3, abs=0.06)


def test_all_pairs_of_children_are_compared_and_corrected() -> None:
    found = outcomes(forest_of(f"{DECIDED},q>c>x9,c>y9"), first_letter)
    pairs = found.partings("q", correction="bonferroni").pairs

    assert [(pair.first, pair.second) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert pairs[0].p_adjusted == pytest.approx(min(1, 3 * pairs[0].p_value))
    assert pairs[0].jensen_shannon == pytest.approx(1)


def test_what_cannot_lie_apart_is_refused() -> None:
    found = outcomes(forest_of("q>a>x1,a>y2,q>b>z3,q>c"), {"x1": "x", "y2": "y", "z3": "z"})

    with pytest.raises(InvalidOperationError, match="on one path"):
        found.parting("q", "x1")
    with pytest.raises(InvalidOperationError, match="below response c is no outcome"):
        found.parting("a", "c")
    with pytest.raises(InvalidOperationError, match="0 permutations"):
        found.parting("a", "b", n_permutations=0)
    with pytest.raises(InvalidOperationError, match="are quantities"):
        outcomes(forest_of("q>a,q>b"), {"a": 1.0, "b": 2.0}).parting("a", "b")
    star = outcomes(forest_from_parents([-1, *[0] * 51]), lambda _: "x")
    with pytest.raises(InvalidOperationError, match="51 children have 1,275 pairs"):
        star.partings(star.forest.roots[0])


LETTERS = st.lists(st.sampled_from("abc"), min_size=1, max_size=8)


@given(LETTERS, LETTERS)
@settings(deadline=None)
def test_gain_and_divergence_agree_with_scikit_learn_and_scipy(
    first: list[str], second: list[str]
) -> None:
    forest, ends = two_branches(first, second)
    found = outcomes(forest, lambda r: ends[r.position])
    children = [0] * len(first) + [1] * len(second)
    gain = found.deciding_forks(n_permutations=1).forks
    information = mutual_info_score(children, [*first, *second]) / math.log(2)

    top = next(fork for fork in gain if fork.n == len(children))
    assert top.gain.value == pytest.approx(information, abs=1e-9)
    shares = [
        [ends.count(kind) / len(ends) for kind in sorted({*first, *second})]
        for ends in (first, second)
    ]
    apart = found.parting(*forest.children(forest.roots[0].response_id), n_permutations=1)
    assert apart.jensen_shannon == pytest.approx(jensenshannon(*shares, base=2) ** 2, abs=1e-7)
    assert 0 <= apart.jensen_shannon <= apart.total_variation + 1e-9 <= 1 + 2e-9


@given(ended(), st.sampled_from(["tip", "sibling"]))
@settings(deadline=None)
def test_the_uncertainty_of_the_whole_is_the_sum_over_forks(
    example: tuple[Forest, list[str | None]], weights: str
) -> None:
    forest, ends = example
    found = outcomes(forest, lambda r: ends[r.position], weights=weights)  # type: ignore[arg-type]
    if found.n == 0:
        return
    ranking = found.deciding_forks(n_permutations=1)

    total = sum(fork.reach * fork.gain.value for fork in ranking.forks)
    assert total == pytest.approx(ranking.uncertainty, abs=1e-9)
    marks = {name: float(len(name) + n) for n, name in enumerate(forest.tips.ids)}
    measured = outcomes(forest, marks, weights=weights).deciding_forks(n_permutations=1)  # type: ignore[arg-type]
    total = sum(fork.reach * fork.gain.value for fork in measured.forks)
    assert total == pytest.approx(measured.uncertainty)


def test_where_children_do_not_matter_p_values_are_as_often_small_as_they_say() -> None:
    random = np.random.default_rng(3)
    parents: list[int] = []
    ends: list[str | None] = []
    for _ in range(300):
        root = len(parents)
        parents += [-1, root, root, *[root + 1] * 6, *[root + 2] * 6]
        ends += [None] * 3 + random.choice(["x", "y"], 12).tolist()
    found = outcomes(forest_from_parents(parents), lambda r: ends[r.position])
    tested = [one for one in found.deciding_forks(n_permutations=199).forks if one.n == 12]

    small = np.mean([one.p_value <= 0.05 for one in tested])
    # Of whole numbers of permutations, and of 12 tips, fewer than 0.05 is common.
    assert len(tested) == 300
    assert small <= 0.08
    # What the children say by chance is taken off: nothing is left on average.
    left = np.mean([one.gain.value - one.chance for one in tested])
    assert abs(left) < 0.02


def test_forks_where_all_ended_alike_do_not_rule_out_what_was_not_seen() -> None:
    # Of four tips that end alike others may be up to 1 - 0.05^(1/4) = 0.527 of what might follow.
    found = outcomes(forest_of("q>a,q>b,a>x1,a>x2,b>x3,b>x4"), first_letter).deciding_forks()
    (fork,) = (one for one in found.forks if one.n_branches == 2 and one.n == 4)

    q = 1 - 0.05**0.25
    assert (fork.gain.value, fork.gain.low) == (0, 0)
    assert fork.gain.high == pytest.approx(-q * math.log2(q) - (1 - q) * math.log2(1 - q))


def test_gains_that_may_be_chance_have_intervals_from_zero() -> None:
    # Of eight tips four end x, two below each child; then all x below one child.
    even = outcomes(forest_of("q>a,q>b,a>x1,a>x2,a>y1,a>y2,b>x3,b>x4,b>y3,b>y4"), first_letter)
    apart = outcomes(forest_of("q>a,q>b,a>x1,a>x2,a>x3,a>x4,b>y1,b>y2,b>y3,b>y4"), first_letter)
    gains = [max(one.deciding_forks().forks, key=lambda fork: fork.n).gain for one in (even, apart)]

    assert (gains[0].value, gains[0].low, gains[1].value) == (0, 0, 1)
    assert 0 < gains[0].high < 1
    assert gains[1].low > 0.05


def test_an_interval_is_shown_with_the_figure_that_lies_in_it() -> None:
    random = np.random.default_rng(4)
    parents = [-1, *(int(random.integers(max(0, n - 9), n)) for n in range(1, 300))]
    ends = random.choice(["x", "y"], 300).tolist()
    found = outcomes(forest_from_parents(parents), lambda r: ends[r.position]).deciding_forks()

    assert any(one.gain.value not in one.gain for one in found.forks)  # it allows for chance
    for one, row in zip(found.forks, found.to_records(), strict=True):
        shown = one.beyond_chance
        assert shown.value == pytest.approx(max(0, one.gain.value - one.chance))
        assert row["low"] <= row["beyond_chance"] <= row["high"]
        assert f"gain {one.gain.value:.3g}, beyond chance {shown}, p = " in str(one)


def test_what_is_rounded_off_is_not_decided() -> None:
    # One y among six: wherever it is, the gain is the same, so chance gives all of it.
    ending = "q>a>x1,a>x2,q>b>x3,b>x4,q>c>x5,c>y6"
    found = outcomes(forest_of(ending), first_letter).deciding_forks()

    fork = next(one for one in found.forks if one.response_id == "q")
    assert fork.gain.value > 0.1
    assert (fork.decided, fork.beyond_chance.value, fork.share) == (0, 0, 0)


def test_long_texts_of_forks_and_turns_are_cut_to_a_line() -> None:
    question = "Which of them?\n" + "A long question. " * 20
    forest = forest_from_parents([-1, 0, 0], messages=[question, "x", "y"])
    found = outcomes(forest, first_letter)

    texts = {
        found.deciding_forks().forks[0].message,
        found.deciding_turns(forest.tips[0]).turns[0].message,
    }

    (text,) = texts
    assert text.startswith("Which of them? A long question.")
    assert text.endswith("…")
    assert len(text) <= 60
