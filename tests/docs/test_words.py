"""The glossary and the pages hold together."""

from __future__ import annotations

import re

import pytest

from tests.docs._blocks import ROOT

PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/cli.md",
    "docs/native-format.md",
    "docs/glossary.md",
    "docs/models.md",
    "docs/money.md",
    "docs/doors.md",
    "docs/analysis.md",
    "docs/networkx.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_that_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [
        link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link and link[0] != "#"
    ]
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_each_word_of_the_glossary_stands_once() -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    words = [
        word
        for group in re.findall(r"^\| \*\*(.+?)\*\*", text, re.MULTILINE)
        for word in group.split(", ")
    ]
    assert len(words) == len(set(words)) > 30


def test_every_room_is_described_for_contributors() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = [path.parent.name for path in (ROOT / "grok_tree").glob("*/__init__.py")]
    assert [room for room in rooms if f"`{room}`" not in text] == []
