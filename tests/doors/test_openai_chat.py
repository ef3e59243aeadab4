"""The unmodified OpenAI client talks to chat completions, and leaves forests behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.doors._openai_served import Served, in_own_process, served

SCRIPT = r"""
import asyncio, base64, json, sys
import openai
from pydantic import BaseModel

client = openai.OpenAI(base_url=sys.argv[1], api_key="chat", max_retries=0)
create = client.chat.completions.create
out = {}
HI = [{"role": "user", "content": "hi"}]
NOBODY = "0192f0c1-74da-7000-8000-000000000000"

def said(completion):
    return [choice.message.content for choice in completion.choices]

out["whole"] = create(model="scripted/echo", messages=HI).model_dump()
out["n"] = said(create(model="scripted/varied", messages=HI, n=3, seed=1))
tokens = create(model="scripted/echo", messages=HI, logprobs=True, top_logprobs=2)
out["logprobs"] = tokens.choices[0].logprobs.model_dump()
out["stop"] = said(create(model="scripted/words-9", messages=HI, stop=["word4"]))
cut = create(model="scripted/words-9", messages=HI, max_completion_tokens=2)
out["length"] = [said(cut), cut.choices[0].finish_reason]

chunks = list(create(model="scripted/words-4", messages=HI, stream=True, n=2,
                     stream_options={"include_usage": True}))
out["chunks"] = [chunk.model_dump(exclude_unset=True) for chunk in chunks]
with client.chat.completions.stream(model="scripted/echo", messages=HI, logprobs=True) as stream:
    kinds = [event.type for event in stream]
    streamed = stream.get_final_completion().choices[0]
out["accumulated"] = [sorted(set(kinds)), streamed.message.content,
                      len(streamed.logprobs.content), streamed.message.encrypted_content]

tool = {"type": "function", "function": {"name": "weather", "strict": True, "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
    "additionalProperties": False}}}
messages = [{"role": "user", "content": "warm?"}]
asked = create(model="played/it", messages=messages, tools=[tool], tool_choice="required")
messages.append(asked.choices[0].message)
for call in asked.choices[0].message.tool_calls:
    messages.append({"role": "tool", "tool_call_id": call.id, "content": call.function.arguments})
answered = create(model="played/it", messages=messages, tools=[tool])
out["tools"] = [asked.choices[0].finish_reason, asked.choices[0].message.encrypted_content,
                said(answered)]
with client.chat.completions.stream(model="played/it", messages=HI, tools=[tool]) as stream:
    for event in stream:
        pass
    calls = stream.get_final_completion().choices[0].message.tool_calls
out["streamed calls"] = [[call.id, call.function.parsed_arguments] for call in calls]

class Weather(BaseModel):
    city: str
    degrees: int

parsed = client.chat.completions.parse(model="played/it", messages=HI, response_format=Weather)
out["parsed"] = parsed.choices[0].message.parsed.model_dump()

png = "data:image/png;base64," + base64.b64encode(b"\x89PNG 1").decode()
pdf = "data:application/pdf;base64," + base64.b64encode(b"%PDF-").decode()
out["images"] = said(create(model="played/it", messages=[{"role": "user", "content": [
    {"type": "text", "text": "what"}, {"type": "text", "text": "is it?"},
    {"type": "image_url", "image_url": {"url": png, "detail": "low"}},
    {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}},
    {"type": "file", "file": {"filename": "a.pdf", "file_data": pdf}}]}]))

thought = create(model="played/it", messages=HI, reasoning_effort="low")
out["thought"] = [thought.choices[0].message.reasoning_content, said(thought),
                  thought.usage.completion_tokens_details.reasoning_tokens,
                  thought.usage.completion_tokens, thought.usage.total_tokens]
sourced = create(model="played/it", messages=[{"role": "user", "content": "source?"}])
out["cited"] = [one.url_citation.url for one in sourced.choices[0].message.annotations]

async def many():
    async with openai.AsyncOpenAI(base_url=sys.argv[1], api_key="chat") as client:
        create = client.chat.completions.create
        answers = await asyncio.gather(*[create(model="scripted/echo", messages=[
            {"role": "user", "content": "eight"}]) for _ in range(8)])
        words = []
        async for chunk in await create(model="scripted/slow", messages=HI, stream=True):
            words.append(chunk.choices[0].delta.content)
        return [one.choices[0].message.encrypted_content for one in answers], words

