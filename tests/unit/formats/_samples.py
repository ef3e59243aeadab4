"""The real files under `tests/data/trees`, and what `expected.json` says is in them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grok_tree.formats import Document, read_all

TREES = Path(__file__).parents[2] / "data" / "trees"
EXPECTED: dict[str, Any] = json.loads((TREES / "expected.json").read_text("utf-8"))
COUNTED = ("nodes", "roots", "forks", "leaves", "max_depth", "max_fanout")


def names(*formats: str) -> list[str]:
    """Return the files of some formats, as `expected.json` calls them."""
    return [name for name in EXPECTED if name.split("/")[0] in formats]


def documents(name: str) -> list[Document]:
    """Read a file; nothing of it may be skipped."""
    found = list(read_all(TREES / name))
    assert all(isinstance(one, Document) for one in found), found
    return [one for one in found if isinstance(one, Document)]


def check_counts(name: str, expected: dict[str, Any] | list[dict[str, Any]]) -> None:
    """Check that a file has just the conversations, counts and titles that are expected."""
    due = expected if isinstance(expected, list) else [expected]
    found = documents(name)
    assert [asdict(one.counts) for one in found] == [
        {key: one[key] for key in COUNTED} for one in due
    ]
    for document, one in zip(found, due, strict=True):
        if "title" in one:
            assert document.conversation.title == (one["title"] or "")
