"""Runs of tokens of which a model was not sure."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gmean

from grok_tree import analysis
from grok_tree.errors import InvalidOperationError
from tests.unit.analysis._answers import token


def answer(*shares: float) -> analysis.Tokens:
    return analysis.tokens([token("ab", share, 2 * place) for place, share in enumerate(shares)])


def places(found: analysis.TokenSpans) -> list[tuple[int, int]]:
    return [(span.begin, span.end) for span in found]


def test_runs_are_maximal_and_have_places_in_the_text() -> None:
    found = answer(0.9, 0.4, 0.1, 0.9, 0.3).low_confidence()
    assert places(found) == [(2, 6), (8, 10)]
    assert found[0].text == "abab"
    assert found[0].probability == pytest.approx(0.2)  # sqrt(0.4 * 0.1)
    assert found.to_records()[0]["least_probability"] == pytest.approx(0.1)


def test_a_row_of_a_run_by_hand() -> None:
    # Of the rest of a token's probability nothing is known: ln 2 for a half, and of 0.2 and 0.8.
    tokens = answer(0.9, 0.5, 0.9, 0.2)
    (row,) = tokens.low_confidence(threshold=0.6, max_gap=1).to_records()
    assert row == {
        "begin": 2,
        "end": 8,
        "text": "ababab",
        "first_index": 1,
        "n_tokens": 3,
        "n_unsure": 2,
        "probability": pytest.approx((0.5 * 0.9 * 0.2) ** (1 / 3)),
        "least_probability": pytest.approx(0.2),
        "most_entropy_nats": pytest.approx(math.log(2)),
    }


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=12))
def test_the_probability_of_a_run_is_the_geometric_mean(shares: list[float]) -> None:
    (found,) = answer(*shares).low_confidence(threshold=1, max_gap=99) or [None]
    if found is not None:
        inside = [one.probability for one in found.tokens]
        assert found.probability == pytest.approx(gmean(inside))
        assert found.probability == pytest.approx(
            1 / analysis.tokens([t.recorded for t in found.tokens]).perplexity
        )


def test_short_gaps_are_bridged_and_short_runs_left_out() -> None:
    tokens = answer(0.4, 0.9, 0.4, 0.9, 0.9, 0.4)
    assert places(tokens.low_confidence(max_gap=1)) == [(0, 6), (10, 12)]
    assert places(tokens.low_confidence(max_gap=1, min_length=2)) == [(0, 6)]
    assert places(tokens.low_confidence(max_gap=2)) == [(0, 12)]
    assert tokens.low_confidence(max_gap=1)[0].n_unsure == 2


def test_entropy_can_decide_instead() -> None:
    # all three are likeliest where they stand; the second of two equals, the third of one in ten
    tokens = answer(1.0, 0.5, 0.9)
    assert places(tokens.low_confidence(threshold=0.5, by="entropy")) == [(2, 4)]


@given(st.lists(st.floats(0.01, 1), max_size=30), st.floats(0, 1), st.integers(0, 3))
def test_every_unsure_token_is_in_one_run(shares: list[float], limit: float, gap: int) -> None:
    tokens = answer(*shares)
    found = tokens.low_confidence(threshold=limit, max_gap=gap)
    covered = [one.index for span in found for one in span.tokens]
    unsure = {one.index for one in tokens if one.probability < limit}
    assert len(covered) == len(set(covered))
    assert unsure <= set(covered)
    assert sum(span.n_unsure for span in found) == len(unsure)
    if gap == 0:
        assert unsure == set(covered)


def test_nothing_below_the_threshold_is_said() -> None:
    assert str(answer(0.9).low_confidence()) == "no token is unsure by this threshold"


@pytest.mark.parametrize(
    "rules",
    [{"threshold": 1.5}, {"threshold": -1, "by": "entropy"}, {"min_length": 0}, {"by": "luck"}],
)
def test_what_is_out_of_range_is_refused(rules: dict[str, object]) -> None:
    with pytest.raises(InvalidOperationError):
        answer(0.5).low_confidence(**rules)  # type: ignore[arg-type]
