"""Where another token might have stood, and where that led."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree import analysis
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, Origin, Response, ResponseId, TokenLogprob
from tests.unit.analysis._answers import asked, forest_with, response, token

TOKENS = [
    token("It", 0.99),
    token(" is", 0.9, 2, _was=0.08),
    token(" A", 0.5, 5, _B=0.4, _Be=0.05),
    token(".", 0.8, 7, **{",": 0.15}),
]


def forked(name: str, message: str, offset: int, forced: str) -> Response:
    origin = Origin(kind="forked", of=ResponseId("a"), offset=offset, forced=forced)
    return response(name, message, origin=origin)


def where(forest: Forest, threshold: float = 0.1) -> dict[tuple[int, str], Sequence[str]]:
    found = analysis.tokens("a", forest=forest).forking_tokens(threshold=threshold)
    return {
        (place.token.offset, branch.text): branch.response_ids
        for place in found
        for branch in place.branches
    }


def study(*others: Response, tokens: dict[str, list[TokenLogprob]] | None = None) -> Forest:
    return forest_with(
        [asked(), response("a", "It is A."), *others], {"a": TOKENS, **(tokens or {})}
    )


def test_likely_alternatives_make_a_fork() -> None:
    assert list(where(study())) == [(5, " A"), (5, " B"), (7, "."), (7, ",")]
    assert list(where(study(), 0.4)) == [(5, " A"), (5, " B")]
    assert list(where(study(), 0.95)) == []


def test_siblings_that_took_the_alternative_are_found_by_their_text() -> None:
    led = where(
        study(response("b", "It is B."), response("c", "It is A, too."), response("d", "No"))
    )
    assert led[5, " B"] == ("b",)
    assert led[5, " A"] == ("a", "c")
    assert led[7, ","] == ("c",)


def test_a_word_that_only_begins_alike_is_told_apart_by_its_own_tokens() -> None:
    long = response("b", "It is Between.")
    own = [token(" Between", 0.01, 5)]
    assert where(study(long, tokens={"b": own}))[5, " B"] == ()
    assert where(study(long, tokens={"b": [token(" B", 0.4, 5)]}))[5, " B"] == ("b",)
    # where nothing is recorded the longest of the known tokens is the best guess
    assert where(study(long), 0.04)[5, " Be"] == ("b",)


def test_forked_answers_count_where_they_were_forked_and_nowhere_after() -> None:
    one = forked("f", "It is B, then.", 5, " B")
    later = forked("g", "It is A, then.", 7, ",")
    led = where(study(one, later))
    assert led[5, " B"] == ("f",)
    assert led[7, ","] == ("g",)
    assert led[5, " A"] == ("a",), "the words of g at this place were not sampled for it"


def test_other_models_and_hands_do_not_count() -> None:
    led = where(
        study(
            response("b", "It is B.", model_name="scripted/varied"),
            response("c", "It is B.", manual=True),
        )
    )
    assert led[5, " B"] == ()


def test_a_label_tells_where_the_branches_led() -> None:
    forest = study(response("b", "It is B."), response("c", "It is B, A."))
    found = analysis.tokens("a", forest=forest).forking_tokens(
        label=lambda one: "A" if "A" in one.message else "B"
    )
    sampled, other = found[0].branches
    assert (sampled.outcomes, other.outcomes) == ({"A": 1}, {"A": 1, "B": 1})
    assert other.shares()["A"] == analysis.wilson(1, 2)
    assert sampled.shares(level=0.9) == {"A": analysis.wilson(1, 1, level=0.9)}
    # (|1 - 1/2| + |0 - 1/2|) / 2
    assert other.total_variation(sampled) == pytest.approx(0.5)
    assert (
        str(found).split("\n")[0]
        == "5: ' A' 50 % (1 answer: A 1) | ' B' 40 % (2 answers: B 1, A 1)"
    )


def test_outcomes_by_id_will_do() -> None:
    forest = study(response("b", "It is B."))
    found = analysis.tokens("a", forest=forest).forking_tokens(label={"b": "wrong"})
    assert [branch.outcomes for branch in found[0].branches] == [{}, {"wrong": 1}]
    assert found.to_records()[1]["total_variation"] is None


@given(st.permutations(["It is B.", "It is A.", "It is B, no.", "It was.", "It is A, no."]))
def test_the_order_of_siblings_and_their_ids_do_not_matter(texts: list[str]) -> None:
    forest = study(*(response(f"s{place}", text) for place, text in enumerate(texts)))
    counts = {key: len(ids) for key, ids in where(forest).items()}
    assert counts == {(5, " A"): 3, (5, " B"): 2, (7, "."): 2, (7, ","): 1}


def test_tokens_alone_have_forks_but_lead_nowhere() -> None:
    found = analysis.tokens(TOKENS).forking_tokens()
    assert [place.token.offset for place in found] == [5, 7]
    assert all(branch.response_ids == () for branch in found[0].branches)


def test_a_token_without_text_is_an_end() -> None:
    tokens = [token("Yes", 0.9), token(".", 0.6, 3, **{"": 0.4})]
    forest = forest_with(
        [
            asked(),
            response("a", "Yes."),
            response("b", "Yes"),
            response("c", "Yes, I do"),
            response("d", "Yes", finish_reason="length"),
            forked("e", "Yes.", 3, ""),
        ],
        {"a": tokens},
    )
    led = where(forest)
    assert led[3, ""] == ("b",)
    assert led[3, "."] == ("a", "e"), "where nothing was forced the model chose"
    assert "(no text) 40 %" in str(analysis.tokens("a", forest=forest).forking_tokens())


@pytest.mark.parametrize("threshold", [0, 1.1, -1])
def test_a_threshold_is_a_probability(threshold: float) -> None:
    with pytest.raises(InvalidOperationError, match="threshold"):
        analysis.tokens(TOKENS).forking_tokens(threshold=threshold)


def test_a_label_is_a_function_or_a_mapping() -> None:
    with pytest.raises(InvalidOperationError, match="label"):
        analysis.tokens("a", forest=study()).forking_tokens(label="B")  # type: ignore[arg-type]


def test_an_answer_took_what_was_sampled_in_it_where_its_text_was_trimmed_later() -> None:
    forest = forest_with(
        [asked(), response("a", "It is A")],
        {"a": [*TOKENS[:2], token(" A ", 0.5, 5, _B=0.4), token("\n", 0.6, 8, _C=0.3)]},
    )
    assert where(forest) == {(5, " A "): ("a",), (5, " B"): (), (8, "\n"): ("a",), (8, " C"): ()}
