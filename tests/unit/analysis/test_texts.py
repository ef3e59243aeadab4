"""What texts begin with together, and what is seen of those without ink."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grok_tree.analysis._texts import inked, n_shared

TEXTS = st.lists(st.text("ab", max_size=5), min_size=1, max_size=5)


def test_texts_share_what_all_begin_with() -> None:
    assert n_shared(["abc", "abd", "ab"]) == 2
    assert n_shared([["a", "b"], ["a", "c"]]) == 1
    assert n_shared(["", "a"]) == 0


@given(TEXTS)
def test_all_begin_with_what_is_shared_and_with_no_more(texts: list[str]) -> None:
    n = n_shared(texts)
    assert {text[:n] for text in texts} == {texts[0][:n]}
    longer = {text[: n + 1] for text in texts}
    assert len(longer) > 1 or len(min(texts, key=len)) == n


def test_white_space_is_seen_a_mark_for_each_character() -> None:
    assert [inked(text) for text in ("\n", " \t\r", "", " a\n")] == ["⏎", "␣⇥↵", "∅", " a\n"]
