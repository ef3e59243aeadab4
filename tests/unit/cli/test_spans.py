"""Styled text is wrapped between words and never wider than its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.cli._spans import Span, cells, paint, wrap

TEXTS = st.text(st.characters(categories=["L", "N", "P", "Mn", "Zs"]), max_size=60)


def shown(lines: list[list[Span]]) -> list[str]:
    return [paint(line, colour=False) for line in lines]


@given(st.lists(TEXTS, max_size=4), st.integers(2, 20), st.integers(1, 5))
def test_no_line_is_wider_than_asked(texts: list[str], width: int, max_lines: int) -> None:
    lines = wrap([Span(text) for text in texts], width, max_lines=max_lines)
    assert len(lines) <= max_lines
    assert all(cells(line) <= width for line in shown(lines))


@given(st.lists(TEXTS, max_size=4), st.integers(2, 20))
def test_with_enough_lines_no_character_is_lost(texts: list[str], width: int) -> None:
    lines = wrap([Span(text) for text in texts], width, max_lines=1_000)
    assert "".join("".join(shown(lines)).split()) == "".join("".join(texts).split())


def test_lines_break_between_words() -> None:
    assert shown(wrap([Span("the sky is blue")], 8, max_lines=3)) == ["the sky ", "is blue"]


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    assert shown(wrap([Span("the sky is blue")], 8, max_lines=1)) == ["the sky…"]


def test_a_word_longer_than_a_line_is_broken() -> None:
    assert shown(wrap([Span("abcdefgh")], 3, max_lines=9)) == ["abc", "def", "gh"]


def test_styles_stay_with_their_words() -> None:
    lines = wrap([Span("old "), Span("new words", "new")], 8, max_lines=2)
    assert lines == [
        [Span("old"), Span(" "), Span("new", "new"), Span(" ", "new")],
        [Span("words", "new")],
    ]


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("漢字", 4), ("é", 1), ("e\u0301", 1)])
def test_columns_are_those_of_a_terminal(text: str, columns: int) -> None:
    assert cells(text) == columns


def test_colours_are_only_used_when_wanted() -> None:
    assert paint([Span("a", "new")], colour=False) == "a"
    assert paint([Span("a", "new"), Span("b")], colour=True) == "\x1b[32m\x1b[1ma\x1b[0mb"


def test_neighbours_in_one_style_are_coloured_once() -> None:
    spans = [Span("a", "title"), Span(" ", "title"), Span("b", "title"), Span("", "faint")]
    assert paint(spans, colour=True) == "\x1b[1ma b\x1b[0m"