out["async"] = asyncio.run(many())

def failing(**asked):
    try:
        create(**{"model": "scripted/echo", "messages": HI, **asked})
    except openai.APIError as error:
        return [type(error).__name__, error.code, error.param]

out["errors"] = {
    "model": failing(model="nobody/nothing"),
    "refused": failing(model="scripted/refuse"),
    "tools": failing(model="scripted/echo", tools=[tool]),
    "range": failing(temperature=-1.0),
    "type": failing(temperature="hot"),
    "unknown": failing(extra_body={"colour": "red"}),
    "bias": failing(logit_bias={"1": 2}),
    "failed": failing(model="scripted/fail-2"),
    "parent": failing(extra_headers={"x-grok-tree-parent": "chatcmpl-" + NOBODY}),
    "away": failing(model="played/it", messages=[{"role": "user", "content": "away"}]),
    "broken": failing(model="played/it", messages=[{"role": "user", "content": "break"}]),
    "rate": failing(model="played/it", messages=[{"role": "user", "content": "please wait"}]),
    "rate, streaming": failing(model="played/it", stream=True,
                               messages=[{"role": "user", "content": "please wait"}]),
}
try:
    for chunk in create(model="scripted/fail-2", messages=HI, stream=True):
        pass
except openai.APIError as error:
    out["errors"]["in a stream"] = [type(error).__name__, error.code, error.message]

retrying = openai.OpenAI(base_url=sys.argv[1], api_key="chat", max_retries=1)
try:
    retrying.chat.completions.create(
        model="played/it", messages=[{"role": "user", "content": "please wait"}])
except openai.RateLimitError as error:
    out["retried"] = error.response.request.headers["x-stainless-retry-count"]
hasty = openai.OpenAI(base_url=sys.argv[1], api_key="chat", max_retries=3, timeout=0.5)
words = "one two three four five six seven eight nine ten eleven twelve"
late = hasty.chat.completions.create(
    model="scripted/slow", messages=[{"role": "user", "content": words}])
out["hasty"] = [late.choices[0].message.content, late.choices[0].message.encrypted_content]
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("chat")) as running:
        yield running


@pytest.fixture(scope="module")
def seen(server: Served) -> Any:
    """What the unmodified client saw, in a process of its own."""
    return in_own_process(SCRIPT, server.url)


