"""The unmodified OpenAI client talks to responses: stored, gone on from, streamed, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from grok_tree.service import response_in
from tests.doors._openai_served import Served, in_own_process, served

SCRIPT = r"""
import asyncio, base64, json, sys
import openai
from pydantic import BaseModel

client = openai.OpenAI(base_url=sys.argv[1], api_key="responses", max_retries=0)
create = client.responses.create
out = {}

first = create(model="scripted/echo", input="hi", instructions="Be brief.",
               metadata={"study": "one"}, max_output_tokens=50, temperature=0.5)
second = create(model="scripted/echo", input="more", previous_response_id=first.id)
out["first"], out["second"] = first.model_dump(), second.model_dump()
out["kept"] = client.responses.retrieve(first.id).model_dump()
list_items = client.responses.input_items.list
out["items"] = [item.model_dump() for item in list_items(second.id, order="asc")]
out["pages"] = [item.id for item in list_items(second.id, limit=1)]
doomed = create(model="scripted/echo", input="doomed")
client.responses.delete(doomed.id)
try:
    client.responses.retrieve(doomed.id)
except openai.NotFoundError as error:
    out["deleted"] = error.code

history = [{"role": "developer", "content": "Be kind."}, {"role": "user", "content": "tell"}]
answers = [create(model="scripted/echo", input=history, store=False) for _ in range(3)]
history += answers[1].output
history.append({"role": "user", "content": [{"type": "input_text", "text": "go on"}]})
out["by items"] = [create(model="scripted/echo", input=history).id, [one.id for one in answers]]

tools = [{"type": "function", "name": "weather", "strict": True, "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
    "additionalProperties": False}}]
asked = create(model="played/it", input="warm?", tools=tools)
outputs = [{"type": "function_call_output", "call_id": one.call_id, "output": one.arguments}
           for one in asked.output if one.type == "function_call"]
told = create(model="played/it", input=outputs, tools=tools, previous_response_id=asked.id)
stateless = create(model="played/it", tools=tools,
                   input=[{"role": "user", "content": "warm?"}, *asked.output, *outputs])
out["tools"] = [asked.id, told.output_text, told.id, stateless.id]

class Weather(BaseModel):
    city: str
    degrees: int

parsed = client.responses.parse(model="played/it", input="form?", text_format=Weather)
out["parsed"] = parsed.output_parsed.model_dump()

png = "data:image/png;base64," + base64.b64encode(b"\x89PNG 2").decode()
seen = create(model="played/it", input=[{"role": "user", "content": [
    {"type": "input_text", "text": "what?"},
    {"type": "input_image", "image_url": png, "detail": "auto"},
    {"type": "input_file", "filename": "a.txt", "file_data": base64.b64encode(b"text").decode()}]}])
out["seen"] = seen.output_text

def streamed(**asked):
    with client.responses.stream(**asked) as stream:
        events = [event.model_dump() for event in stream]
        final = stream.get_final_response()
    return events, final

events, final = streamed(model="played/it", input="source?", tools=[])
out["events"], out["final"] = events, final.model_dump()
thinking, final = streamed(model="played/it", input="think", reasoning={"effort": "low"})
kept = client.responses.retrieve(final.id)
out["thinking"] = [[event["type"] for event in thinking],
                   [item.model_dump() for item in final.output],
                   [item.model_dump() for item in kept.output],
                   final.usage.output_tokens_details.reasoning_tokens]
called, final = streamed(model="played/it", input="call", tools=tools)
out["called"] = [[event["type"] for event in called],
                 [[item.call_id, item.parsed_arguments] for item in final.output]]
tokens, final = streamed(model="scripted/echo", input="a b", top_logprobs=2,
                         include=["message.output_text.logprobs"])
out["tokens"] = [[one["logprobs"][0]["token"] for one in tokens
                  if one["type"] == "response.output_text.delta"],
                 len(final.output[0].content[0].logprobs)]
*_, cut = create(model="scripted/words-9", input="cut", max_output_tokens=2, stream=True)
out["cut"] = [cut.type, cut.response.incomplete_details.reason, cut.response.output_text]
failed = [event.model_dump() for event in create(model="scripted/fail-2", input="x", stream=True)]
out["failed"] = [[event["type"] for event in failed], failed[-1]["response"]]

async def asynchronously():
    async with openai.AsyncOpenAI(base_url=sys.argv[1], api_key="responses") as client:
        made = await client.responses.create(model="scripted/echo", input="async")
        words = [event.delta async for event in await client.responses.create(
            model="scripted/slow", input="async", stream=True, previous_response_id=made.id)
            if event.type == "response.output_text.delta"]
        return made.output_text, "".join(words)

out["async"] = asyncio.run(asynchronously())

def failing(**asked):
    try:
        create(**{"model": "scripted/echo", "input": "hi", **asked})
    except openai.APIError as error:
        return [type(error).__name__, error.code, error.param]

out["errors"] = [
    failing(previous_response_id="resp_0192f0c1-74da-7000-8000-000000000000"),
    failing(conversation="conv_1"),
    failing(tools=[{"type": "file_search", "vector_store_ids": []}]),
    failing(input=[{"type": "computer_call_output", "call_id": "a"}]),
    failing(model="nobody/nothing"),
    failing(input=[]),
]
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("responses")) as running:
        yield running


@pytest.fixture(scope="module")
def seen(server: Served) -> Any:
    """What the unmodified client saw, in a process of its own."""
    return in_own_process(SCRIPT, server.url)


