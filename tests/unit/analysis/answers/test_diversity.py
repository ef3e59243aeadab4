"""Distinct-n, self-BLEU, compression, lengths: by hand, by sacrebleu, and what must hold."""

from __future__ import annotations

import gzip
import math
import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from grok_tree.analysis import siblings
from grok_tree.analysis.answers._bleu import self_bleu
from grok_tree.forest import counted

_BLEU = BLEU(effective_order=True)
_WORDS = st.sampled_from(["a", "b", "c,", "d.", "1,5", "x-y", "don't", "😀", "&amp;", "A"])
_TEXTS = st.lists(st.lists(_WORDS, max_size=9).map(" ".join), min_size=2, max_size=7)


def sentence_bleu(text: str, references: list[str]) -> float:
    return float(_BLEU.sentence_score(text, references).score)


def reference_self_bleu(texts: list[str]) -> float:
    return statistics.fmean(
        sentence_bleu(text, texts[:at] + texts[at + 1 :]) for at, text in enumerate(texts)
    )


def reference_distinct(texts: list[str], order: int) -> float:
    grams = [
        tuple(words[at : at + order])
        for words in map(str.split, texts)
        for at in range(len(words) - order + 1)
    ]
    return len(set(grams)) / len(grams) if grams else math.nan


def test_distinct_n_by_hand() -> None:
    # Words: a b a | a b c: 3 different of 6; pairs: ab ba | ab bc: 3 of 4; triples: 2 of 2.
    one, two, three, four = siblings(["a b a", "a b c"]).distinct
    assert (one.value, two.value, three.value) == (3 / 6, 3 / 4, 1)
    assert math.isnan(four.value)
    assert (four.low, four.high, four.method) == (0, 1, "too few")


def test_self_bleu_by_hand() -> None:
    # "a b" against "a c": 1 of 2 words, and 0 of 1 pairs, which counts as 1/2: sqrt(1/2 * 1/2).
    assert siblings(["a b", "a c"]).self_bleu.value == pytest.approx(50)
    # A copy among the others makes 100; "c d" shares nothing with them.
    assert siblings(["a b", "a b", "c d"]).self_bleu.value == pytest.approx(200 / 3)


@given(_TEXTS)
def test_self_bleu_is_that_of_sacrebleu(texts: list[str]) -> None:
    assert siblings(texts).self_bleu.value == pytest.approx(reference_self_bleu(texts), abs=1e-9)


@given(_TEXTS)
def test_leaving_one_out_is_self_bleu_of_the_others(texts: list[str]) -> None:
    if len(texts) > 2:
        left = [reference_self_bleu(texts[:at] + texts[at + 1 :]) for at in range(len(texts))]
        assert self_bleu(texts).without == pytest.approx(left, abs=1e-9)


def test_what_pairs_add_to_the_variance_of_self_bleu_by_hand() -> None:
    # Of 30 answers two are alike and lose 100 without each other; the others share nothing.
    found = self_bleu(["same same", "same same", *(f"o{number}" for number in range(28))])
    squares = 200**2 - 2 * 200**2 / 28 + 400**2 / (2 * 29 * 28)
    assert found.by_pairs == pytest.approx(squares / 30**2 * (1 - 15 / 30))
    assert found.variance == pytest.approx(replace(found, by_pairs=0.0).variance - found.by_pairs)


@settings(max_examples=20)
@given(st.lists(st.lists(_WORDS, max_size=5).map(" ".join), min_size=17, max_size=20))
def test_what_pairs_add_is_what_is_left_of_them_beside_each_of_the_two(texts: list[str]) -> None:
    n = len(texts)
    without = np.zeros((n, n))
    for at, text in enumerate(texts):
        others = [*texts[:at], *texts[at + 1 :]]
        for gone in range(n - 1):
            change = sentence_bleu(text, others)
            change -= sentence_bleu(text, [*others[:gone], *others[gone + 1 :]])
            without[at, gone + (gone >= at)] = change
    given = without + without.T
    own = given.sum(axis=1) / (n - 2)
    mean = given.sum() / ((n - 1) * (n - 2))
    rest = given - own[:, None] - own + mean
    np.fill_diagonal(rest, 0.0)
    expected = (rest**2).sum() / 2 / n**2 * (1 - 15 / n)
    assert self_bleu(texts).by_pairs == pytest.approx(expected, abs=1e-9)


