"""Entropy, agreement and what clusters say: by hand, against scipy, and what must hold."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy as scipys

from grok_tree.analysis import siblings
from grok_tree.analysis.answers._entropy import entropy, weighted_entropy
from grok_tree.errors import InvalidOperationError
from tests.unit.analysis.answers._samples import answered, tokens_of

_LABELS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=30)


def test_semantic_entropy_by_hand() -> None:
    # Clusters of 3 and 1 of 4: -(3/4 log 3/4 + 1/4 log 1/4).
    group = siblings(["Yes", "yes.", "YES", "no"])
    expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert group.semantic_entropy().value == pytest.approx(expected)
    # Miller and Madow add (2 - 1) / (2 * 4).
    corrected = group.semantic_entropy(correction="miller-madow")
    assert corrected.value == pytest.approx(expected + 1 / 8)
    assert group.most_entropy == math.log(4)


@given(_LABELS)
def test_semantic_entropy_is_that_of_scipy_with_all_and_without_each(labels: list[str]) -> None:
    counts = Counter(labels)
    found = entropy(np.array(list(counts.values())))
    assert found.value == pytest.approx(scipys(list(counts.values())), abs=1e-12)
    if len(labels) > 1:
        left = [scipys(list((counts - Counter([label])).values())) for label in counts.elements()]
        assert found.without == pytest.approx(left, abs=1e-12)


@given(_LABELS, st.permutations("abcde"))
def test_names_of_clusters_change_nothing(labels: list[str], names: list[str]) -> None:
    renamed = [names["abcde".index(label)] for label in labels]
    one, two = siblings(labels), siblings(renamed)
    assert one.semantic_entropy().value == pytest.approx(two.semantic_entropy().value, abs=1e-12)
    assert one.majority.agreement == two.majority.agreement
    assert one.n_clusters == two.n_clusters


@given(_LABELS)
def test_a_duplicate_of_every_answer_leaves_entropy_and_agreement_as_they_are(
    labels: list[str],
) -> None:
    one, two = siblings(labels), siblings(labels * 2)
    assert one.semantic_entropy().value == pytest.approx(two.semantic_entropy().value, abs=1e-12)
    assert one.majority.agreement.value == two.majority.agreement.value


def test_answers_that_all_differ_do_not_bound_the_entropy_of_the_model() -> None:
    found = siblings([f"answer {n}" for n in range(20)]).semantic_entropy(correction="miller-madow")
    assert found.value == pytest.approx(math.log(20) + 19 / 40)
    assert found.high == math.inf


def test_answers_that_are_all_alike_do_not_show_that_the_model_has_no_other() -> None:
    # Pairs with another answer may be 1 - 0.05^(2/20) = 0.259 of all: so far towards log 20.
    found = siblings(["yes"] * 20).semantic_entropy(correction="miller-madow")

    assert (found.value, found.low, found.method) == (0, 0, "no spread")
    assert found.high == pytest.approx((1 - 0.05**0.1) * math.log(20))


@pytest.mark.parametrize(("n_alone", "is_bounded"), [(2, True), (3, False)])
def test_many_answers_that_stand_alone_do_not_bound_the_entropy(
    n_alone: int, is_bounded: bool
) -> None:
    labels = [f"alone {n}" for n in range(n_alone)] + ["a"] * 12 + ["b"] * (8 - n_alone)
    found = siblings(labels).semantic_entropy(correction="miller-madow")

    assert math.isfinite(found.high) == is_bounded


def test_no_such_correction_is_said() -> None:
    with pytest.raises(InvalidOperationError, match="miller-madow"):
        siblings(["a"]).semantic_entropy(correction="chao")  # type: ignore[arg-type]


def test_the_majority_by_hand() -> None:
    group = siblings(["Rome", "Paris", "paris", "Paris.", "Oslo"])
    assert (group.majority.answer, group.majority.tied) == ("Paris", 1)
    assert group.majority.agreement.value == 3 / 5
    # 3 pairs of 10 agree.
    assert group.pair_agreement.value == pytest.approx(3 / 10)


def test_ties_are_said_and_the_earliest_answer_is_taken() -> None:
    tied = siblings(["Rome", "Paris", "Oslo", "Paris", "Rome"]).majority
    assert (tied.answer, tied.tied) == ("Rome", 2)
    assert "2 clusters tied" in str(tied)
    nobody = siblings([]).majority
    assert (nobody.answer, nobody.tied) == (None, 0)


def test_duplicates_by_hand() -> None:
    # Three different texts of five: two repeat an earlier one.
    group = siblings(["a", "b", "a", "A", "a"])
    assert group.duplicates.value == pytest.approx(2 / 5)
    assert group.n_clusters.value == 2


def test_weighted_entropy_by_hand() -> None:
    # Geometric means 0.5, 0.2 and 0.3 of three texts; the first two are one cluster: 0.7 and 0.3.
    texts = ["Yes", "yes", "no", "no"]
    tokens = [[("Y", 0.25), ("es", 1.0)], [("yes", 0.2)], [("no", 0.3)], [("no", 0.3)]]
    forest = answered(texts, [tokens_of(one) for one in tokens])
    group = siblings(forest.responses.ids[1], forest=forest)
    found = group.weighted_entropy()
    assert found is not None
    assert found.value == pytest.approx(scipys([0.7, 0.3]))
    # Without the length in it: 0.25 + 0.2 = 0.45 and 0.3.
    by_sum = group.weighted_entropy(per_token=False)
    assert by_sum is not None
    assert by_sum.value == pytest.approx(scipys([0.45, 0.3]))


def test_a_text_is_as_likely_as_its_answers_are_on_average() -> None:
    # Recorded once as 0.2 and once as 0.4, as with two models: 0.3, beside another text's 0.3.
    tokens = [tokens_of([("no", 0.2)]), tokens_of([("no", 0.4)]), tokens_of([("yes", 0.3)])]
    forest = answered(["no", "no", "yes"], tokens)
    found = siblings(forest.responses.ids[1], forest=forest).weighted_entropy()
    assert found is not None
    assert found.value == pytest.approx(math.log(2))


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(-5, 0)), min_size=3, max_size=9), st.randoms()
)
def test_weighted_entropy_without_each_is_that_of_the_others(
    drawn: list[tuple[int, float]], random: Random
) -> None:
    # Of five texts, the first two and the next two say the same.
    kinds, logprobs = np.array([one for one, _ in drawn]), np.array([two for _, two in drawn])
    labels = kinds // 2

    def reference(kept: list[int]) -> float:
        masses = np.zeros(3)
        for kind in set(kinds[kept]):
            masses[kind // 2] += np.exp(logprobs[[at for at in kept if kinds[at] == kind]]).mean()
        return float(scipys(masses[masses > 0]))

    found = weighted_entropy(labels, kinds, logprobs)
    places = list(range(len(drawn)))
    random.shuffle(places)
    mixed = weighted_entropy(labels[places], kinds[places], logprobs[places])
    assert mixed.value == pytest.approx(found.value, abs=1e-12)
    places.sort()
    assert found.value == pytest.approx(reference(places), abs=1e-9)
    left = [reference(places[:at] + places[at + 1 :]) for at in places]
    assert found.without == pytest.approx(left, abs=1e-9)


@given(st.floats(-50, 50))
def test_weighted_entropy_does_not_depend_on_a_factor_of_all_probabilities(constant: float) -> None:
    labels, kinds = np.array([0, 0, 1, 2]), np.arange(4)
    logprobs = np.array([-1.0, -2.0, -0.5, -3.0])
    one = weighted_entropy(labels, kinds, logprobs)
    two = weighted_entropy(labels, kinds, logprobs + constant)
    assert one.value == pytest.approx(two.value)
    assert one.without == pytest.approx(two.without)


def test_without_log_probabilities_of_all_there_is_no_weighted_entropy() -> None:
    forest = answered(["a", "b"], [tokens_of([("a", 0.5)]), []])
    group = siblings(forest.responses.ids[1], forest=forest)
    assert group.weighted_entropy() is None
    assert group.logprobs is not None
    assert group.logprobs.n == 1
    assert siblings(["a", "b"]).weighted_entropy() is None
    assert siblings(["a", "b"]).logprobs is None
