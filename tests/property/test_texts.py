"""Properties of text: what is stored, what is repaired, what a comparison keeps."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import checked_text, diff_texts, id_bytes, id_text, repaired_text, uuid7_text

ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Also with surrogates and U+0000."""


def is_storable(text: str) -> bool:
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)


@given(ANY_TEXT)
def test_a_text_is_refused_exactly_when_it_cannot_be_stored(text: str) -> None:
    if is_storable(text):
        assert checked_text(text, "message") == text
    else:
        with pytest.raises(InvalidOperationError):
            checked_text(text, "message")


@given(ANY_TEXT)
def test_a_repaired_text_can_be_stored(text: str) -> None:
    assert is_storable(repaired_text(text))


@given(ANY_TEXT.filter(is_storable))
def test_repair_leaves_a_good_text_alone(text: str) -> None:
    assert repaired_text(text) == text


@given(st.text(), st.text())
def test_a_comparison_holds_both_texts(first: str, second: str) -> None:
    changes = diff_texts(first, second)

    assert "".join(c.text for c in changes if c.kind in ("same", "-")) == first
    assert "".join(c.text for c in changes if c.kind in ("same", "+")) == second


@given(st.text(), st.text())
def test_neighbouring_runs_of_a_comparison_are_of_different_kind(first: str, second: str) -> None:
    kinds = [change.kind for change in diff_texts(first, second)]

    assert all(a != b for a, b in pairwise(kinds))


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_ids_keep_their_time_and_their_order(unix_ms: int, bits: int) -> None:
    made = uuid7_text(unix_ms, bits)

    assert int.from_bytes(id_bytes(made)[:6]) == unix_ms
    assert id_text(id_bytes(made)) == made
