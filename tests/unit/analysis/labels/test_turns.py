"""Steps of odds along a path, and how far two branches lie apart: what must hold for any forest."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grok_tree.analysis import outcomes
from grok_tree.forest import Forest
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis.labels._forests import ended

WEIGHTS = st.sampled_from(["tip", "sibling"])


@given(ended(), WEIGHTS, st.data())
@settings(deadline=None)
def test_steps_lead_from_the_odds_before_to_the_outcome(
    example: tuple[Forest, list[str | None]], weights: str, data: st.DataObject
) -> None:
    forest, ends = example
    found = outcomes(forest, lambda r: ends[r.position], weights=weights)  # type: ignore[arg-type]
    tips = [tip for tip in forest.tips if ends[tip.position]]
    if not tips:
        return
    tip = data.draw(st.sampled_from(tips))
    turns = found.deciding_turns(tip)

    assert turns.outcome == ends[tip.position]
    assert turns.before.value == found.whole.shares[turns.outcome].value  # type: ignore[index]
    assert [turn.response_id for turn in turns.turns] == forest.path(tip.response_id).ids
    assert turns.turns[-1].chance.value == 1
    assert sum(turn.step for turn in turns.turns) == pytest.approx(1 - turns.before.value)
    bits = [turn.bits for turn in turns.turns]
    assert math.fsum(one or 0 for one in bits) == pytest.approx(-math.log2(turns.before.value))
    chances = [turns.before.value, *(turn.chance.value for turn in turns.turns)]
    for turn, (before, after) in zip(turns.turns, pairwise(chances), strict=True):
        assert turn.step == pytest.approx(after - before, abs=1e-9)
        assert -1 <= turn.step <= 1
        assert abs(turn.step) <= abs(turns.largest.step) + 1e-9


def test_where_nothing_below_has_an_outcome_there_are_no_odds() -> None:
    found = outcomes(forest_of("q>a>x,a>y,q>b>z"), {"x": "x", "y": "y"})

    turns = found.deciding_turns("z", outcome="x")
    assert [turn.chance.value for turn in turns.turns] == pytest.approx(
        [0.5, math.nan, math.nan], nan_ok=True
    )
    assert [turn.bits for turn in turns.turns] == [0, None, None]
    assert math.isnan(turns.turns[1].step)
    assert turns.largest.response_id == "q"


@pytest.mark.parametrize("weight", [0, 1e-200])
def test_branches_that_weigh_nothing_lie_as_far_apart_as_others(weight: float) -> None:
    forest = forest_of("q>x1,q>y2,q>a>x3,a>y4")
    found = outcomes(
        forest, lambda one: one.message[0], weights=lambda _, ones: [weight] * (len(ones) - 1) + [1]
    )

    pairs = {(one.first, one.second): one for one in found.partings("q", n_permutations=9).pairs}
    assert [one.total_variation for one in pairs.values()] == pytest.approx([1, 1, 0])
    assert pairs["x1", "y2"].jensen_shannon == 1
    fork = next(one for one in found.deciding_forks(n_permutations=9).forks if one.n == 4)
    assert (fork.gain.value, fork.decided) == (0, 0)


ENDS = st.lists(st.sampled_from("abc"), min_size=1, max_size=6)


@given(ENDS, ENDS, st.permutations("abc"))
@settings(deadline=None)
def test_how_far_branches_lie_apart_knows_no_direction_and_no_names(
    first: list[str], second: list[str], names: list[str]
) -> None:
    forest = forest_from_parents([-1, 0, 0, *[1] * len(first), *[2] * len(second)])
    ends = [None, None, None, *first, *second]
    one, other = forest.children(forest.roots[0].response_id)
    found = outcomes(forest, lambda r: ends[r.position])
    other_names = dict(zip("abc", names, strict=True))
    renamed = outcomes(forest, lambda r: other_names.get(ends[r.position] or ""))

    there = found.parting(one, other, n_permutations=1)
    for again in (
        found.parting(other, one, n_permutations=1),
        renamed.parting(one, other, n_permutations=1),
    ):
        assert again.total_variation == pytest.approx(there.total_variation)
        assert again.jensen_shannon == pytest.approx(there.jensen_shannon, abs=1e-12)
    shares = [{kind: side.count(kind) / len(side) for kind in "abc"} for side in (first, second)]
    assert there.total_variation == pytest.approx(
        sum(abs(shares[0][kind] - shares[1][kind]) for kind in "abc") / 2
    )
