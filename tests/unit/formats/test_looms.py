"""What all looms have in common."""

from __future__ import annotations

import io

import pytest

from grok_tree.errors import FormatNotFound, MalformedDocument
from grok_tree.formats import opened, read_all
from tests.unit.formats._samples import EXPECTED, check_counts, names

NAMES = names("pyloom", "exoloom", "bonsai", "logitloom", "loomsidian")


@pytest.mark.parametrize("name", NAMES)
def test_counts_are_exact(name: str) -> None:
    expected = EXPECTED[name]
    check_counts(name, expected.get("note", expected))


def test_a_weave_of_tapestry_is_refused_with_the_next_step() -> None:
    with pytest.raises(MalformedDocument, match="convert it first"):
        list(read_all(io.BytesIO(b"VersionedTapestryWeave__\x01\x00\xff" * 3)))


def test_looking_at_a_file_takes_no_longer_for_being_nested() -> None:
    source = io.BytesIO(b'{"children":[' * 20_000)
    with opened(source) as found:
        assert "children.item.children" in found.keys
    with pytest.raises(FormatNotFound):
        list(read_all(source))
