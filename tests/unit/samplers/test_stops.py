"""Stop texts end an answer and are not part of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.forest import Token, TokenLogprob
from grok_tree.samplers._stops import StopTexts


def passed(stops: tuple[str, ...], *pieces: str) -> str:
    texts = StopTexts(stops)
    came = [token for piece in pieces for token in texts.passed(Token(piece))]
    return "".join(token.text for token in [*came, *texts.rest()])


@pytest.mark.parametrize(
    ("stops", "pieces", "left"),
    [
        ((), ("one", " two"), "one two"),
        (("wo",), ("one", " two", " three"), "one t"),
        (("two",), ("one ", "t", "w", "o"), "one "),
        (("END", "one"), ("one", "END"), ""),
        (("\n\n",), ("a\n", "b\n", "\nc"), "a\nb"),
        (("abc",), ("ab",), "ab"),
        (("",), ("x",), "x"),
    ],
)
def test_what_comes_before_the_first_stop_text_passes(
    stops: tuple[str, ...], pieces: tuple[str, ...], left: str
) -> None:
    assert passed(stops, *pieces) == left


def test_what_cannot_begin_a_stop_text_passes_at_once() -> None:
    texts = StopTexts(("END",))

    assert list(texts.passed(Token("one E"))) == []
    assert list(texts.passed(Token("very"))) == [Token("one E"), Token("very")]


def test_a_token_that_is_cut_has_no_log_probability() -> None:
    texts = StopTexts(("END",))
    token = Token("so END", logprob=TokenLogprob("so END", -1.0))

    assert list(texts.passed(token)) == [Token("so ")]
    assert texts.found


@given(
    st.lists(st.text("abc", max_size=3), max_size=12),
    st.lists(st.text("abc", min_size=1, max_size=3), max_size=3),
)
def test_it_does_not_matter_how_a_text_is_cut_into_tokens(
    pieces: list[str], stops: list[str]
) -> None:
    whole = "".join(pieces)
    # The earliest end wins, as it would if every character came alone.
    alone = passed(tuple(stops), *whole)
    ends = [place for stop in stops if (place := whole.find(stop)) >= 0]

    assert whole.startswith(passed(tuple(stops), *pieces))
    assert alone.startswith(whole[: min(ends, default=len(whole))])
