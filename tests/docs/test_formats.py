"""The page on formats is that of the formats."""

from __future__ import annotations

import pytest

from grok_tree.formats import Format, known_formats
from tools import describe_formats


def test_the_tables_are_current() -> None:
    assert describe_formats.PAGE.read_text("utf-8") == describe_formats.page(), (
        "run: python -m tools.describe_formats"
    )


@pytest.mark.parametrize("one", known_formats(), ids=lambda one: one.name)
def test_a_format_says_what_it_is(one: Format) -> None:
    assert one.read is not None or one.write is not None
    assert (one.read is None) == (one.detect is None)
    assert one.title
    if one.write is not None:
        assert one.suffix.startswith(".")
        assert one.losses
