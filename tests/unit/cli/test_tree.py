"""A tree shows marks, differences and hostile text as it should."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from grok_tree.cli._tree import TreeDrawing, TreeStyle
from grok_tree.forest import Forest, HeldResponses, Marks, Response, Settings
from grok_tree.testing import forest_from_names, forest_of


def drawn(forest: Forest, style: TreeStyle | None = None, top: str | None = None) -> list[str]:
    return list(TreeDrawing(forest, style or TreeStyle()).lines(top=top))


def changed(forest: Forest, **changes: Callable[[Response], Response]) -> Forest:
    responses = [
        changes[one.response_id](one) if one.response_id in changes else one
        for one in forest.responses
    ]
    return Forest(forest.conversation, forest.parent_numbers, HeldResponses(responses))


def saying(text: str) -> Callable[[Response], Response]:
    return lambda response: msgspec.structs.replace(response, message=text)


def test_a_small_forest() -> None:
    forest = forest_of("a>b>c>d, a>e, x", leaf="d", title="Letters")
    drawing = TreeDrawing(forest, TreeStyle())
    assert [drawing.heading(), *drawing.lines()] == [
        "Letters  01900000-0000  6 responses, 3 tips",
        "├─ human a a",
        "│  ├─ assistant b b",
        "│  │  human c c",
        "│  │  assistant d [leaf] d",
        "│  └─ assistant e e",
        "└─ human x x",
    ]


def test_only_what_is_below_a_response() -> None:
    assert drawn(forest_of("a>b>c, a>d"), top="b") == ["assistant b b", "human c c"]


def test_marks_stand_before_the_text() -> None:
    forest = changed(
        forest_of("a>b", leaf="b"),
        b=lambda response: msgspec.structs.replace(
            response,
            partial=True,
            shared=True,
            manual=True,
            finish_reason="cancelled",
            marks=Marks(starred=True),
        ),
    )
    assert drawn(forest)[1] == "assistant b ★ [leaf, partial: cancelled, by hand, shared] b"


def test_what_was_asked_of_the_model_is_shown() -> None:
    asked = Settings(temperature=0.5, seed=3)
    forest = changed(
        forest_of("a>b"), b=lambda response: msgspec.structs.replace(response, settings=asked)
    )
    assert drawn(forest)[1] == "assistant b T=0.5 seed=3 b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the sky is blue", "(the same words as its first sibling)"),
        ("the sea is blue", "the {+sea+} is blue"),
        ("the sky is not blue", "the sky is {+not+} blue"),
        ("the sky", "the sky {-is blue-}"),
        ("no word of it", "{+no word of it+}"),
    ],
)
def test_a_sibling_shows_its_own_words_also_without_colour(text: str, expected: str) -> None:
    forest = changed(forest_of("a>b, a>c"), b=saying("the sky is blue"), c=saying(text))
    line = drawn(forest, TreeStyle(differences=True))[2]
    assert line == f"└─ assistant c {expected}"


def test_with_colour_the_words_are_coloured_instead() -> None:
    forest = changed(forest_of("a>b, a>c"), b=saying("blue sky"), c=saying("blue sea"))
    line = drawn(forest, TreeStyle(differences=True, colour=True))[2]
    assert line.endswith("blue \x1b[32m\x1b[1msea\x1b[0m")


def test_long_texts_are_wrapped_under_their_response() -> None:
    forest = changed(forest_of("a>b, a>c"), b=saying("word " * 30))
    lines = drawn(forest, TreeStyle(width=40, lines=3))
    assert lines[1:4] == [
        "├─ assistant b word word word word",
        "│     word word word word word word word",
        "│     word word word word word word wor…",
    ]


def test_hostile_text_is_shown_and_does_nothing() -> None:
    forest = changed(forest_of("a"), a=saying("x\x1b[2J\n├─ fake\u202e"))
    assert drawn(forest) == [r"human a x\x1b[2J ├─ fake\u202e"]


@pytest.mark.parametrize("everything", [False, True], ids=["cut", "everything"])
@pytest.mark.parametrize("deep", [False, True], ids=["wide", "deep"])
def test_ten_thousand_responses_are_drawn(deep: bool, everything: bool) -> None:
    names = {"0": None} | {str(n): str(n - 1 if deep else 0) for n in range(1, 10_000)}
    forest = forest_from_names(names, leaf="9999")
    lines = drawn(forest, TreeStyle(everything=everything))
    assert max(map(len, lines)) < 60
    assert (len(lines) == 10_000) == everything
