"""Formats of other packages: one that is broken takes nothing away from the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grok_tree.formats import find_format, known_formats

ENTRIES = """[grok_tree.formats]
talk = talk_of_a_test:FORMAT
broken = broken_of_a_test:FORMAT
missing = nothing_of_a_test:FORMAT
odd = talk_of_a_test:ODD
"""
TALK = """from grok_tree.formats import Format

FORMAT = Format(name="talk", title="a line for each turn")
ODD = "no format"
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    info = tmp_path / "talk_of_a_test-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: talk-of-a-test\nVersion: 1\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    (tmp_path / "talk_of_a_test.py").write_text(TALK)
    (tmp_path / "broken_of_a_test.py").write_text("raise RuntimeError('boom')\n")
    monkeypatch.syspath_prepend(tmp_path)
    known_formats.cache_clear()
    yield
    known_formats.cache_clear()


@pytest.mark.usefixtures("installed")
def test_a_broken_plug_in_is_named_and_the_others_are_known() -> None:
    with pytest.warns(UserWarning, match="cannot be used") as told:
        assert find_format("talk").title == "a line for each turn"
    said = [str(one.message) for one in told]
    assert [one.split("'")[1] for one in said] == ["broken", "missing", "odd"]
    assert "talk-of-a-test" in said[0]
    assert "boom" in said[0]
    assert find_format("native").write is not None
