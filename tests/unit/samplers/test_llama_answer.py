"""What the runtime replies is read as events."""

from __future__ import annotations

from typing import Any

import pytest

from grok_tree.errors import ContextTooLong, SamplingError
from grok_tree.forest import Finished, FinishReason, Reasoning, Settings, Token
from grok_tree.samplers._llama_answer import Answer

ASKED = Settings(max_tokens=10, logprobs=True, top_logprobs=1, seed=5)


def chunk(text: str | None, n_tokens: int, **choice: Any) -> dict[str, Any]:
    """Return a chunk as the runtime sends it after so many tokens."""
    delta = {"content": text, **choice.pop("delta", {})}
    return {
        "choices": [
            {"index": choice.pop("place", 0), "finish_reason": None, "delta": delta, **choice}
        ],
        "timings": {"predicted_n": n_tokens, "cache_n": 6, "prompt_n": 3},
    }


def with_logprob(text: str, n_tokens: int) -> dict[str, Any]:
    others = [{"token": " a", "logprob": -1.0}, {"token": " b", "logprob": -2.0}]
    token = {"id": 7, "token": text, "logprob": -0.5, "top_logprobs": others}
    return chunk(text, n_tokens, logprobs={"content": [token]})


def end(reason: str, n_tokens: int, place: int = 0) -> list[dict[str, Any]]:
    usage = {
        "prompt_tokens": 7,
        "completion_tokens": n_tokens,
        "prompt_tokens_details": {"cached_tokens": 6},
    }
    return [
        chunk(None, n_tokens, finish_reason=reason, place=place),
        {"choices": [], "usage": usage},
    ]


def test_a_token_carries_its_log_probability_and_the_alternatives_asked_for() -> None:
    (token,) = Answer(ASKED, {}, first=2).events(with_logprob(" word", 1))
    assert isinstance(token, Token)
    assert (token.text, token.index) == (" word", 2)
    assert token.logprob is not None
    assert token.logprob.logprob == -0.5
    assert [other.text for other in token.logprob.alternatives] == [" a"]


def test_without_alternatives_none_are_kept() -> None:
    (token,) = Answer(Settings(logprobs=True), {}).events(with_logprob(" word", 1))
    assert isinstance(token, Token)
    assert token.logprob is not None
    assert token.logprob.alternatives == ()


def test_a_piece_of_several_tokens_has_no_log_probability() -> None:
    answer = Answer(ASKED, {})
    list(answer.events(with_logprob("one", 1)))
    (piece,) = answer.events(with_logprob(" 🦔", 4))
    assert piece == Token(" 🦔", 0)


def test_progress_through_the_prompt_brings_nothing() -> None:
    progress = {**chunk(None, 0, delta={"role": "assistant"}), "prompt_progress": {"processed": 48}}
    assert list(Answer(ASKED, {}).events(progress)) == []


def test_thoughts_are_apart_from_the_answer() -> None:
    thought = chunk(None, 1, delta={"reasoning_content": "hm"})
    events = Answer(ASKED, {}, first=1).events(thought)
    assert list(events) == [Reasoning("hm", 1)]


@pytest.mark.parametrize(
    ("reason", "n_tokens", "expected"),
    [("stop", 3, "stop"), ("length", 10, "length"), ("length", 3, "context")],
)
def test_the_reason_tells_a_full_context_from_enough_tokens(
    reason: str, n_tokens: int, expected: FinishReason
) -> None:
    answer = Answer(ASKED, {"runtime": "1"})
    (finished,) = [event for last in end(reason, n_tokens) for event in answer.events(last)]
    assert isinstance(finished, Finished)
    assert answer.complete
    assert finished.finish_reason == expected
    assert (finished.usage.prompt_tokens, finished.usage.cached_prompt_tokens) == (7, 6)
    assert finished.usage.completion_tokens == n_tokens
    assert finished.provenance == {"runtime": "1", "seed": "5"}


def test_a_prompt_that_does_not_fit_says_by_how_much() -> None:
    error = {"type": "exceed_context_size_error", "n_prompt_tokens": 9_031, "n_ctx": 8_192}
    with pytest.raises(ContextTooLong, match=r"9,031 .* 8,192; branch from") as caught:
        list(Answer(ASKED, {}).events({"error": error}))
    assert caught.value.details == {"n_prompt_tokens": 9_031, "n_context_tokens": 8_192}


def test_any_other_error_keeps_the_words_of_the_runtime() -> None:
    with pytest.raises(SamplingError, match="no slot"):
        list(Answer(ASKED, {}).events({"error": {"code": 503, "message": "no slot"}}))


def test_an_answer_without_an_end_has_failed() -> None:
    with pytest.raises(SamplingError, match="without a reason"):
        Answer(ASKED, {}).check_complete()


def test_siblings_are_told_apart_and_only_the_first_computed_the_prompt() -> None:
    answer = Answer(ASKED, {}, first=8, n=2)
    events = [
        event
        for piece in (
            chunk("a", 1, place=0),
            chunk("b", 1, place=1),
            *end("stop", 1, place=1),
            chunk("c", 2, place=0),
            *end("length", 10, place=0),
        )
        for event in answer.events(piece)
    ]
    assert [(type(event), event.index) for event in events] == [
        (Token, 8),
        (Token, 9),
        (Finished, 9),
        (Token, 8),
        (Finished, 8),
    ]
    second, first = [event for event in events if isinstance(event, Finished)]
    assert (first.provenance["seed"], second.provenance["seed"]) == ("5", "6")
    assert (first.usage.cached_prompt_tokens, second.usage.cached_prompt_tokens) == (6, 7)
    assert (first.usage.completion_tokens, second.usage.completion_tokens) == (10, 1)


def test_a_stop_token_ends_its_sibling_alone_and_is_left_out() -> None:
    answer = Answer(ASKED, {}, n=2, stop_tokens=[7])
    (stopped,) = answer.events(with_logprob(" word", 1))
    assert isinstance(stopped, Finished)
    assert (stopped.finish_reason, stopped.usage.completion_tokens) == ("stop", 1)
    assert (stopped.usage.prompt_tokens, stopped.usage.cached_prompt_tokens) == (9, 6)
    assert list(answer.events(with_logprob(" more", 2))) == []
    assert not answer.complete
    assert list(answer.events(chunk("other", 1, place=1))) == [Token("other", 1)]
