"""Bars of plain characters."""

from __future__ import annotations

import pytest

from grok_tree.cli._bars import Bar, bar_lines, drawn
from grok_tree.cli._spans import paint


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, ""), (1, "████"), (0.5, "██"), (1 / 32, "▏"), (7 / 32, "▉"), (9 / 32, "█▏"), (1e-9, "▏")],
)
def test_a_bar_has_eighths_of_columns_and_is_never_invisible(share: float, expected: str) -> None:
    assert drawn(share, 4) == expected


def test_the_longest_bar_fills_the_line_and_labels_are_aligned() -> None:
    lines = [
        paint(line, colour=False)
        for line in bar_lines([Bar("1", 1, "1"), Bar("10-20", 2, "two"), Bar("x", 0, "0")], 20)
    ]
    assert lines == ["      1 ████ 1", "  10-20 ████████ two", "      x  0"]
    assert len(lines[1]) == 20


def test_a_chart_of_nothing_has_no_lines() -> None:
    assert list(bar_lines([], 40)) == []