@given(_TEXTS)
def test_distinct_n_is_what_counting_gives_with_all_and_without_each(texts: list[str]) -> None:
    from grok_tree.analysis.answers._distinct import distinct
    from grok_tree.analysis.answers._ngrams import ngrams_of

    for order, ngrams in enumerate(ngrams_of([text.split() for text in texts]), 1):
        found = distinct(ngrams)
        assert found.value == pytest.approx(reference_distinct(texts, order), nan_ok=True)
        left = [reference_distinct(texts[:at] + texts[at + 1 :], order) for at in range(len(texts))]
        assert found.without == pytest.approx(left, nan_ok=True)


@given(_TEXTS, st.randoms())
def test_the_order_of_answers_changes_no_figure_of_diversity(texts, random) -> None:  # type: ignore[no-untyped-def]
    other = list(texts)
    random.shuffle(other)
    for one, two in zip(siblings(texts).distinct, siblings(other).distinct, strict=True):
        assert (one.value, one.low) == pytest.approx((two.value, two.low), nan_ok=True)
    first, second = siblings(texts).self_bleu, siblings(other).self_bleu
    assert (first.value, first.low) == pytest.approx((second.value, second.low), abs=1e-6)


@given(_TEXTS)
def test_a_duplicate_of_every_answer_halves_distinct_n_and_makes_self_bleu_whole(
    texts: list[str],
) -> None:
    once, twice = siblings(texts), siblings(texts * 2)
    for before, after in zip(once.distinct, twice.distinct, strict=True):
        assert after.value == pytest.approx(before.value / 2, nan_ok=True)
    n_empty = sum(not text.split() for text in texts)
    assert twice.self_bleu.value == pytest.approx(100 * (1 - n_empty / len(texts)))


@given(_TEXTS, st.floats(0.5, 0.99))
def test_intervals_hold_their_figure_inside_its_range(texts: list[str], level: float) -> None:
    found = siblings(texts, level=level).to_records()
    for row in found:
        if not math.isnan(row["value"]):
            assert row["low"] - 1e-9 <= row["value"] <= row["high"] + 1e-9, row
    assert {row["statistic"]: row for row in found}["self_bleu"]["high"] <= 100


def test_compression_by_hand_and_as_gzip_does() -> None:
    texts = ["the same words again"] * 50
    raw = "".join(f"{text}\n" for text in texts).encode()
    ratio = siblings(texts).compression_ratio.value
    # gzip puts a header and a trailer of 12 bytes more around what zlib writes.
    assert ratio == len(raw) / (len(gzip.compress(raw, 6)) - 12)
    assert ratio > siblings([f"word{n * n} other{n**3}" for n in range(50)]).compression_ratio.value


def test_lengths_by_hand() -> None:
    words = siblings(["one", "one two", "one two three", ""]).words
    assert (words.mean.value, words.shortest, words.median, words.longest) == (1.5, 0, 1.5, 3)
    # Deviations -0.5, 0.5, 1.5, -1.5: sqrt(5 / 3).
    assert words.sd == pytest.approx(math.sqrt(5 / 3))
    assert siblings(["😀"]).characters.mean.value == 1


@pytest.mark.parametrize(
    "texts",
    [[], [""], ["x"], ["", ""], ["x"] * 2, ["", "x"], ["x"] * 3, [""] * 20, ["😀", "😀 😀", "é"]],
    ids=str,
)
def test_small_and_empty_groups_have_all_their_rows_without_a_warning(texts: list[str]) -> None:
    group = siblings(texts)
    rows = group.to_records()
    assert {"distinct_1", "self_bleu", "compression_ratio", "edit_distance", "agreement"} <= {
        row["statistic"] for row in rows
    }
    assert all(row["n"] == len(texts) for row in rows)
    assert len(group.answer_records()) == len(texts)
    assert group.first_difference is None or len(set(texts)) > 1
    assert "<table" in group._repr_html_()
    assert str(group).startswith(counted(len(texts), "answer"))


def test_identical_answers_leave_room_for_others_that_were_not_seen() -> None:
    group = siblings(["the same"] * 30)
    assert group.self_bleu.value == pytest.approx(100)
    # 15 pairs without a common answer are trials that all went one way; t is 2.045 for 29 degrees.
    assert group.self_bleu.low == pytest.approx(100 * 15 / (15 + 2.045**2), abs=0.1)
    assert group.edit_distance.high == pytest.approx(2.045**2 / (15 + 2.045**2), abs=0.01)
    # One in ten may well be another answer: 1 - 0.05^(1/30) = 0.095, and 0.181 of the pairs.
    assert group.semantic_entropy().high == pytest.approx(0.181 * math.log(30), abs=0.01)
    assert group.semantic_entropy().method == "no spread"


def test_the_same_seed_gives_the_same_intervals() -> None:
    texts = ["a " * (n % 7) for n in range(40)]
    one, same, other = (siblings(texts, seed=seed).words.mean for seed in (1, 1, 2))
    assert one == same != other
