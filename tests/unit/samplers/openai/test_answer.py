"""Chunks are read as events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.errors import GrokTreeError
from grok_tree.forest import (
    Cited,
    Finished,
    Reasoning,
    SamplerEvent,
    Settings,
    Token,
    TokenAlternative,
    ToolCalled,
)
from grok_tree.samplers.openai._answer import Answers
from grok_tree.samplers.openai._chunks import read_chunk
from grok_tree.samplers.openai._failures import Asked

ASKED = Asked("lab/m", "http://h/v1", "", "", 0.0)


def answers(n: int = 1, **settings: Any) -> Answers:
    return Answers(range(n), Settings(**settings), ASKED)


def chunk(delta: dict[str, Any] | None = None, **choice: Any) -> bytes:
    return json.dumps({"choices": [{"index": 0, "delta": delta or {}, **choice}]}).encode()


def read(*chunks: bytes, n: int = 1, echo: str = "", **settings: Any) -> list[SamplerEvent]:
    reader = answers(n, **settings)
    reader.echo = echo
    events = [event for data in (*chunks, b"[DONE]") for event in reader.events(data)]
    return [*events, *reader.ends()]


def calls(events: Sequence[SamplerEvent]) -> list[tuple[str, str, str]]:
    found = [event.tool_call for event in events if isinstance(event, ToolCalled)]
    return [(call.call_id, call.name, call.arguments) for call in found]


def call(index: int | None, call_id: str = "", name: str = "", arguments: str = "") -> Any:
    function = {"name": name or None, "arguments": arguments}
    return {"index": index, "id": call_id or None, "function": function}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_are_not_part_of_the_text(field: str) -> None:
    events = read(chunk({field: "hm"}), chunk({"content": "yes"}), chunk(finish_reason="stop"))
    assert events[:2] == [Reasoning("hm"), Token("yes")]
    assert isinstance(events[2], Finished)


def test_a_call_of_a_tool_comes_whole_when_its_parts_have_come() -> None:
    events = read(
        chunk({"tool_calls": [call(1, "c1", "second", '{"b":')]}),
        chunk({"tool_calls": [call(0, "c0", "first", "{}")]}),
        chunk({"tool_calls": [call(1, arguments=" 2}")]}),
        chunk(finish_reason="tool_calls"),
    )
    assert calls(events) == [("c0", "first", "{}"), ("c1", "second", '{"b": 2}')]
    assert isinstance(events[-1], Finished)
    assert events[-1].finish_reason == "tool_calls"


def test_calls_without_numbers_and_names_are_told_apart() -> None:
    events = read(
        chunk({"tool_calls": [call(None, "c0", "first", "{}"), call(None, "c1", "second", "{}")]}),
        chunk(finish_reason="stop"),
    )
    assert calls(events) == [("c0", "first", "{}"), ("c1", "second", "{}")]
    assert isinstance(events[-1], Finished)
    assert events[-1].finish_reason == "tool_calls"
    (unnamed,) = calls(read(chunk({"tool_calls": [call(0, "", "f")]}, finish_reason="stop")))
    assert unnamed == ("call-0", "f", "")


def test_sources_are_named() -> None:
    source = {"url": "https://x", "title": "X", "start_index": 1, "end_index": 5}
    note = {"type": "url_citation", "url_citation": source}
    (cited, *_) = read(chunk({"annotations": [note]}))
    assert isinstance(cited, Cited)
    assert (cited.citation.url, cited.citation.begin, cited.citation.end) == ("https://x", 1, 5)


def lp(token: str, logprob: float, *others: tuple[str, float]) -> dict[str, Any]:
    top = [{"token": text, "logprob": value} for text, value in others]
    return {"token": token, "logprob": logprob, "top_logprobs": top}


def test_tokens_of_one_chunk_come_apart_with_their_log_probabilities() -> None:
    content = [lp("a", -1.0, ("b", -3.0), ("a", -1.0), ("c", -4.0)), lp("b", -2.0)]
    events = read(
        chunk({"content": "ab"}, logprobs={"content": content}), logprobs=True, top_logprobs=2
    )
    first, second = events[:2]
    assert isinstance(first, Token)
    assert isinstance(second, Token)
    assert first.logprob is not None
    assert first.logprob.alternatives == (TokenAlternative("a", -1.0), TokenAlternative("b", -3.0))
    assert (second.text, second.logprob and second.logprob.logprob) == ("b", -2.0)


def test_tokens_that_are_not_the_text_leave_it_whole() -> None:
    content = [lp("\ufffd", -1.0), lp("\ufffd", -2.0)]
    events = read(chunk({"content": "é"}, logprobs={"content": content}), logprobs=True)
    assert events[0] == Token("é")


def test_the_older_form_of_log_probabilities_is_read() -> None:
    older = {"tokens": ["a", "b"], "token_logprobs": [-1.0, -2.0], "top_logprobs": [{"z": -9.0}]}
    events = read(
        json.dumps({"choices": [{"index": 0, "text": "ab", "logprobs": older}]}).encode(),
        logprobs=True,
        top_logprobs=1,
    )
    first = events[0]
    assert isinstance(first, Token)
    assert first.logprob is not None
    assert first.logprob.alternatives == (TokenAlternative("z", -9.0),)


@pytest.mark.parametrize("logprobs", [{"content": "odd"}, 5, {"content": [{"token": 3}]}])
def test_odd_log_probabilities_cost_nothing_else(logprobs: Any) -> None:
    assert read(chunk({"content": "a"}, logprobs=logprobs), logprobs=True)[0] == Token("a")


def test_a_beginning_that_is_repeated_is_left_out() -> None:
    texts = [chunk({"content": "The capital of France"}), chunk({"content": " is"})]
    assert read(*texts, echo="The capital of")[:2] == [Token(" France"), Token(" is")]
    assert read(chunk({"content": "ha"}), echo="ha")[0] == Token("ha")


@pytest.mark.parametrize(
    ("reason", "completion", "expected"),
    [("length", 7, "length"), ("length", 3, "context"), ("stop", 3, "stop"), ("odd", 3, "stop")],
)
def test_reasons_are_ours(reason: str, completion: int, expected: str) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": completion}
    end = read(
        chunk({"content": "a"}, finish_reason=reason),
        json.dumps({"choices": [], "usage": usage}).encode(),
        max_tokens=7,
    )[-1]
    assert isinstance(end, Finished)
    assert end.finish_reason == expected
    assert end.provenance.get("finish_reason") == ("odd" if reason == "odd" else None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(["index", "delta", "message", "text", "finish_reason", "logprobs"])
DELTAS = st.dictionaries(st.sampled_from(["content", "tool_calls", "reasoning"]), JSON)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "choices": st.lists(st.dictionaries(FIELDS, JSON | DELTAS)) | JSON,
            "usage": JSON,
            "error": JSON,
            "id": JSON,
            "model": JSON,
        },
    )
)
def test_any_json_is_events_or_an_error_of_ours(value: dict[str, Any]) -> None:
    reader = answers(2, logprobs=True)
    try:
        reader.events(json.dumps(value).encode())
        list(reader.ends())
    except GrokTreeError:
        return


@given(st.binary())
def test_any_bytes_are_a_chunk_or_none(data: bytes) -> None:
    read_chunk(data)


def test_deep_nesting_is_no_chunk() -> None:
    assert read_chunk(b'{"choices":' + b"[" * 100_000) is None
