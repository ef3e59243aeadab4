"""Log-probabilities and where answers part: by hand, and what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gmean
from scipy.stats import t as student

from grok_tree.analysis import LogprobSummary, siblings, wilson
from grok_tree.analysis.answers._intervals import Asked, mean_of, studentised
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import TokenLogprob
from tests.unit.analysis.answers._samples import answered, tokens_of

ASKED = Asked(0.95, 0)


def test_likelihoods_by_hand() -> None:
    pieces = [[("a", 0.5), ("b", 0.5)], [("a", 0.25)]]
    forest = answered(["ab", "a"], [tokens_of(one) for one in pieces])
    found = siblings(forest.responses.ids[1], forest=forest).logprobs
    assert found is not None
    # Sums log 1/4 twice; means log 1/2 and log 1/4; three tokens of log 1/16 in all.
    assert found.total.value == pytest.approx(math.log(1 / 4))
    assert found.per_token.value == pytest.approx((math.log(1 / 2) + math.log(1 / 4)) / 2)
    assert found.perplexity.value == pytest.approx(16 ** (1 / 3))
    rows = siblings(forest.responses.ids[1], forest=forest).answer_records()
    assert [row["perplexity"] for row in rows] == pytest.approx([2, 4])


def test_the_place_where_answers_part_by_hand() -> None:
    pieces = [
        [("The", 0.9), (" cat", 0.5), (" sat", 0.4)],
        [("The", 0.9), (" cat", 0.5), (" ran", 0.2)],
        [("The", 0.9), (" cat", 0.5), (" sat", 0.4), ("!", 0.1)],
        [("The", 0.9), (" cat", 0.5)],
    ]
    texts = ["".join(text for text, _ in one) for one in pieces]
    forest = answered(texts, [tokens_of(one) for one in pieces])
    found = siblings(forest.responses.ids[1], forest=forest).first_difference
    assert found is not None
    assert (found.character, found.word, found.token, found.offset) == (7, 2, 2, 7)
    assert [(one.text, one.n, one.share.value) for one in found.taken] == [
        (" sat", 2, 0.5),
        ("", 1, 0.25),
        (" ran", 1, 0.25),
    ]
    assert [one.probability for one in found.taken] == [
        pytest.approx(0.4),
        None,
        pytest.approx(0.2),
    ]
    assert [row["text"] for row in found.to_records()] == [" sat", "", " ran"]


def test_the_probability_of_a_token_is_the_mean_over_who_took_it() -> None:
    # As with two models: 0.4 and 0.2 for the same token.
    pieces = [[("a", 0.4)], [("a", 0.2)], [("b", 0.5)]]
    forest = answered(["a", "a", "b"], [tokens_of(one) for one in pieces])
    found = siblings(forest.responses.ids[1], forest=forest).first_difference
    assert found is not None
    assert [one.probability for one in found.taken] == pytest.approx([0.3, 0.5])
    assert [one.share for one in found.taken] == [wilson(2, 3), wilson(1, 3)]


def test_tokens_that_were_forced_are_not_compared() -> None:
    whole = tokens_of([("The", 0.9), (" cat", 0.5)])
    forked = [token for token in tokens_of([("The", 1.0), (" dog", 0.3)]) if token.offset >= 3]
    forest = answered(["The cat", "The dog"], [whole, forked])
    found = siblings(forest.responses.ids[1], forest=forest).first_difference
    assert found is not None
    assert (found.token, found.offset) == (0, 3)
    assert {one.text: one.probability for one in found.taken} == {
        " cat": pytest.approx(0.5),
        " dog": pytest.approx(0.3),
    }


def test_without_tokens_the_place_is_known_in_characters_and_words() -> None:
    found = siblings(["one two", "one ten"]).first_difference
    assert found is not None
    assert (found.character, found.word, found.token, found.taken) == (5, 1, None, ())
    assert siblings(["same", "same"]).first_difference is None


@given(st.lists(st.text("ab ", max_size=6), min_size=2, max_size=6), st.text("ab ", max_size=4))
def test_a_common_beginning_moves_the_place_by_its_length(texts: list[str], before: str) -> None:
    one, two = (
        siblings(texts).first_difference,
        siblings([before + text for text in texts]).first_difference,
    )
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert two.character == one.character + len(before)


@given(st.lists(st.integers(0, 50), min_size=8, max_size=40), st.integers(-100, 100))
def test_a_constant_moves_the_interval_of_a_mean(values: list[int], constant: int) -> None:
    one = studentised(mean_of(np.array(values, float)), ASKED)
    two = studentised(mean_of(np.array(values, float) + constant), ASKED)
    assert (two.value, two.low, two.high) == pytest.approx(
        (one.value + constant, one.low + constant, one.high + constant), abs=1e-6
    )


def test_a_skewed_sample_gets_a_skewed_interval() -> None:
    values = np.random.default_rng(1).lognormal(0, 1, 40)
    found = studentised(mean_of(values), ASKED)
    assert found.method == "bootstrap-t"
    assert found.high - found.value > 1.2 * (found.value - found.low)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_interval_of_a_mean_is_that_of_studentised_draws_or_of_student(level: float) -> None:
    values = np.sort(np.random.default_rng(4).lognormal(0, 1, 30))
    drawn = values[np.random.default_rng(6).integers(0, 30, (1000, 30))]
    t = (drawn.mean(axis=1) - values.mean()) / (drawn.std(axis=1, ddof=1) / math.sqrt(30))
    ends = np.quantile(t, [(1 - level) / 2, (1 + level) / 2])
    quantile = student.ppf((1 + level) / 2, 29)
    error = values.std(ddof=1) / math.sqrt(30)

    found = studentised(mean_of(values), Asked(level, 6))

    assert found.low == pytest.approx(values.mean() - max(quantile, ends[1]) * error)
    assert found.high == pytest.approx(values.mean() - min(-quantile, ends[0]) * error)


def test_the_order_of_observations_does_not_change_what_is_drawn() -> None:
    values = np.random.default_rng(3).lognormal(size=20)

    found = [studentised(mean_of(one), ASKED) for one in (values, values[::-1])]
    assert (found[0].low, found[0].high) == pytest.approx((found[1].low, found[1].high))


def test_few_observations_get_the_interval_of_student() -> None:
    values = np.array([1.0, 2.0, 4.0])
    found = studentised(mean_of(values), ASKED)
    low, high = student.interval(0.95, 2, loc=values.mean(), scale=values.std(ddof=1) / 3**0.5)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.method == "student"


@pytest.mark.parametrize(("n", "method"), [(7, "student"), (8, "bootstrap-t")])
def test_from_eight_observations_on_they_are_drawn(n: int, method: str) -> None:
    found = studentised(mean_of(np.arange(float(n)) ** 2), ASKED)
    t = student.interval(
        0.95, n - 1, loc=found.value, scale=(np.arange(n) ** 2).std(ddof=1) / n**0.5
    )

    assert found.method == method
    assert found.low <= t[0] + 1e-9
    assert found.high >= t[1] - 1e-9
    if n < 8:
        assert (found.low, found.high) == pytest.approx(t)


@pytest.mark.parametrize("sums", [[-1.0, -math.inf], [-math.inf] * 3, [-math.inf, *[-1.0] * 9]])
def test_a_probability_of_zero_leaves_nothing_known_of_the_mean(sums: list[float]) -> None:
    forest = answered(
        [f"a{at}" for at in range(len(sums))], [[TokenLogprob("a", one)] for one in sums]
    )
    found = siblings(forest.responses.ids[1], forest=forest)

    assert found.logprobs is not None
    assert found.logprobs.total.value == -math.inf
    assert found.logprobs.perplexity.value == math.inf
    assert found.logprobs.per_token.method == "too few"
    entropy = found.weighted_entropy()
    assert entropy is not None
    assert math.isnan(entropy.value) == (max(sums) == -math.inf)
    assert [row["perplexity"] for row in found.answer_records()] == [
        math.exp(-one) if math.isfinite(one) else math.inf for one in sums
    ]


def test_a_log_probability_rounded_above_zero_is_certain() -> None:
    forest = answered(["a", "b"], [[TokenLogprob("a", 1e-3)], [TokenLogprob("b", 0.0)]])
    group = siblings(forest.responses.ids[1], forest=forest)

    assert group.logprobs is not None
    assert (group.logprobs.total.value, group.logprobs.perplexity.value) == (0, 1)
    assert group.first_difference is not None
    assert [one.probability for one in group.first_difference.taken] == [1, 1]
    assert [row["perplexity"] for row in group.answer_records()] == [1, 1]


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_log_probabilities_that_are_no_numbers_are_refused(wrong: float) -> None:
    forest = answered(["a", "b"], [[TokenLogprob("a", wrong)], [TokenLogprob("b", -1.0)]])
    group = siblings(forest.responses.ids[1], forest=forest)

    for ask in (lambda: group.logprobs, lambda: group.first_difference, group.weighted_entropy):
        with pytest.raises(InvalidOperationError, match="log-probability of token 'a'"):
            ask()


@given(st.lists(st.lists(st.floats(-9, 0), min_size=1, max_size=4), min_size=1, max_size=7))
def test_likelihoods_are_those_of_plain_sums_in_any_order(drawn: list[list[float]]) -> None:
    def summary(rows: list[list[float]]) -> LogprobSummary:
        tokens = [[TokenLogprob("a", one) for one in row] for row in rows]
        forest = answered([f"{at}" for at in range(len(rows))], tokens)
        found = siblings(forest.responses.ids[1], forest=forest).logprobs
        assert found is not None
        return found

    found, turned = summary(drawn), summary(drawn[::-1])

    flat = np.concatenate([np.array(row) for row in drawn])
    assert found.n == len(drawn)
    assert found.total.value == pytest.approx(np.mean([sum(row) for row in drawn]))
    assert found.per_token.value == pytest.approx(np.mean([np.mean(row) for row in drawn]))
    assert found.perplexity.value == pytest.approx(1 / gmean(np.exp(flat)))
    for one in ("total", "per_token", "perplexity"):
        ends = [(getattr(x, one).low, getattr(x, one).high) for x in (found, turned)]
        assert ends[0] == pytest.approx(ends[1])
    # Twice the same answers: the figures stay.
    twice = summary(drawn * 2)
    assert twice.total.value == pytest.approx(found.total.value)
    assert twice.perplexity.value == pytest.approx(found.perplexity.value)


def test_the_interval_of_perplexity_reaches_further_where_a_few_answers_were_hard() -> None:
    # One token each; the surprisals are skewed to the right, as their logarithms' interval must be.
    surprisals = np.random.default_rng(5).lognormal(0, 1, 40)
    forest = answered(
        [f"{at}" for at in range(40)], [[TokenLogprob("a", -one)] for one in surprisals]
    )
    found = siblings(forest.responses.ids[1], forest=forest).logprobs
    assert found is not None
    mean = studentised(mean_of(surprisals), ASKED)

    logs = [math.log(one) for one in (found.perplexity.low, found.perplexity.high)]
    assert logs == pytest.approx([mean.low, mean.high])
    assert mean.high - mean.value > mean.value - mean.low
