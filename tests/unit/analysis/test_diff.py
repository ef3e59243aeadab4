"""What differs between two paths: by hand, against trying all pairings, and at length."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grok_tree.analysis import Diff, diff
from grok_tree.analysis.structure._pairing import WINDOW, likeness_of, paired
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.forest import Forest, Response, ResponseId, Sender
from grok_tree.testing import CONVERSATION_ID, EPOCH, forest_from_parents


def forest_of_two(shared: list[str], first: list[str], second: list[str]) -> Forest:
    """Return a forest of two paths, whose responses are human and model in turn."""
    n = len(shared)
    above = list(range(-1, n - 1))
    for rest in (first, second):
        begin = len(above)
        above += [n - 1 if place == 0 else begin + place - 1 for place in range(len(rest))]
    return forest_from_parents(above, messages=[*shared, *first, *second])


def diff_of(shared: list[str], first: list[str], second: list[str]) -> Diff:
    forest = forest_of_two(shared, first, second)
    ids = forest.responses.ids
    return diff(ids[len(shared) + len(first) - 1], ids[-1], forest=forest)


def said(found: Diff) -> list[tuple[str | None, str | None]]:
    return [
        (pair.first.message if pair.first else None, pair.second.message if pair.second else None)
        for pair in found.pairs
    ]


def test_words_that_changed_by_hand() -> None:
    found = diff_of(["why?"], ["The sky is blue."], ["The sky was blue, mostly."])
    assert found.divergence is not None
    assert found.divergence.message == "why?"
    assert found.n_common == 1
    (pair,) = found.pairs
    assert (pair.kind, pair.sender) == ("changed", "assistant")
    assert str(found).splitlines()[1] == "assistant: The sky {-is-} {+was+} blue{+, mostly+}."
    # In both: "The sky", "blue", "."; only in the second: "was", ",", "mostly".
    assert (pair.n_words("same"), pair.n_words("-"), pair.n_words("+")) == (4, 1, 3)


def test_an_exchange_more_does_not_shift_what_follows() -> None:
    first = ["it is blue", "and at night?", "it is black then", "why is that?", "no sun, no light"]
    more = ["what do you mean by black?", "the absence of all colours"]
    found = diff_of(["q"], first, [*first[:3], *more, *first[3:]])
    assert said(found) == [
        *((text, text) for text in first[:3]),
        *((None, text) for text in more),
        *((text, text) for text in first[3:]),
    ]
    assert (found.count("same"), found.count("+"), found.count("-")) == (5, 2, 0)
    assert said(diff_of(["q"], [*first[:3], *more, *first[3:]], first)) == [
        (b, a) for a, b in said(found)
    ]


def test_a_path_that_goes_on_is_only_in_one() -> None:
    found = diff_of(["q"], ["a"], ["a", "b", "c"])
    assert [pair.kind for pair in found.pairs] == ["same", "+", "+"]
    assert repr(found.pairs[1]) == "<DiffPair +: human: {+b+}>"
    assert repr(found).startswith("<Diff: 1 shared; after them 1 the same, 0 changed")


def test_siblings_stand_side_by_side_whatever_comes_later() -> None:
    found = diff_of(["q"], ["perhaps green"], ["dark", "and then?", "it is not green"])
    assert said(found) == [
        ("perhaps green", "dark"),
        (None, "and then?"),
        (None, "it is not green"),
    ]


def test_a_response_beside_itself_has_no_differences() -> None:
    forest = forest_of_two(["q"], ["a"], ["b"])
    end = forest.responses.ids[1]
    found = diff(forest[end], end, forest=forest)
    assert (found.n_common, list(found.pairs), found.to_records()) == (2, [], [])
    assert "kind" in found.to_pandas().columns


def test_paths_of_different_roots_share_nothing() -> None:
    found = diff_of([], ["a", "b"], ["a", "c"])
    assert (found.divergence, found.n_common) == (None, 0)
    assert [pair.kind for pair in found.pairs] == ["same", "changed"]


def test_where_ids_are_must_be_said_and_be_true() -> None:
    forest = forest_of_two(["q"], ["a"], ["b"])
    with pytest.raises(InvalidOperationError, match="forest="):
        diff(*forest.responses.ids[1:])
    with pytest.raises(ResponseNotFound, match="nowhere"):
        diff("nowhere", forest.responses.ids[1], forest=forest)


def responses_of(turns: list[tuple[Sender, str]]) -> list[Response]:
    return [
        Response(
            response_id=ResponseId(str(number)),
            conversation_id=CONVERSATION_ID,
            parent_response_id=None,
            sender=sender,
            message=message,
            create_time=EPOCH,
        )
        for number, (sender, message) in enumerate(turns)
    ]


TURNS = st.lists(
    st.tuples(st.sampled_from(["human", "assistant"]), st.text("ab ", max_size=5)), max_size=5
)


@given(TURNS, TURNS)
@settings(max_examples=60)
def test_no_other_pairing_is_more_alike(
    one: list[tuple[Sender, str]], other: list[tuple[Sender, str]]
) -> None:
    first, second = responses_of(one), responses_of(other)
    likeness = likeness_of(first, second) if first and second else np.zeros((len(one), len(other)))
    likeness[:1, :1] += 0.5  # the first two are siblings
    best = max(
        sum(float(likeness[a, b]) for a, b in zip(left, right, strict=True))
        for n in range(min(len(one), len(other)) + 1)
        for left in combinations(range(len(one)), n)
        for right in combinations(range(len(other)), n)
    )

    found = list(paired(first, second))

    both = [(a, b) for a, b in found if a is not None and b is not None]
    places = [(int(a.response_id), int(b.response_id)) for a, b in both]
    assert sum(float(likeness[place]) for place in places) == pytest.approx(best, abs=1e-4)
    assert [a for a, _ in found if a] == first
    assert [b for _, b in found if b] == second
    assert all(a.sender == b.sender for a, b in both)


@pytest.mark.parametrize("n", [WINDOW - 1, 3 * WINDOW])
def test_long_paths_find_each_other_again_after_what_was_put_between(n: int) -> None:
    random = np.random.default_rng(5)
    words = [" ".join(map(str, random.integers(0, 5_000, 12))) for _ in range(n)]
    edited = [f"{text} more" if place % 3 else text for place, text in enumerate(words)]
    longer = [
        "other",
        *edited[: n // 2],
        *(f"new {place}" for place in range(20)),
        *edited[n // 2 :],
    ]
    found = list(
        paired(
            responses_of([("human", text) for text in words]),
            responses_of([("human", text) for text in longer]),
        )
    )
    pairs = [(a.message, b.message) for a, b in found if a is not None and b is not None]
    assert pairs == list(zip(words, edited, strict=True))
    assert [b.message for a, b in found if a is None and b] == [
        "other",
        *(f"new {place}" for place in range(20)),
    ]


def test_what_is_shown_is_inert() -> None:
    found = diff_of(["q"], ["<script>\x1b[2J one"], ["<b>two</b> & three\u202e"])
    assert not set(str(found)) & {"\x1b", "\u202e"}
    assert r"\x1b" in str(found)
    page = found._repr_html_()
    shown = ("details", "summary", "b", "ul", "li", "span", "ins", "del", "p")
    assert set(re.findall(r"</?(\w+)", page)) <= set(shown)
    assert "&lt;" in page
    assert not set(page) & {"\x1b", "\u202e"}


def test_only_the_beginning_of_many_pairs_is_shown() -> None:
    texts = [f"text {place}" for place in range(60)]
    found = diff_of(["q"], texts, [f"{text} more" for text in texts])
    assert str(found).endswith("… 10 more pairs; to_records() has them")
    assert "10 more pairs" in found._repr_html_()
    assert len(found.to_records()) == 60


def test_how_alike_responses_are_by_hand() -> None:
    first = responses_of([("human", "a b"), ("human", "")])
    second = responses_of([("human", "a b"), ("human", "a"), ("human", "c"), ("assistant", "a b")])
    # 0.1 for the sender, and the cosine of (1, 1) with (1, 1), (1, 0) and (0, 0).
    found = likeness_of(first, second)
    assert found[0].tolist() == pytest.approx([1.1, 0.1 + 0.5**0.5, 0.1, -np.inf])
    assert found[1].tolist() == pytest.approx([0.1, 0.1, 0.1, -np.inf])


@given(
    st.lists(st.sampled_from(["a", "b c", "c d e", ""]), min_size=1, max_size=4),
    st.lists(st.sampled_from(["a", "b d", "c d", "e"]), min_size=1, max_size=4),
)
def test_words_of_both_paths_are_the_same_taken_out_or_put_in(
    first: list[str], second: list[str]
) -> None:
    found = diff_of(["q"], first, second)
    same, out, into = (sum(p.n_words(one) for p in found.pairs) for one in ("same", "-", "+"))
    assert [same + out, same + into] == [len(" ".join(one).split()) for one in (first, second)]
    rows = found.to_records()
    assert sum(row["n_words_same"] for row in rows) == same
    assert sum(row["n_words_removed"] for row in rows) == out
    assert sum(row["n_words_added"] for row in rows) == into
    assert [row["kind"] for row in rows] == [pair.kind for pair in found.pairs]
