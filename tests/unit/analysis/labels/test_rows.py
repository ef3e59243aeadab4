"""Outcomes, comparisons and turns as tables: what stands in a row is the figure of its name."""

from __future__ import annotations

from grok_tree.analysis import compare, outcomes
from grok_tree.testing import forest_of
from tests.unit.analysis.labels._forests import first_letter

NESTED = "q>a>x1a,a>x2b,a>y3a,q>b>y4b,b>y5a,q>x6b"


def test_the_rows_of_outcomes_are_their_distributions() -> None:
    found = outcomes(forest_of(NESTED), first_letter, weights="sibling", level=0.8)
    rows = iter(found.to_records())
    for fork in found.forks():
        for outcome, share in fork.shares.items():
            assert next(rows) == {
                "response_id": fork.response_id,
                "outcome": outcome,
                "value": share.value,
                "low": share.low,
                "high": share.high,
                "level": 0.8,
                "method": share.method,
                "n": fork.n,
                "n_effective": fork.n_effective,
                "n_branches": fork.n_branches,
                "weights": "sibling",
            }
    assert next(rows, None) is None
    assert {fork.response_id for fork in found.forks()} == {"q", "a", "b"}
    assert any(fork.n_effective < fork.n for fork in found.forks())


def test_the_forks_with_the_most_outcomes_can_be_asked_for_alone() -> None:
    found = outcomes(forest_of("q>a>x1,a>x2,q>b>x3,b>x4,b>x5,c>x6,c>x7"), first_letter)

    assert list(found.fork_ids) == [None, "q", "a", "b", "c"]
    assert [one.response_id for one in found.forks(most=3)] == [None, "q", "b"]


def test_the_rows_of_a_comparison_are_its_figures() -> None:
    found = compare(
        outcomes(forest_of(f"{NESTED},q>z7a,q>z8b"), first_letter),
        by=lambda one: one.message[-1],
        correction="bonferroni",
    )
    for one, row in zip(found.comparisons, found.to_records(), strict=True):
        odds, h = one.effect_sizes["odds_ratio"], one.effect_sizes["cohens_h"]
        assert row == {
            "first": "a",
            "second": "b",
            "outcome": one.outcome,
            "before": one.before.value,
            "after": one.after.value,
            "difference": one.difference.value,
            "low": one.difference.low,
            "high": one.difference.high,
            "odds_ratio": odds.value,
            "odds_ratio_low": odds.low,
            "odds_ratio_high": odds.high,
            "cohens_h": h.value,
            "cohens_h_low": h.low,
            "cohens_h_high": h.high,
            "p_value": one.p_value,
            "p_adjusted": one.p_adjusted,
            "exact": one.exact,
            "n_permutations": one.n_permutations,
            "exchanged": one.exchanged,
            "n_units_first": one.n_units[0],
            "n_units_second": one.n_units[1],
            "n_blocks": one.n_blocks,
            "n_left_out": one.n_left_out,
            "weights": "tip",
        }
    assert any(one.p_adjusted > one.p_value for one in found.comparisons)
    assert any(one.before.value != one.after.value for one in found.comparisons)


def test_the_rows_of_turns_are_their_steps() -> None:
    turns = outcomes(forest_of(NESTED), first_letter).deciding_turns("x1a")
    for turn, row in zip(turns.turns, turns.to_records(), strict=True):
        assert row == {
            "response_id": turn.response_id,
            "sender": turn.sender,
            "message": turn.response_id,
            "outcome": "x",
            "value": turn.chance.value,
            "low": turn.chance.low,
            "high": turn.chance.high,
            "n": turn.chance.n,
            "step": turn.step,
            "bits": turn.bits,
        }
    assert [turn.chance.n for turn in turns.turns] == [6, 3, 1]
