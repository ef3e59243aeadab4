"""What xAI is asked, as its server sees it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from xai_sdk.proto import chat_pb2, image_pb2

from grok_tree.errors import NotFoundError, SamplerRefused
from grok_tree.forest import Attachment, Settings, Tool, ToolCall
from grok_tree.samplers import Prompt, Turn, XaiSampler
from grok_tree.testing import ends_of, prompt_of, sampled
from tests.unit.samplers._xai_server import (
    KEY,
    MODEL,
    XaiServer,
    chunk,
    cut,
    end,
    output,
    says,
    says_words,
)
from tests.unit.samplers.test_xai_answers import searching

pytestmark = pytest.mark.anyio
PICTURE = Attachment(file_id="f1", media_type="image/png", name="p.png")
PAPER = Attachment(file_id="f2", media_type="application/pdf", name="paper.pdf")


async def asked(xai: XaiServer, grok: XaiSampler, path: Prompt, **settings: Any) -> Any:
    """Return the request that came of a sampling."""
    await sampled(grok, MODEL, path, settings=Settings(**settings))
    return xai.requests[-1]


def with_files(*turns: Turn) -> Prompt:
    async def load() -> Sequence[Turn]:
        return turns

    async def load_file(file_id: str) -> bytes:
        return {"f1": b"PNG", "f2": b"PDF"}[file_id]

    return Prompt(turns[-1], load, load_file=load_file)


def texts(message: Any) -> list[str]:
    return [content.text for content in message.content]


async def test_a_path_is_sent_with_its_senders(xai: XaiServer, grok: XaiSampler) -> None:
    path = prompt_of(
        "hi", Turn("assistant", "hello"), Turn("system", "be brief"), "well?", system="You are kind"
    )

    request = await asked(xai, grok, path)

    assert [(message.role, texts(message)) for message in request.messages] == [
        (chat_pb2.ROLE_SYSTEM, ["You are kind"]),
        (chat_pb2.ROLE_USER, ["hi"]),
        (chat_pb2.ROLE_ASSISTANT, ["hello"]),
        (chat_pb2.ROLE_SYSTEM, ["be brief"]),
        (chat_pb2.ROLE_USER, ["well?"]),
    ]
    assert request.model == MODEL
    assert request.use_encrypted_content
    assert not request.store_messages


async def test_settings_that_are_left_open_are_left_out(xai: XaiServer, grok: XaiSampler) -> None:
    request = await asked(xai, grok, prompt_of("hi"))

    assert {field.name for field, _ in request.ListFields()} == {
        "messages",
        "model",
        "use_encrypted_content",
    }


async def test_settings_are_sent(xai: XaiServer, grok: XaiSampler) -> None:
    request = await asked(
        xai,
        grok,
        prompt_of("hi"),
        temperature=0.5,
        top_p=0.25,
        max_tokens=9,
        seed=7,
        stop=("END",),
        logprobs=True,
        top_logprobs=8,
        frequency_penalty=0.5,
        presence_penalty=-0.5,
    )

    assert (request.temperature, request.top_p, request.max_tokens) == (0.5, 0.25, 9)
    assert (request.seed, list(request.stop)) == (7, ["END"])
    assert (request.logprobs, request.top_logprobs) == (True, 8)
    assert (request.frequency_penalty, request.presence_penalty) == (0.5, -0.5)


async def test_the_effort_of_thinking_is_sent(xai: XaiServer, grok: XaiSampler) -> None:
    await sampled(grok, "grok-4.7", prompt_of("hi"), settings=Settings(reasoning_effort="xhigh"))

    assert xai.requests[0].reasoning_effort == chat_pb2.EFFORT_XHIGH


@pytest.mark.parametrize(
    ("wanted", "kind", "schema"),
    [
        ("json", chat_pb2.FORMAT_TYPE_JSON_OBJECT, ""),
        ('{"type":"object"}', chat_pb2.FORMAT_TYPE_JSON_SCHEMA, '{"type":"object"}'),
    ],
)
async def test_the_form_of_the_answer_is_sent(
    xai: XaiServer, grok: XaiSampler, *, wanted: str, kind: int, schema: str
) -> None:
    request = await asked(xai, grok, prompt_of("hi"), response_format=wanted)

    assert request.response_format.format_type == kind
    assert request.response_format.schema == schema


async def test_functions_are_sent(xai: XaiServer, grok: XaiSampler) -> None:
    add = Tool(name="add", description="Adds.", parameters='{"type": "object"}')
    now = Tool(name="now")

    request = await asked(xai, grok, prompt_of("hi"), tools=(add, now))

    first, second = (tool.function for tool in request.tools)
    assert (first.name, first.description, first.parameters) == ("add", "Adds.", add.parameters)
    assert json.loads(second.parameters) == {"type": "object", "properties": {}}
    assert not request.HasField("tool_choice")


@pytest.mark.parametrize(
    ("choice", "mode", "function"),
    [
        ("auto", chat_pb2.TOOL_MODE_AUTO, ""),
        ("none", chat_pb2.TOOL_MODE_NONE, ""),
        ("required", chat_pb2.TOOL_MODE_REQUIRED, ""),
        ("add", chat_pb2.TOOL_MODE_INVALID, "add"),
    ],
)
async def test_the_choice_of_a_tool_is_sent(
    xai: XaiServer, grok: XaiSampler, *, choice: str, mode: int, function: str
) -> None:
    request = await asked(xai, grok, prompt_of("hi"), tools=(Tool(name="add"),), tool_choice=choice)

    assert (request.tool_choice.mode, request.tool_choice.function_name) == (mode, function)


async def test_several_calls_at_once_can_be_forbidden(xai: XaiServer) -> None:
    sampler = xai.sampler(parallel_tool_calls=False)

    request = await asked(xai, sampler, prompt_of("hi"))

    assert request.HasField("parallel_tool_calls")
    assert not request.parallel_tool_calls
    await sampler.aclose()


async def test_tools_of_xai_are_sent_with_their_options(xai: XaiServer, grok: XaiSampler) -> None:
    web = Tool(kind="web_search", parameters='{"allowed_domains": ["a.b"]}')
    posts = Tool(kind="x_search", parameters='{"from_date": "2026-01-02"}')
    code = Tool(kind="code_execution")

    request = await asked(xai, grok, prompt_of("hi"), tools=(web, posts, code))

    assert [tool.WhichOneof("tool") for tool in request.tools] == [
        "web_search",
        "x_search",
        "code_execution",
    ]
    assert list(request.tools[0].web_search.allowed_domains) == ["a.b"]
    assert request.tools[1].x_search.from_date.ToJsonString() == "2026-01-02T00:00:00Z"


@pytest.mark.parametrize("options", ['{"no_such_option": 1}', "[]", "not JSON", '{"from_date": 5}'])
async def test_wrong_options_of_a_tool_are_refused_before_the_call(
    xai: XaiServer, grok: XaiSampler, options: str
) -> None:
    tool = Tool(kind="x_search", parameters=options)

    with pytest.raises(SamplerRefused, match="the options of the tool x_search"):
        await asked(xai, grok, prompt_of("hi"), tools=(tool,))

    assert not xai.requests


async def test_calls_and_their_results_are_sent_back(xai: XaiServer, grok: XaiSampler) -> None:
    call = ToolCall(call_id="c1", name="add", arguments='{"a": 1}')
    searched = ToolCall(call_id="c2", name="web_search", kind="web_search")
    answer = Turn("assistant", "", tool_calls=(call, searched))
    result = Turn("tool", "3", tool_call_id="c1")

    request = await asked(xai, grok, prompt_of("1 and 2?", answer, result))

    _, calling, told = request.messages
    assert [one.id for one in calling.tool_calls] == ["c1"], "what xAI ran is not ours to repeat"
    assert calling.tool_calls[0].function.arguments == '{"a": 1}'
    assert (told.role, told.tool_call_id, texts(told)) == (chat_pb2.ROLE_TOOL, "c1", ["3"])


async def test_images_and_files_are_sent_with_their_turn(xai: XaiServer, grok: XaiSampler) -> None:
    far_image = Attachment(url="https://a.b/c.png", media_type="image/png")
    far_paper = Attachment(url="https://a.b/d.pdf", media_type="application/pdf")
    turn = Turn("human", "What is this?", attachments=(PICTURE, far_image, PAPER, far_paper))

    request = await asked(xai, grok, with_files(turn))

    text, image, image_url, paper, paper_url = request.messages[0].content
    assert text.text == "What is this?"
    assert image.image_url.image_url == "data:image/png;base64,UE5H"
    assert image.image_url.detail == image_pb2.DETAIL_AUTO
    assert image_url.image_url.image_url == "https://a.b/c.png"
    assert paper.file == chat_pb2.FileContent(
        data=b"PDF", filename="paper.pdf", mime_type="application/pdf"
    )
    assert (paper_url.file.url, paper_url.file.data) == ("https://a.b/d.pdf", b"")


async def test_a_turn_may_be_an_image_alone(xai: XaiServer, grok: XaiSampler) -> None:
    request = await asked(xai, grok, with_files(Turn("human", "", attachments=(PICTURE,))))

    assert [one.WhichOneof("content") for one in request.messages[0].content] == ["image_url"]


async def test_a_file_that_is_gone_ends_the_sampling(xai: XaiServer, grok: XaiSampler) -> None:
    with pytest.raises(NotFoundError, match="upload it again"):
        await asked(xai, grok, prompt_of(Turn("human", "look", attachments=(PICTURE,))))

    assert not xai.requests


async def test_what_is_too_large_for_a_message_is_refused_before_the_call(
    xai: XaiServer, grok: XaiSampler
) -> None:
    with pytest.raises(SamplerRefused, match=r"21\.0 MiB and xAI takes 20"):
        await asked(xai, grok, prompt_of("x" * 21 * 2**20))

    assert not xai.requests


async def test_encrypted_thoughts_go_back_with_the_next_turn(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.script = says(chunk(output(reasoning_content="Hm.")), end(encrypted_content="SECRET=="))
    thought = ends_of(await sampled(grok, MODEL, prompt_of("first")))[0].encrypted_reasoning
    answer = Turn(
        "assistant",
        "one",
        reasoning="Hm.",
        encrypted_reasoning=thought,
        model_name="xai/grok-4.7",
    )

    request = await asked(xai, grok, prompt_of("first", answer, "second"))

    assert request.messages[1].encrypted_content == "SECRET=="
    assert request.messages[1].reasoning_content == "Hm."


async def test_what_another_provider_thought_stays_here(xai: XaiServer, grok: XaiSampler) -> None:
    answer = Turn("assistant", "one", (), (), "", "Hm.", "SECRET==", "openai/some-model")

    request = await asked(xai, grok, prompt_of("first", answer, "second"))

    assert request.messages[1].encrypted_content == ""
    assert not request.messages[1].HasField("reasoning_content")


async def test_an_answer_of_several_steps_goes_back_step_by_step(
    xai: XaiServer, grok: XaiSampler
) -> None:
    xai.script = says(*searching())
    kept = ends_of(await sampled(grok, MODEL, prompt_of("first")))[0].encrypted_reasoning
    answer = Turn("assistant", "Blue.", encrypted_reasoning=kept, model_name="xai/grok-4.7")

    request = await asked(xai, grok, prompt_of("first", answer, "second"))

    _, search, found, said, _ = request.messages
    assert (search.encrypted_content, search.tool_calls[0].id) == ("first", "c1")
    assert (found.role, found.tool_call_id) == (chat_pb2.ROLE_TOOL, "c1")
    assert texts(found) == ["FOUND"]
    assert (texts(said), said.encrypted_content) == (["Blue."], "second")


@pytest.mark.parametrize("damage", ["xai-steps:!!", "xai-steps:AAAA"])
async def test_damaged_steps_are_left_out(xai: XaiServer, grok: XaiSampler, damage: str) -> None:
    answer = Turn("assistant", "Blue.", encrypted_reasoning=damage, model_name="xai/grok-4.7")

    request = await asked(xai, grok, prompt_of("first", answer, "second"))

    assert texts(request.messages[1]) == ["Blue."]
    assert request.messages[1].encrypted_content == ""


async def test_siblings_are_requests_of_one_conversation_with_their_own_seeds(
    xai: XaiServer, grok: XaiSampler
) -> None:
    path = prompt_of("hi")
    shared = Prompt(path.last, path.load_turns, conversation_id="0190-conversation")

    await sampled(grok, MODEL, shared, n=3, settings=Settings(seed=2**31 - 2))

    assert sorted(request.seed for request in xai.requests) == [0, 2**31 - 2, 2**31 - 1]
    assert [one["x-grok-conv-id"] for one in xai.metadata] == ["0190-conversation"] * 3
    assert not any(request.HasField("n") for request in xai.requests)


async def test_requests_carry_the_key_and_our_name(xai: XaiServer, grok: XaiSampler) -> None:
    await asked(xai, grok, prompt_of("hi"))

    assert xai.metadata[0]["authorization"] == f"Bearer {KEY}"
    assert xai.metadata[0]["user-agent"].startswith("grok-tree")
    assert "x-grok-conv-id" not in xai.metadata[0]


async def test_an_answer_that_is_begun_is_refused(xai: XaiServer, grok: XaiSampler) -> None:
    came, error = await cut(grok.sample(MODEL, prompt_of("hi", prefill="We"), Settings(), 1))

    assert isinstance(error, SamplerRefused)
    assert "local/smollm2-135m" in error.message
    assert (came, xai.requests) == ([], [])


async def test_the_path_is_read_once_for_all_siblings(xai: XaiServer, grok: XaiSampler) -> None:
    n_read = 0

    async def load() -> Sequence[Turn]:
        nonlocal n_read
        n_read += 1
        return [Turn("human", "hi")]

    xai.script = says_words("yes")
    await sampled(grok, MODEL, Prompt(Turn("human", "hi"), load), n=4)

    assert (n_read, len(xai.requests)) == (1, 4)
