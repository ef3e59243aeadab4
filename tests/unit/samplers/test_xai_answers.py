"""What xAI streams, as events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from xai_sdk.proto import chat_pb2, sample_pb2

from grok_tree.errors import SamplingInterrupted
from grok_tree.forest import (
    Citation,
    Cited,
    Finished,
    Reasoning,
    SamplerEvent,
    Searched,
    Settings,
    Token,
    TokenAlternative,
    ToolCall,
    ToolCalled,
    Usage,
)
from grok_tree.samplers import XaiSampler
from grok_tree.testing import ends_of, prompt_of, sampled, text_of
from tests.unit.samplers._xai_server import (
    MODEL,
    XaiServer,
    chunk,
    counts,
    cut,
    end,
    output,
    says,
    says_words,
    usage,
)

pytestmark = pytest.mark.anyio
QUESTION = prompt_of("hi")


async def answered(
    grok: XaiSampler, *, model: str = MODEL, n: int = 1, **settings: Any
) -> list[SamplerEvent]:
    return await sampled(grok, model, QUESTION, n=n, settings=Settings(**settings))


def logprobs(*tokens: tuple[str | bytes, float]) -> Any:
    """Return log-probabilities as xAI streams them, each with one alternative."""
    content = []
    for token, value in tokens:
        raw = token.encode() if isinstance(token, str) else token
        shown = raw.decode(errors="replace")
        other = chat_pb2.TopLogProb(token="other", logprob=-4.0)
        made = chat_pb2.LogProb(token=shown, bytes=raw, logprob=value, top_logprobs=[other])
        content.append(made)
    return chat_pb2.LogProbs(content=content)


def server_call(call_id: str, name: str, kind: int, **arguments: Any) -> Any:
    function = chat_pb2.FunctionCall(name=name, arguments=json.dumps(arguments))
    return chat_pb2.ToolCall(id=call_id, type=kind, function=function)


async def test_the_words_of_an_answer_come_as_tokens(xai: XaiServer, grok: XaiSampler) -> None:
    xai.script = says_words("Hello", " there")

    events = await answered(grok)

    assert events[:2] == [Token("Hello"), Token(" there")]
    assert [type(event) for event in events[2:]] == [Finished]


async def test_tokens_carry_the_log_probabilities_of_their_chunks(
    xai: XaiServer, grok: XaiSampler
) -> None:
    said = logprobs(("Hel", -0.5), ("lo", -0.25))
    xai.script = says(chunk(output("Hello", logprobs=said)), end())

    first, second, _ = await answered(grok, logprobs=True, top_logprobs=1)

    assert isinstance(first, Token)
    assert isinstance(second, Token)
    assert first.logprob is not None
    assert second.logprob is not None
    assert (first.text, first.logprob.text, first.logprob.logprob) == ("Hel", "Hel", -0.5)
    assert (second.text, second.logprob.logprob) == ("lo", -0.25)
    assert first.logprob.alternatives == (TokenAlternative("other", -4.0),)


async def test_a_character_made_of_several_tokens_has_no_log_probability(
    xai: XaiServer, grok: XaiSampler
) -> None:
    said = logprobs(("a", -0.5), (b"\xc3", -0.1), (b"\xa9", -0.2), ("b", -0.25))
    xai.script = says(chunk(output("a\u00e9b", logprobs=said)), end())

    events = await answered(grok, logprobs=True)

    tokens = [event for event in events if isinstance(event, Token)]
    assert [token.text for token in tokens] == ["a", "\u00e9", "b"]
    assert [token.logprob is not None for token in tokens] == [True, False, True]


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
async def test_what_is_no_probability_is_left_out(
    xai: XaiServer, grok: XaiSampler, value: float
) -> None:
    xai.script = says(chunk(output("x", logprobs=logprobs(("x", value)))), end())

    assert (await answered(grok, logprobs=True))[0] == Token("x")


async def test_log_probabilities_of_another_text_are_left_out(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.script = says(chunk(output("x", logprobs=logprobs(("y", -1.0)))), end())

    assert (await answered(grok, logprobs=True))[0] == Token("x")


async def test_thoughts_come_beside_the_text(xai: XaiServer, grok: XaiSampler) -> None:
    xai.script = says(chunk(output(reasoning_content="Let me see.")), chunk(output("Yes.")), end())

    assert (await answered(grok))[:2] == [Reasoning("Let me see."), Token("Yes.")]


async def test_encrypted_thoughts_are_kept_with_the_end(xai: XaiServer, grok: XaiSampler) -> None:
    xai.script = says(
        chunk(output("Yes.", encrypted_content="gAAA")), end(encrypted_content="BBB=")
    )

    assert ends_of(await answered(grok))[0].encrypted_reasoning == "gAAABBB="


async def test_the_call_of_a_function_is_told_once(xai: XaiServer, grok: XaiSampler) -> None:
    call = server_call("call-1", "add", chat_pb2.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL, a=1, b=2)
    xai.script = says(chunk(output(tool_calls=[call])), end(sample_pb2.REASON_TOOL_CALLS), chunk())

    events = await answered(grok)

    made = ToolCall(call_id="call-1", name="add", arguments='{"a": 1, "b": 2}')
    assert events[0] == ToolCalled(made)
    assert ends_of(events)[0].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("kind", "name", "arguments", "searched"),
    [
        ("WEB_SEARCH", "web_search", {"query": "weather"}, Searched("weather", "web")),
        ("WEB_SEARCH", "browse_page", {"url": "https://a.b"}, Searched("https://a.b", "web")),
        ("X_SEARCH", "x_keyword_search", {"query": "cats", "limit": 3}, Searched("cats", "x")),
        ("CODE_EXECUTION", "code_execution", {"code": "1+1"}, Searched("1+1", "code")),
    ],
)
async def test_what_xai_searches_is_told_as_a_search_and_as_a_call(
    xai: XaiServer,
    grok: XaiSampler,
    *,
    kind: str,
    name: str,
    arguments: dict[str, Any],
    searched: Searched,
) -> None:
    number = chat_pb2.ToolCallType.Value(f"TOOL_CALL_TYPE_{kind}_TOOL")
    call = server_call("call-1", name, number, **arguments)
    xai.script = says(chunk(output(tool_calls=[call])), chunk(output("So.", index=2)), end(index=2))

    events = await answered(grok)

    made = ToolCall(call_id="call-1", name=name, arguments=json.dumps(arguments), kind=kind.lower())
    assert events[:3] == [searched, ToolCalled(made), Token("So.")]


def searching() -> list[Any]:
    """Return an answer in three steps: a search, what it found, and what follows."""
    call = server_call("c1", "web_search", chat_pb2.TOOL_CALL_TYPE_WEB_SEARCH_TOOL, query="sky")
    ended = chat_pb2.ToolCall()
    ended.CopyFrom(call)
    ended.status = chat_pb2.TOOL_CALL_STATUS_COMPLETED
    found = output("FOUND", role=chat_pb2.ROLE_TOOL, index=1, tool_calls=[ended])
    return [
        chunk(output(tool_calls=[call], encrypted_content="first")),
        chunk(found),
        chunk(output("Blue.", index=2, encrypted_content="second")),
        chunk(
            output(index=2, finish_reason=sample_pb2.REASON_STOP),
            usage=usage(),
            citations=["https://sky.example"],
        ),
    ]


async def test_what_a_tool_of_xai_found_is_not_part_of_the_answer(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.script = says(*searching())

    events = await answered(grok)

    assert text_of(events) == "Blue."
    assert len([event for event in events if isinstance(event, ToolCalled)]) == 1
    assert Cited(Citation(url="https://sky.example")) in events


async def test_places_that_rest_on_a_source_are_counted_in_the_whole_message(
    xai: XaiServer, grok: XaiSampler
) -> None:
    cited = chat_pb2.InlineCitation(
        id="1", start_index=4, end_index=7, web_citation=chat_pb2.WebCitation(url="https://a.b")
    )
    xai.script = says(
        chunk(output("First. ")),
        chunk(output("Sky [1]", index=1, citations=[cited])),
        end(citations=["https://a.b", "https://c.d"]),
    )

    events = await answered(grok)

    assert [event.citation for event in events if isinstance(event, Cited)] == [
        Citation(url="https://a.b", begin=11, end=14),
        Citation(url="https://c.d"),
    ]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (sample_pb2.REASON_STOP, "stop"),
        (sample_pb2.REASON_MAX_LEN, "length"),
        (sample_pb2.REASON_MAX_CONTEXT, "context"),
        (sample_pb2.REASON_TOOL_CALLS, "tool_calls"),
        (sample_pb2.REASON_TIME_LIMIT, "failed"),
        (77, "failed"),
    ],
)
async def test_the_reason_of_the_end_is_told(
    xai: XaiServer, grok: XaiSampler, *, reason: int, told: str
) -> None:
    xai.script = says(chunk(output("x")), end(reason))

    assert ends_of(await answered(grok))[0].finish_reason == told


async def test_an_answer_without_an_end_is_interrupted(xai: XaiServer, grok: XaiSampler) -> None:
    xai.script = says(chunk(output("half")))

    events, error = await cut(grok.sample(MODEL, QUESTION, Settings(), 1))

    assert isinstance(error, SamplingInterrupted)
    assert text_of(events) == "half"


async def test_the_end_says_what_was_used_and_what_it_cost(
    xai: XaiServer, grok: XaiSampler
) -> None:
    counted = usage(
        prompt_tokens=100,
        cached_prompt_text_tokens=64,
        completion_tokens=7,
        reasoning_tokens=300,
        cost_in_usd_ticks=123_450_000,
    )
    xai.script = says(chunk(output("x"), usage=usage()), end(usage=counted))

    assert ends_of(await answered(grok))[0].usage == Usage(
        prompt_tokens=100,
        cached_prompt_tokens=64,
        completion_tokens=7,
        reasoning_tokens=300,
        cost_usd=0.012345,
    )


async def test_an_answer_that_nobody_counted_is_estimated(xai: XaiServer, grok: XaiSampler) -> None:
    last = chunk(output(finish_reason=sample_pb2.REASON_STOP))
    xai.script = says(chunk(output("eight by")), last)

    used = ends_of(await answered(grok))[0].usage

    assert (used.completion_tokens, used.estimated, used.cost_usd) == (2, True, None)
    assert used.prompt_tokens > 0


async def test_figures_that_contradict_each_other_are_marked(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.script = says(end(usage=usage(prompt_tokens=5, cached_prompt_text_tokens=9)))

    used = ends_of(await answered(grok))[0].usage

    assert (used.cached_prompt_tokens, used.estimated) == (5, True)


async def test_the_costs_of_siblings_are_those_of_their_requests(
    xai: XaiServer, grok: XaiSampler
) -> None:
    ticks = [100_000_000, 20_000_000, 3_000_000]
    xai.scripts = [says(end(usage=usage(cost_in_usd_ticks=one))) for one in ticks]

    costs = [end.usage.cost_usd for end in ends_of(await answered(grok, n=3))]

    assert sorted(costs, reverse=True) == [0.01, 0.002, 0.0003]  # type: ignore[type-var]


async def test_the_end_says_what_served_it(xai: XaiServer, grok: XaiSampler) -> None:
    xai.script = counts

    ended = ends_of(await answered(grok, n=2, seed=40))

    assert [one.provenance for one in ended] == [
        {
            "model": "grok-served",
            "request_id": "answer-1",
            "system_fingerprint": "fp-7",
            "seed": seed,
        }
        for seed in ("40", "41")
    ]


async def test_a_stop_text_that_xai_says_is_not_part_of_the_answer(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.script = says_words("one", " t", "wo", " three")

    events = await answered(grok, stop=("two",))

    assert text_of(events) == "one "
    assert ends_of(events)[0].finish_reason == "stop"
