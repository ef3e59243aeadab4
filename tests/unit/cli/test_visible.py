"""Text from elsewhere cannot act on a terminal, hide in it, or rearrange it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.cli._visible import isolated, visible, visible_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with é and 漢字 and 👩‍🔬", "plain, with é and 漢字 and 👩‍🔬"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("windows\r\nline", "windows\nline"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("over\rwritten", r"over\rwritten"),
        ("del\x7f c1\x9b31m", r"del\x7f c1\x9b31m"),
        ("ab\u202ecd", r"ab\u202ecd"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("half\ud800", r"half\ud800"),
        ("line\u2028separator", r"line\u2028separator"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_what_would_act_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_nothing_visible_is_a_control_character(text: str) -> None:
    left = {
        unicodedata.category(character) for character in visible(text) if character not in "\t\n"
    }
    assert not left & {"Cc", "Cs", "Zl", "Zp"}


@given(st.text(st.characters(categories=["L", "N", "P", "S", "M", "Zs"])))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert visible(text) == text


def test_right_to_left_text_is_isolated_from_its_line() -> None:
    assert isolated("\u05d0\u05d1") == "\u2068\u05d0\u05d1\u2069"
    assert isolated("hello") == "hello"
    assert isolated("grüße 漢字") == "grüße 漢字"


def test_a_preview_is_one_line_and_says_that_it_was_cut() -> None:
    assert visible_line(" a\n b\t c ") == "a b c"
    assert visible_line("x" * 50, limit=10) == "x" * 10 + "…"


def test_a_preview_of_ten_megabytes_looks_at_its_beginning_only() -> None:
    assert len(visible_line("\x1b" * 10_000_000, limit=100)) == 401
