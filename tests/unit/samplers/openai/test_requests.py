"""What is asked, in the words of the protocol."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from grok_tree.errors import AttachmentNotFound, SamplerRefused
from grok_tree.forest import Attachment, Settings, Tool, ToolCall
from grok_tree.samplers import Endpoint, Prompt, RawPrompt, Turn, endpoint
from grok_tree.samplers.openai._requests import chat_request, completion_request
from grok_tree.testing import prompt_of

pytestmark = pytest.mark.anyio
PLAIN = endpoint("lab", {"base_url": "http://h/v1"})
OPENAI = endpoint("lab", {"base_url": "http://h/v1", "server": "openai"})
LLAMA = endpoint("lab", {"base_url": "http://h/v1", "server": "llama.cpp"})
IMAGE = Attachment(file_id="f1", media_type="image/png", name="a.png")


async def asked(
    *turns: Turn, to: Endpoint = PLAIN, system: str = "", prefill: str = "", **settings: Any
) -> dict[str, Any]:
    path = turns or (Turn("human", "hello"),)

    async def load() -> Sequence[Turn]:
        return path

    async def load_file(file_id: str) -> bytes:
        if file_id != "f1":
            raise AttachmentNotFound(f"no file {file_id}")
        return b"\x89PNG"

    prompt = Prompt(path[-1], load, system, prefill, load_file=load_file)
    request = await chat_request("m", prompt, path, settings=Settings(**settings), to=to)
    assert request.path == "/chat/completions"
    body: dict[str, Any] = json.loads(request.numbered(1, None))
    return body


async def messages(*turns: Turn, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await asked(*turns, **options))["messages"]
    return found


async def test_what_is_left_open_is_not_sent() -> None:
    assert await asked() == {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": "hello"}],
    }


async def test_the_path_is_sent_with_its_roles() -> None:
    assert await messages(
        Turn("human", "a"), Turn("assistant", "b"), Turn("system", "c"), system="s"
    ) == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "system", "content": "c"},
    ]


async def test_calls_of_tools_and_their_results_are_sent() -> None:
    call = ToolCall(call_id="c1", name="look", arguments='{"x": 1}')
    theirs = ToolCall(call_id="c2", name="web", kind="web_search")
    found = await messages(
        Turn("assistant", "", tool_calls=(call, theirs)), Turn("tool", "42", tool_call_id="c1")
    )
    function = {"name": "look", "arguments": '{"x": 1}'}
    assert found == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": function}],
        },
        {"role": "tool", "content": "42", "tool_call_id": "c1"},
    ]


async def test_images_travel_with_the_request() -> None:
    elsewhere = Attachment(url="https://x/y.png", media_type="image/png")
    (message,) = await messages(Turn("human", "what?", attachments=(IMAGE, elsewhere)))
    assert message["content"] == [
        {"type": "text", "text": "what?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
    ]


async def test_files_travel_with_the_request() -> None:
    file = Attachment(file_id="f1", media_type="application/pdf", name="a.pdf")
    (message,) = await messages(Turn("human", "", attachments=(file,)))
    data = "data:application/pdf;base64,iVBORw=="
    assert message["content"] == [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": data}}
    ]


async def test_a_file_that_is_gone_or_elsewhere_is_named() -> None:
    with pytest.raises(AttachmentNotFound, match="f2"):
        await asked(Turn("human", "", attachments=(Attachment(file_id="f2"),)))
    with pytest.raises(SamplerRefused, match=r"https://x/y\.pdf"):
        await asked(Turn("human", "", attachments=(Attachment(url="https://x/y.pdf"),)))


async def test_all_settings_are_sent() -> None:
    body = await asked(
        temperature=0.5,
        top_p=0.9,
        max_tokens=7,
        stop=("a",),
        frequency_penalty=0.1,
        presence_penalty=0.2,
        reasoning_effort="low",
        top_k=3,
        min_p=0.1,
        logprobs=True,
    )
    assert body["max_tokens"] == 7
    assert (body["logprobs"], body["top_logprobs"]) == (True, 1)
    assert (body["stop"], body["reasoning_effort"]) == (["a"], "low")
    assert (body["frequency_penalty"], body["presence_penalty"]) == (0.1, 0.2)
    assert (body["temperature"], body["top_p"], body["top_k"], body["min_p"]) == (0.5, 0.9, 3, 0.1)


async def test_openai_has_another_word_for_the_limit() -> None:
    body = await asked(to=OPENAI, max_tokens=7)
    assert body["max_completion_tokens"] == 7
    assert "max_tokens" not in body


async def test_siblings_and_seeds_are_added_to_each_request() -> None:
    prompt = prompt_of("hello")
    request = await chat_request("m", prompt, [prompt.last], settings=Settings(), to=PLAIN)
    body = json.loads(request.numbered(3, 41))
    assert (body["n"], body["seed"]) == (3, 41)


async def test_formats_of_answers() -> None:
    assert (await asked(response_format="json"))["response_format"] == {"type": "json_object"}
    found = (await asked(response_format='{"type": "object"}'))["response_format"]
    assert found["json_schema"]["schema"] == {"type": "object"}
    assert found["json_schema"]["strict"] is True
    with pytest.raises(SamplerRefused, match="response_format cannot be read"):
        await asked(response_format="{")


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("", "auto"),
        ("none", "none"),
        ("required", "required"),
        ("look", {"type": "function", "function": {"name": "look"}}),
    ],
)
async def test_tools_and_how_they_are_chosen(choice: str, sent: object) -> None:
    tool = Tool(name="look", description="d", parameters='{"type": "object"}')
    body = await asked(tools=(tool,), tool_choice=choice)
    function = {"name": "look", "description": "d", "parameters": {"type": "object"}}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert body["tool_choice"] == sent


async def test_an_answer_that_is_begun_is_the_last_message() -> None:
    body = await asked(to=LLAMA, prefill="The capital")
    assert body["messages"][-1] == {"role": "assistant", "content": "The capital"}
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)


def completed(raw: RawPrompt, to: Endpoint = PLAIN, **settings: Any) -> dict[str, Any]:
    request = completion_request("m", raw, settings=Settings(**settings), to=to)
    assert request.path == "/completions"
    return request.body


async def test_texts_are_one_text_and_tokens_are_one_list() -> None:
    assert completed(RawPrompt(("a ", "b")))["prompt"] == "a b"
    assert completed(RawPrompt(((1, 2), (3,))))["prompt"] == [1, 2, 3]
    assert completed(RawPrompt(((1, 2), "b")), LLAMA)["prompt"] == [1, 2, "b"]
    with pytest.raises(SamplerRefused, match="not both at once"):
        completed(RawPrompt(((1, 2), "b")))


async def test_tokens_are_allowed_and_forbidden_by_number() -> None:
    raw = RawPrompt(("a",), stop_tokens=("s",), allowed_tokens=(5,), disallowed_tokens=(6,))
    body = completed(raw, stop=("t",), logprobs=True, top_logprobs=4)
    assert body["logit_bias"] == {"5": 100, "6": -100}
    assert body["stop"] == ["t", "s"]
    assert body["logprobs"] == 4
    with pytest.raises(SamplerRefused, match="by number only"):
        completed(RawPrompt(("a",), allowed_tokens=("yes",)))
