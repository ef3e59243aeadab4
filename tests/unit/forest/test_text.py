"""Which text may be stored."""

from __future__ import annotations

import pytest

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import MAX_TEXT_BYTES, checked_text, repaired_text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "Zürich 東京",
        "\U0001f333",
        "tab\tand\r\nline",
        "\x01\x1b[31m\x7f",
        "\ufffe\uffff",
    ],
    ids=["empty", "ascii", "bmp", "astral", "whitespace", "controls", "noncharacters"],
)
def test_valid_unicode_is_returned_unchanged(text: str) -> None:
    assert checked_text(text, "message") == text


def test_a_zero_character_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidOperationError, match=r"the title holds U\+0000 at character 2"):
        checked_text("ab\0c", "title")


@pytest.mark.parametrize(
    ("text", "found"),
    [("ab\ud83d", r"U\+D83D at character 2"), ("\udf33", r"U\+DF33 at character 0")],
    ids=["first half", "second half"],
)
def test_half_of_a_surrogate_pair_is_refused_with_its_place(text: str, found: str) -> None:
    with pytest.raises(InvalidOperationError, match=found):
        checked_text(text, "message")


def test_the_refusal_of_a_surrogate_does_not_drag_the_codec_error_along() -> None:
    with pytest.raises(InvalidOperationError) as caught:
        checked_text("\ud83d", "message")

    assert caught.value.__suppress_context__


@pytest.mark.parametrize("letter", ["a", "ü", "東", "\U0001f333"], ids=["1", "2", "3", "4"])
def test_the_limit_counts_bytes_not_characters(letter: str) -> None:
    most = MAX_TEXT_BYTES // len(letter.encode())

    assert checked_text(letter * most, "message") == letter * most
    with pytest.raises(InvalidOperationError, match="the limit is 16,777,216: split it") as caught:
        checked_text(letter * (most + 1), "message")
    assert caught.value.details["limit"] == MAX_TEXT_BYTES
    assert caught.value.details["size"] == (most + 1) * len(letter.encode())


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        ("fine \U0001f333", "fine \U0001f333"),
        ("a\0b", "a\ufffdb"),
        ("a\ud83db", "a\ufffdb"),
        ("\udf33\ud83d", "\ufffd\ufffd"),
        ("\ud83c\udf33", "\U0001f333"),
        ("end\ud83c", "end\ufffd"),
    ],
    ids=["valid", "zero", "lone", "wrong order", "pair", "at the end"],
)
def test_text_of_a_model_is_repaired(text: str, repaired: str) -> None:
    assert repaired_text(text) == repaired
