"""How numbers of things and long texts are told."""

from __future__ import annotations

from grok_tree.forest import counted, on_one_line


def test_one_is_one_and_all_others_are_several() -> None:
    assert [counted(n, "tip") for n in (0, 1, 2, 1_000)] == [
        "0 tips",
        "1 tip",
        "2 tips",
        "1,000 tips",
    ]
    assert counted(2, "branch", "branches") == "2 branches"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert on_one_line(" a\n b ", 3) == "a b"
    assert on_one_line("abcd", 3) == "ab…"
    assert on_one_line("a" + " " * 100 + "b", 10) == "a…"
