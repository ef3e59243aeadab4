"""What differs between two texts and two paths."""

from __future__ import annotations

import pytest

from grok_tree.forest import TextChange, diff_texts
from grok_tree.testing import forest_of


def test_equal_texts_are_one_run() -> None:
    assert diff_texts("the same", "the same") == [TextChange("same", "the same")]


def test_two_empty_texts_have_no_runs() -> None:
    assert diff_texts("", "") == []


def test_a_changed_word_is_removed_and_added_with_the_gap_before_it() -> None:
    assert diff_texts("a red fox", "a blue fox") == [
        TextChange("same", "a"),
        TextChange("-", " red"),
        TextChange("+", " blue"),
        TextChange("same", " fox"),
    ]


def test_words_at_the_end_are_added() -> None:
    assert diff_texts("so", "so be it") == [TextChange("same", "so"), TextChange("+", " be it")]


def test_words_in_the_middle_are_removed() -> None:
    assert diff_texts("if not, so", "if so") == [
        TextChange("same", "if"),
        TextChange("-", " not,"),
        TextChange("same", " so"),
    ]


def test_a_long_difference_is_shown_as_a_whole() -> None:
    left, right = "left " * 10_001, "right left right " * 5_001

    assert diff_texts(f"so {left}end", f"so {right}end") == [
        TextChange("same", "so"),
        TextChange("-", " " + left[:-1]),
        TextChange("+", " " + right[:-1]),
        TextChange("same", " end"),
    ]


def test_long_answers_that_share_no_word_are_compared_in_linear_time() -> None:
    left, right = (" ".join(f"{side}{n}" for n in range(4_000)) for side in "ab")

    assert diff_texts(left, right) == [TextChange("-", left), TextChange("+", right)]


@pytest.mark.parametrize(
    ("first", "second", "changes"),
    [
        ("b", "c", [TextChange("-", "b"), TextChange("+", "c")]),
        ("a", "c", [TextChange("+", "c")]),
        ("b", "a", [TextChange("-", "b")]),
        ("b", "b", []),
    ],
    ids=["both part", "only the second", "only the first", "the same path"],
)
def test_the_first_responses_after_a_divergence_are_compared(
    first: str, second: str, changes: list[TextChange]
) -> None:
    diff = forest_of("a>b, a>c").diff(first, second)

    assert diff.text_changes() == changes
