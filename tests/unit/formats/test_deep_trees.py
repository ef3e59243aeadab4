"""Looms are as deep as people read on: nothing here calls itself."""

from __future__ import annotations

import io
import json

import pytest

from grok_tree.formats import Skipped, read_all, write
from grok_tree.formats._document import counted
from tests.unit.formats._hostile import deep_forest
from tests.unit.formats._made import read_bytes

DEEP = 100_000


def nested(depth: int, field: str = "children") -> bytes:
    """Return a chain of nodes inside nodes."""
    opening = b'{"text":"x","' + field.encode() + b'":['
    return opening * depth + b"]}" * depth


@pytest.mark.parametrize("depth", [900, DEEP])
def test_nodes_inside_of_nodes_are_read_at_any_depth(depth: int) -> None:
    (document,) = read_bytes(nested(depth), "pyloom")
    assert document.counts.max_depth == depth


def test_a_token_tree_is_read_at_any_depth() -> None:
    content = b'{"isLogitLoomTreeVersion":"logit-loom-tree-v1","roots":[' + nested(5_000) + b"]}"
    (document,) = read_bytes(content)
    assert document.counts.max_depth == 5_000


def test_lines_that_hang_on_each_other_are_read_at_any_depth() -> None:
    lines = [
        json.dumps(
            {"id": str(number), "text": "x", "parent_id": str(number - 1) if number else None}
        )
        for number in range(DEEP)
    ]
    (document,) = read_bytes("\n".join(lines).encode())
    assert document.counts.max_depth == DEEP
    assert document.counts.roots == 1


def test_chains_folded_into_chains_are_unfolded_at_any_depth() -> None:
    opening = b'{"id":"m","text":"x","tail_id":"m","children":[],"masked_head":'
    content = b'{"root":' + opening * 5_000 + b'{"id":"a","text":"x","children":[]}' + b"}" * 5_001
    (document,) = read_bytes(content, "pyloom")
    assert [one.origin.original_id for one in document.responses] == ["a"]


def test_what_has_no_field_and_is_too_deep_is_refused_by_name() -> None:
    meta = b"[" * DEEP + b"]" * DEEP
    content = b'{"root":{"id":"a","text":"x","children":[],"memories":' + meta + b"}}"
    (found,) = read_all(io.BytesIO(content), "pyloom")
    assert isinstance(found, Skipped)
    assert found.reason == "it is nested too deeply"


def test_a_line_of_a_chat_that_is_too_deep_is_passed_over_and_named() -> None:
    lines = [b'{"user_name":"U","character_name":"C"}', b'{"name":"C","is_user":false,"mes":"a"}']
    lines.append(
        b'{"name":"C","is_user":false,"mes":"b","extra":' + b"[" * DEEP + b"]" * DEEP + b"}"
    )
    (document,) = read_bytes(b"\n".join(lines))
    assert [one.message for one in document.responses] == ["a"]
    assert document.repair_counts == {"line_skipped": 1}


def test_a_deep_forest_is_written_and_read_again() -> None:
    forest, file = deep_forest(5_000), io.BytesIO()
    assert write(forest, file, "pyloom") == 5_000
    (document,) = read_bytes(file.getvalue())
    assert document.counts == counted(forest.parent_numbers)
    assert sorted(one.message for one in document.responses) == sorted(
        one.message for one in forest
    )
