"""Colours follow what the user said, then the environment, then the terminal."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest

from grok_tree.cli._console import wants_colour


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("asked", "terminal", "environment", "expected"),
    [
        (None, True, {}, True),
        (None, False, {}, False),
        (None, True, {"NO_COLOR": "1"}, False),
        (None, True, {"NO_COLOR": ""}, True),
        (None, True, {"TERM": "dumb"}, False),
        (None, False, {"FORCE_COLOR": "1"}, True),
        (None, True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, False, {"NO_COLOR": "1"}, True),
        (False, True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_when_colours_are_used(
    asked: bool | None, terminal: bool, environment: Mapping[str, str], expected: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert wants_colour(asked, stream, environment) == expected