def test_an_answer_has_the_documented_shape(seen: Any) -> None:
    whole = seen["whole"]
    assert whole["object"] == "chat.completion"
    assert whole["id"].startswith("chatcmpl-")
    assert whole["model"] == "scripted/echo"
    choice = whole["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("echo: hi", "stop")
    assert choice["message"]["encrypted_content"] == whole["id"].replace("chatcmpl-", "grok-tree:")
    assert whole["usage"]["total_tokens"] == whole["usage"]["prompt_tokens"] + 2


def test_siblings_differ_by_the_seed(seen: Any) -> None:
    assert len(set(seen["n"])) == 3


def test_log_probabilities_come_with_alternatives(seen: Any) -> None:
    tokens = seen["logprobs"]["content"]
    assert "".join(one["token"] for one in tokens) == "echo: hi"
    assert bytes(tokens[0]["bytes"]) == b"echo:"
    assert len(tokens[0]["top_logprobs"]) == 2


def test_stops_and_limits_are_obeyed(seen: Any) -> None:
    assert seen["stop"] == ["word1 word2 word3 "]
    assert seen["length"] == [["word1 word2"], "length"]


def test_chunks_begin_with_the_role_and_end_with_the_usage(seen: Any) -> None:
    chunks = seen["chunks"]
    *deltas, usage = chunks
    assert {one["choices"][0]["delta"].get("role") for one in deltas[:2]} == {"assistant"}
    for index in (0, 1):
        own = [one["choices"][0] for one in deltas if one["choices"][0]["index"] == index]
        text = "".join(one["delta"].get("content") or "" for one in own)
        assert text == "word1 word2 word3 word4"
        assert own[-1]["finish_reason"] == "stop"
        assert own[0]["delta"]["encrypted_content"].startswith("grok-tree:")
    assert all(one["usage"] is None for one in deltas)
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 8
    assert len({one["id"] for one in chunks}) == 1


def test_the_clients_accumulator_understands_the_stream(seen: Any) -> None:
    kinds, text, n_tokens, token = seen["accumulated"]
    assert "content.done" in kinds
    assert (text, n_tokens) == ("echo: hi", 2)
    assert token.count("grok-tree:") == 1


def test_a_round_of_tools_is_one_path(server: Served, seen: Any) -> None:
    reason, token, answer = seen["tools"]
    assert reason == "tool_calls"
    called = server.response(token.removeprefix("grok-tree:"))
    assert [one.call_id for one in called.tool_calls] == ["call_Oslo", "call_Rome"]
    assert answer == ['The tools said {"city":"Rome"}']
    below = [
        one
        for one in server.tree(called.conversation_id)
        if one.endswith("said " + '{"city":"Rome"}')
    ]
    assert below == ['/warm?//{"city":"Oslo"}/{"city":"Rome"}/The tools said {"city":"Rome"}']


def test_calls_of_tools_are_streamed_whole(seen: Any) -> None:
    assert seen["streamed calls"] == [
        ["call_Oslo", {"city": "Oslo"}],
        ["call_Rome", {"city": "Rome"}],
    ]


def test_structured_answers_are_parsed_by_the_client(seen: Any) -> None:
    assert seen["parsed"] == {"city": "Oslo", "degrees": 7}


def test_images_and_files_reach_the_model_and_the_store(server: Served, seen: Any) -> None:
    assert seen["images"] == ["I see image/png 6, image/png 0, application/pdf 5"]
    with_images = [
        one
        for conversation in server.conversations()
        for one in server.forest(conversation)
        if one.attachments
    ]
    assert [one.message for one in with_images] == ["what\nis it?"]
    kept = [
        server.run(server.forests.get_file, one.file_id)
        for one in with_images[0].attachments
        if one.file_id
    ]
    assert kept == [b"\x89PNG 1", b"%PDF-"]


def test_thoughts_are_shown_and_counted(seen: Any) -> None:
    assert seen["thought"] == ["Let me think.", ["Thought."], 3, 5, 12]


def test_sources_are_annotations(seen: Any) -> None:
    assert seen["cited"] == ["https://example.org/a"]


def test_eight_equal_answers_at_once_stay_eight_siblings(server: Served, seen: Any) -> None:
    tokens, words = seen["async"]
    answers = [server.response(token.removeprefix("grok-tree:")) for token in tokens]
    assert len({one.response_id for one in answers}) == 8
    assert len({one.parent_response_id for one in answers}) == 1
    assert "".join(word or "" for word in words) == "echo: hi"


def test_errors_are_raised_as_the_clients_own_classes(seen: Any) -> None:
    told = seen["errors"]
    assert told.pop("in a stream")[:2] == ["APIError", "sampling_failed"]
    assert told == {
        "model": ["NotFoundError", "model_not_found", None],
        "refused": ["BadRequestError", "unsupported_value", None],
        "tools": ["BadRequestError", "unsupported_value", None],
        "range": ["BadRequestError", "invalid_operation", None],
        "type": ["BadRequestError", "invalid_operation", "temperature"],
        "unknown": ["BadRequestError", "invalid_operation", "colour"],
        "bias": ["BadRequestError", "invalid_operation", "logit_bias"],
        "failed": ["InternalServerError", "sampling_failed", None],
        "parent": ["NotFoundError", "response_not_found", None],
        "away": ["InternalServerError", "sampler_unavailable", None],
        "broken": ["InternalServerError", "sampling_failed", None],
        "rate": ["RateLimitError", "rate_limit_exceeded", None],
        "rate, streaming": ["RateLimitError", "rate_limit_exceeded", None],
    }


def test_a_client_that_loses_patience_comes_back_to_the_same_answer(
    server: Served, seen: Any
) -> None:
    text, token = seen["hasty"]
    assert text.endswith("eleven twelve")
    answer = server.response(token.removeprefix("grok-tree:"))
    siblings = [
        one.response_id
        for one in server.forest(answer.conversation_id)
        if one.parent_response_id == answer.parent_response_id and not one.partial
    ]
    assert siblings == [answer.response_id]


def test_the_client_tries_again_when_it_is_told_to_wait(seen: Any) -> None:
    assert seen["retried"] == "1"
