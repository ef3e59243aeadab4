"""Two answers side by side."""

from __future__ import annotations

import math
from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree import analysis
from grok_tree.analysis.probabilities import _align
from grok_tree.forest import Origin, ResponseId, Settings, TokenLogprob
from tests.unit.analysis._answers import asked, forest_with, response, token

texts = st.lists(st.sampled_from(["a", "b", " c", "d.", " e"]), max_size=15)


def answer(words: list[str], share: float = 0.5) -> list[TokenLogprob]:
    offsets = [len("".join(words[:place])) for place in range(len(words))]
    return [token(word, share, offset) for word, offset in zip(words, offsets, strict=True)]


def kinds(found: analysis.Alignment) -> str:
    return "".join({"same": "=", "changed": "x"}.get(pair.kind, pair.kind) for pair in found)


def test_an_alignment_by_hand() -> None:
    found = analysis.align(answer(list("abcde"), 0.5), answer(list("axcdef"), 0.25))
    assert kinds(found) == "=x===+"
    assert found.similarity == pytest.approx(2 * 4 / 11)
    assert found.mean_logprob_difference == pytest.approx(math.log(0.25) - math.log(0.5))
    assert str(found.parting) == "'b' (50 %) against 'x' (25 %)"
    assert found.to_records()[1]["logprob_difference"] is None
    assert found.to_records()[5]["first"] is None
    assert found.to_records()[2] == {
        "kind": "same",
        "first": "c",
        "first_offset": 2,
        "first_probability": pytest.approx(0.5),
        "second": "c",
        "second_offset": 2,
        "second_probability": pytest.approx(0.25),
        "logprob_difference": pytest.approx(math.log(0.25) - math.log(0.5)),
    }
    assert [row["second"] for row in found.to_records()] == list("axcdef")


@given(texts, texts)
def test_each_side_is_kept_whole_and_the_shared_part_is_longest(a: list[str], b: list[str]) -> None:
    found = analysis.align(answer(a), answer(b))
    assert [pair.first.text for pair in found if pair.first] == a
    assert [pair.second.text for pair in found if pair.second] == b
    matched = sum(block.size for block in SequenceMatcher(None, a, b, False).get_matching_blocks())
    assert kinds(found).count("=") == longest_common(a, b) >= matched
    assert analysis.align(answer(b), answer(a)).similarity == found.similarity


def longest_common(a: list[str], b: list[str]) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        before = row[:]
        for place, y in enumerate(b):
            row[place + 1] = before[place] + 1 if x == y else max(before[place + 1], row[place])
    return row[-1]


@given(texts)
def test_equal_answers_are_the_same_at_every_place(words: list[str]) -> None:
    found = analysis.align(answer(words), answer(words))
    assert kinds(found) == "=" * len(words)
    assert (found.parting, found.similarity) == (None, 1.0)
    assert str(found).startswith("equal")


@given(texts, texts, st.floats(0.1, 1), st.floats(0.1, 1))
def test_the_other_way_round_differences_are_the_opposite(
    a: list[str], b: list[str], one: float, other: float
) -> None:
    there = analysis.align(answer(a, one), answer(b, other))
    back = analysis.align(answer(b, other), answer(a, one))
    if kinds(there).count("="):
        assert there.mean_logprob_difference == pytest.approx(math.log(other / one), abs=1e-9)
        assert back.mean_logprob_difference == pytest.approx(math.log(one / other), abs=1e-9)
    else:
        assert math.isnan(there.mean_logprob_difference)
        assert there.similarity == (0 if a or b else 1)


def test_what_is_impossible_on_a_side_has_no_difference() -> None:
    found = analysis.align(answer(["a", "b"], 0), answer(["a", "b"], 0.5))
    assert [pair.logprob_difference for pair in found] == [None, None]
    assert math.isnan(found.mean_logprob_difference)


def test_where_one_ends_the_other_goes_on() -> None:
    found = analysis.align(answer(["a"]), answer(["a", "b"]))
    assert str(found.parting) == "the end against 'b' (50 %)"


def test_words_do_where_tokens_are_not_recorded() -> None:
    plain = Settings()
    forest = forest_with(
        [
            asked(),
            response("a", "It is cold."),
            response("b", "It was cold.", settings=plain),
        ],
        {"a": answer(["It", " is", " co", "ld", "."])},
    )
    found = analysis.align("a", "b", forest=forest)
    assert found.by == "words"
    assert kinds(found) == "=x=="
    assert math.isnan(found.mean_logprob_difference)


def test_what_a_fork_took_over_is_cut_like_the_original() -> None:
    first = answer(["It", " is", " co", "ld", "."])
    origin = Origin(kind="forked", of=ResponseId("a"), offset=8, forced="ol")
    forest = forest_with(
        [asked(), response("a", "It is cold."), response("f", "It is cool, too", origin=origin)],
        {"a": first, "f": [token(",", 0.5, 10), token(" too", 0.5, 11)]},
    )
    found = analysis.align("a", "f", forest=forest)
    assert kinds(found) == "===xx+"
    assert [pair.second.text for pair in found if pair.second] == [
        *("It", " is", " co", "ol", ",", " too")
    ]
    assert found.pairs[0].second is not None
    assert found.pairs[0].second.token is None
    assert found.pairs[0].logprob_difference is None


def test_parts_that_are_too_long_stand_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_align, "_MOST_PAIRS", 3)
    found = analysis.align(answer(list("abcz")), answer(list("adbz")))
    assert kinds(found) == "=--++="
    assert not found.is_whole


def test_ten_thousand_tokens_are_aligned() -> None:
    a = [str(place % 97) for place in range(10_000)]
    b = [str(place % 89) for place in range(10_000)]
    found = analysis.align(answer_without_offsets(a), answer_without_offsets(b))
    assert found.is_whole
    assert 0.5 < found.similarity < 1


def answer_without_offsets(words: list[str]) -> list[TokenLogprob]:
    return [TokenLogprob(word, -0.5, (), place) for place, word in enumerate(words)]