def stored(server: Served, response_id: str) -> Any:
    return server.response(response_id.removeprefix("resp_"))


def test_a_response_has_the_documented_shape(seen: Any) -> None:
    first = seen["first"]
    assert (first["object"], first["status"]) == ("response", "completed")
    assert first["output"][0]["id"] == first["id"].replace("resp_", "msg_")
    assert first["output"][0]["content"][0]["text"] == "echo: hi"
    assert (first["instructions"], first["metadata"]) == ("Be brief.", {"study": "one"})
    assert (first["max_output_tokens"], first["temperature"]) == (50, 0.5)
    assert first["usage"]["total_tokens"] == 3


def test_what_is_kept_is_what_was_answered(seen: Any) -> None:
    assert seen["kept"] == seen["first"]


def test_the_previous_response_is_the_parent(server: Served, seen: Any) -> None:
    second = stored(server, seen["second"]["id"])
    assert seen["second"]["previous_response_id"] == seen["first"]["id"]
    assert "/hi/echo: hi/more/echo: more" in server.tree(second.conversation_id)


def test_instructions_are_not_carried_over(server: Served, seen: Any) -> None:
    assert stored(server, seen["second"]["id"]).origin.system_prompt == ""
    assert seen["second"]["instructions"] is None


def test_the_items_of_the_input_are_listed_in_pages(seen: Any) -> None:
    items = seen["items"]
    assert [item["role"] for item in items] == ["user", "assistant", "user"]
    assert [item["content"][0]["text"] for item in items] == ["hi", "echo: hi", "more"]
    assert seen["pages"] == [item["id"] for item in reversed(items)]


def test_a_deleted_response_is_gone(seen: Any) -> None:
    assert seen["deleted"] == "response_not_found"


def test_items_that_are_sent_back_say_which_answer_they_are(server: Served, seen: Any) -> None:
    answered, answers = seen["by items"]
    question = stored(server, answered).parent_response_id
    assert server.response(question).parent_response_id == answers[1].removeprefix("resp_")
    conversation = server.run(
        server.forests.get_conversation, stored(server, answered).conversation_id
    )
    assert conversation.system_prompt == "Be kind."
    assert len(server.forest(conversation.conversation_id)) == 1 + 3 + 2


def test_results_of_tools_go_on_from_the_calls(server: Served, seen: Any) -> None:
    asked, told, *answers = seen["tools"]
    assert told == 'The tools said {"city":"Rome"}'
    parents = {stored(server, one).parent_response_id for one in answers}
    assert len(parents) == 1
    assert len(stored(server, asked).tool_calls) == 2
    assert len(server.forest(stored(server, asked).conversation_id)) == 2 + 2 + 2


def test_structured_answers_are_parsed_by_the_client(seen: Any) -> None:
    assert seen["parsed"] == {"city": "Oslo", "degrees": 7}


def test_images_and_files_reach_the_model(seen: Any) -> None:
    assert seen["seen"] == "I see image/png 6, text/plain 4"


def test_events_come_in_the_documented_order(seen: Any) -> None:
    events = seen["events"]
    assert [event["type"] for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.annotation.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[6]["text"] == "See here."
    assert seen["final"]["output"][0]["content"][0]["annotations"][0]["url"].endswith("/a")
    assert events[0]["response"]["id"] == seen["final"]["id"]


def test_thoughts_are_an_item_that_names_its_answer(seen: Any) -> None:
    kinds, final, kept, n_tokens = seen["thinking"]
    assert kinds[2:8] == [
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning_text.delta",
        "response.reasoning_text.delta",
        "response.reasoning_text.done",
        "response.content_part.done",
    ]
    assert [item["type"] for item in final] == ["reasoning", "message"]
    assert final[0]["content"][0]["text"] == "Let me think."
    assert response_in(final[0]["encrypted_content"]) in final[1]["id"]
    for item in final:
        for part in item["content"]:
            part.pop("parsed", None)
    assert kept == final
    assert n_tokens == 3


def test_calls_of_tools_are_items_of_their_own(seen: Any) -> None:
    kinds, calls = seen["called"]
    assert kinds[2:6] == [
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
    ]
    assert calls == [["call_Oslo", {"city": "Oslo"}], ["call_Rome", {"city": "Rome"}]]


def test_log_probabilities_come_one_a_token(seen: Any) -> None:
    assert seen["tokens"] == [["echo:", " a", " b"], 3]


def test_an_answer_that_was_limited_is_incomplete(seen: Any) -> None:
    assert seen["cut"] == ["response.incomplete", "max_output_tokens", "word1 word2"]


def test_a_stream_that_fails_says_so_and_ends(seen: Any) -> None:
    kinds, response = seen["failed"]
    assert kinds[-2:] == ["error", "response.failed"]
    assert response["status"] == "failed"
    assert response["error"]["code"] == "server_error"
    assert response["output"][0]["content"][0]["text"] == "word1 word2"


def test_the_asynchronous_client_does_the_same(seen: Any) -> None:
    assert seen["async"] == ["echo: async", "echo: async"]


def test_errors_name_what_is_wrong(seen: Any) -> None:
    assert seen["errors"] == [
        ["NotFoundError", "response_not_found", "previous_response_id"],
        ["BadRequestError", "invalid_operation", "conversation"],
        ["BadRequestError", "invalid_operation", "tools[0]"],
        ["BadRequestError", "invalid_operation", "input[0]"],
        ["NotFoundError", "model_not_found", None],
        ["BadRequestError", "invalid_operation", None],
    ]
