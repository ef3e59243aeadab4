"""What the original's door says and takes beyond what its clients do."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import grpc.aio
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from grok_tree.forest import (
    Attachment,
    Citation,
    Cited,
    Pictured,
    Reasoning,
    ResponseDraft,
    SamplerEvent,
    Searched,
    Settings,
    Token,
    ToolCall,
    ToolCalled,
)
from grok_tree.samplers import RawPrompt, SamplerRegistry, ScriptedSampler
from grok_tree.server import RunningServer, ServerSettings, running_server
from grok_tree.server.original._stop_strings import StopStrings
from grok_tree.server.original._token_names import Vocabulary
from grok_tree.testing import PlayedSampler
from grok_tree.wire import ForestsStub, pb
from grok_tree.wire.original import SERVICES, chat, compat, files, sampler, stateless
from tests.doors._original_schema import NEWEST, Schema

pytestmark = pytest.mark.anyio

PICTURE = b"\x89PNG of nothing"
PLAY: list[Any] = [
    Reasoning("hm"),
    Searched("blue sky", "web"),
    Cited(Citation(url="https://example.org/sky", title="Sky")),
    Cited(Citation(url="https://x.com/somebody/status/12345")),
    ToolCalled(ToolCall(call_id="1", name="look")),
    Token("It is"),
    Token(" blue."),
    Pictured(Attachment(media_type="image/png"), data=PICTURE),
    Pictured(Attachment(url="https://example.org/sky.png", media_type="image/png")),
]


class Calls:
    """The calls of the original, in our messages."""

    def __init__(self, server: RunningServer, channel: grpc.aio.Channel) -> None:
        self.forests = server.forests
        self._channel = channel

    def __call__(self, path: str, request: Any, **metadata: str) -> Any:
        service, name = path[1:].split("/")
        method = SERVICES[service].methods_by_name[name]
        opened: Any = self._channel.unary_unary
        if method.server_streaming:
            opened = self._channel.unary_stream
        call = opened(
            path,
            request_serializer=type(request).SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        return call(
            request, metadata=[(name.replace("_", "-"), metadata[name]) for name in metadata]
        )

    async def begun(self) -> str:
        created = await self(
            "/prompt_ide.Chat/CreateConversation", chat.CreateConversationRequest()
        )
        return str(created.conversation_id)

    async def said(self, **fields: Any) -> list[chat.Said]:
        request = chat.AddResponseRequest(**fields)
        return [one async for one in self("/prompt_ide.Chat/AddResponse", request)]


@pytest.fixture
def played() -> PlayedSampler:
    return PlayedSampler(PLAY)


@pytest.fixture
async def calls(tmp_path: Path, played: PlayedSampler) -> AsyncIterator[Calls]:
    settings = ServerSettings(
        tmp_path / "forests.db",
        model="played/it",
        samplers=lambda: SamplerRegistry([played, ScriptedSampler()]),
        max_tokens=50_000,
    )
    async with (
        running_server(settings) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        yield Calls(server, channel)


async def test_searches_sources_and_images_travel_in_the_stream(calls: Calls) -> None:
    said = await calls.said(conversation_id=await calls.begun(), message="why?")
    assert [one.WhichOneof("response") for one in said] == [
        "user_response",
        "query_action",
        "web_search_results",
        "x_search_results",
        "token",
        "image_generation_response",
        "cached_image_generation_response",
        "model_response",
        "token",
    ]
    _, query, pages, posts, token, image, address, answer, budget = said
    assert (query.query_action.query, query.query_action.type) == ("blue sky", "web")
    assert pages.web_search_results.results[0].url == "https://example.org/sky"
    assert posts.x_search_results.results[0].post_id == "12345"
    assert token.token.token.final_logit.string_token == "It is blue."
    assert image.image_generation_response.generated_image_bytes == PICTURE
    assert image.image_generation_response.content_type == "image/png"
    assert address.cached_image_generation_response.image_url == "https://example.org/sky.png"
    model = answer.model_response
    assert (model.message, model.query, model.query_type) == ("It is blue.", "blue sky", "web")
    assert list(model.xpost_ids) == ["12345"]
    assert len(model.generated_image_urls) == 2
    assert (budget.token.budget.token_limit, budget.token.budget.tokens_spent > 0) == (50_000, True)


async def test_the_same_travels_in_the_stateless_chat(calls: Calls) -> None:
    request = stateless.StatelessConversation(responses=[{"sender": 1, "message": "why?"}])
    said = [one async for one in calls("/prompt_ide.StatelessChat/AddResponse", request)]
    assert "".join(one.message for one in said) == "It is blue."
    assert "".join(one.query for one in said) == "blue sky"
    assert [url.url for one in said for url in one.web_search_results.results] == [
        "https://example.org/sky"
    ]
    assert [post for one in said for post in one.x_post_ids] == ["12345"]
    images = [one.image_attachment for one in said if one.HasField("image_attachment")]
    assert [(one.image_bytes, one.image_url) for one in images] == [
        (PICTURE, ""),
        (b"", "https://example.org/sky.png"),
    ]


async def test_an_answer_that_comes_back_says_which_one_it_is(calls: Calls) -> None:
    def request(*said: dict[str, Any]) -> stateless.StatelessConversation:
        return stateless.StatelessConversation(responses=said, model_name="scripted/echo")

    question = {"sender": 1, "message": "hi"}
    tokens = []
    for _ in range(3):
        asked = calls("/prompt_ide.StatelessChat/AddResponse", request(question))
        tokens.append([one async for one in asked][-1].debug_log.prompt)
    answer = {"sender": 2, "message": "echo: hi", "debug_log": {"prompt": tokens[1]}}
    more = request(question, answer, {"sender": 1, "message": "more"})
    _ = [one async for one in calls("/prompt_ide.StatelessChat/AddResponse", more)]
    (conversation,) = (await calls.forests.list_conversations()).conversations
    pages = [page async for page in calls.forests.iter_changes(conversation.conversation_id, 0)]
    found = sorted((one for page in pages for one in page.responses), key=lambda r: r.position)
    assert [one.message for one in found] == [
        "hi",
        *["echo: hi"] * 3,
        "more",
        "echo: more",
    ]
    assert found[4].parent_response_id == found[2].response_id, "the second of three"


@pytest.mark.parametrize(
    ("call", "fields", "code"),
    [
        ("Chat/ShareConversation", {"conversation_id": "another"}, "INVALID_ARGUMENT"),
        ("Chat/ListConversations", {"page_size": -1}, "INVALID_ARGUMENT"),
        ("Chat/SearchConversations", {"query": " "}, "INVALID_ARGUMENT"),
        ("File/UploadFile", {"content": b"x"}, "INVALID_ARGUMENT"),
        ("File/UploadFile", {"file_name": "empty"}, "INVALID_ARGUMENT"),
        ("File/RenameFile", {"file_name": "kept"}, "INVALID_ARGUMENT"),
        ("File/RenameFile", {"file_name": "kept", "new_file_name": "too"}, "ALREADY_EXISTS"),
        ("File/RenameFile", {"file_name": "nothing", "new_file_name": "x"}, "NOT_FOUND"),
        ("File/DeleteFile", {"file_name": "nothing"}, "NOT_FOUND"),
        ("StatelessChat/LogForDebugging", {"responses": [{"message": "?"}]}, "INVALID_ARGUMENT"),
        ("StatelessChat/LogForDebugging", {}, "INVALID_ARGUMENT"),
    ],
)
async def test_a_bad_request_says_so(
    calls: Calls, call: str, fields: dict[str, Any], code: str
) -> None:
    for name in ("kept", "too"):
        upload = files.UploadFileRequest(file_name=name, content=name.encode())
        await calls("/prompt_ide.File/UploadFile", upload)
    if call.endswith("ShareConversation"):
        said = await calls.said(conversation_id=await calls.begun(), message="hi")
        fields = {**fields, "response_id": said[0].user_response.response_id}
    service, name = call.split("/")
    method = SERVICES[f"prompt_ide.{service}"].methods_by_name[name]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await calls(f"/prompt_ide.{call}", GetMessageClass(method.input_type)(**fields))
    assert refused.value.code().name == code


async def test_a_conversation_too_long_for_one_message_says_where_to_read_it(calls: Calls) -> None:
    conversation_id = await calls.begun()
    drafts = [ResponseDraft(sender="human", message="x" * (9 * 1024 * 1024)) for _ in range(2)]
    await calls.forests.add_responses("add", conversation_id, drafts)
    request = chat.GetConversationRequest(conversation_id=conversation_id)
    with pytest.raises(grpc.aio.AioRpcError, match="read it with grok_tree") as refused:
        await calls("/prompt_ide.Chat/GetConversation", request)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_file_may_be_renamed_to_its_own_name(calls: Calls) -> None:
    upload = files.UploadFileRequest(file_name="kept", content=b"x")
    await calls("/prompt_ide.File/UploadFile", upload)
    rename = files.RenameFileRequest(file_name="kept", new_file_name="kept")
    assert (await calls("/prompt_ide.File/RenameFile", rename)).file_name == "kept"


async def test_the_key_of_the_original_opens_no_other_door(tmp_path: Path) -> None:
    settings = ServerSettings(
        tmp_path / "forests.db", api_key="k", samplers=lambda: SamplerRegistry([ScriptedSampler()])
    )
    async with (
        running_server(settings) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        calls = Calls(server, channel)
        path, request = "/prompt_ide.Chat/ListConversations", chat.ListConversationsRequest()
        await calls(path, request, apikey="k")
        await calls(path, request, authorization="Bearer k")
        for wrong in ({"apikey": "j"}, {"apikey": "k", "authorization": "Bearer j"}):
            with pytest.raises(grpc.aio.AioRpcError, match="is wrong"):
                await calls(path, request, **wrong)
        native: Any = ForestsStub(channel)
        with pytest.raises(grpc.aio.AioRpcError, match="is missing"):
            await native.WhoAmI(pb.WhoAmIRequest(), metadata=[("apikey", "k")])


async def test_what_must_not_be_recorded_is_kept_nowhere(calls: Calls) -> None:
    image = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    said = [{"sender": 1, "message": "look", "image_inputs": [image]}]
    request = stateless.StatelessConversation(responses=said)
    path = "/prompt_ide.StatelessChat/"
    asked = calls(f"{path}AddResponse", request, x_grok_tree_record="off")
    with pytest.raises(grpc.aio.AioRpcError, match="cannot be kept"):
        # The model's own image has nowhere to go; what it said before came.
        _ = [one async for one in asked]
    await calls(f"{path}LogForDebugging", request, x_grok_tree_record="off")
    assert (await calls.forests.list_conversations()).conversations == []
    assert await calls.forests.list_files() == []


async def test_a_call_can_name_where_it_belongs(calls: Calls) -> None:
    said = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
    request = compat.CompletionRequest(messages=said, model="scripted/echo")
    path = "/compat.chat.Chat/GetCompletion"
    asked = calls(path, request, x_grok_tree_conversation="a study")
    told = dict(await asked.initial_metadata())
    first = await asked
    await calls(path, request, x_grok_tree_parent=first.id)
    (conversation,) = (await calls.forests.list_conversations()).conversations
    assert told["x-grok-tree-response"] == first.id
    assert told["x-grok-tree-conversation"] == conversation.conversation_id
    assert (conversation.title, conversation.n_responses) == ("a study", 4)


async def test_images_of_a_message_are_kept_and_shown_to_the_model(
    calls: Calls, played: PlayedSampler
) -> None:
    data_url = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    address = "https://example.org/a.jpg?size=1"
    conversation_id = await calls.begun()
    said = await calls.said(
        conversation_id=conversation_id, message="look", image_attachments=[data_url, address]
    )
    (shown,) = [turn.attachments for turn in played.paths[0]]
    assert [one.media_type for one in shown] == ["image/png", "image/jpeg"]
    assert await calls.forests.get_file(shown[0].file_id) == PICTURE
    kept = list(said[0].user_response.image_attachments)
    assert kept == [shown[0].file_id, address]
    again = await calls.said(
        conversation_id=conversation_id, message="again", image_attachments=kept
    )
    assert list(again[0].user_response.image_attachments) == kept


async def test_what_a_search_found_is_told_to_the_model(
    calls: Calls, played: PlayedSampler
) -> None:
    found = {"date": "today", "x_search_query": "sky", "x_formatted_chunks": "blue"}
    await calls.said(
        conversation_id=await calls.begun(),
        message="why?",
        system_prompt_name="fun",
        additional_options={"injected_search_context": found, "seed": 0},
    )
    told = played.prompts[0].system_prompt
    assert told.startswith("You are a witty assistant.")
    assert told.endswith("Date: today\nSearched X for: sky\nFound on X: blue")


async def test_a_caller_who_may_be_named_is_named_to_the_model(
    calls: Calls, played: PlayedSampler
) -> None:
    request = stateless.StatelessConversation(
        responses=[{"sender": 1, "message": "who am I?"}],
        name="Ada",
        username="ada",
        expose_username_to_grok=True,
    )
    _ = [one async for one in calls("/prompt_ide.StatelessChat/AddResponse", request)]
    assert played.prompts[0].system_prompt == "You talk to Ada (@ada)."


async def test_a_twin_of_a_token_counts_where_it_is_one(calls: Calls) -> None:
    vocabulary = Vocabulary(calls.forests, "scripted/echo")
    # For the script every word is a token, with the space before it.
    assert await vocabulary.without_twins(["yes", "\u2581yes", 7]) == ("yes", " yes", 7)
    assert await vocabulary.without_twins(["\n", "\u2581\n"]) == ("\n", " \n")
    assert await vocabulary.without_twins(["a b", "\u2581a b"]) == ("a b",)
    assert await vocabulary.without_twins(["\u2581alone here"]) == (" alone here",)


async def test_attention_and_images_without_a_conversation_are_refused(calls: Calls) -> None:
    path = "/prompt_ide.Sampler/SampleTokens"
    for request, word in (
        (sampler.SampleTokensRequest(return_attention=True), "attention"),
        (sampler.SampleTokensRequest(inputs=[{"image_bytes": PICTURE}]), "image"),
        (sampler.SampleTokensRequest(inputs=[{}]), "empty"),
    ):
        with pytest.raises(grpc.aio.AioRpcError, match=word) as refused:
            _ = [one async for one in calls(path, request)]
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_model_without_probabilities_is_asked_without_and_left_at_a_stop_string(
    tmp_path: Path,
) -> None:
    continuing = Continuing([], ["completion", "seed"])
    settings = ServerSettings(
        tmp_path / "forests.db", samplers=lambda: SamplerRegistry([continuing])
    )
    asked = sampler.TokenizeAndSampleTokensRequest(
        text="count", model_name="played/it", settings={"stop_strings": ["3 "], "temperature": 0.7}
    )
    async with (
        running_server(settings) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        calls = Calls(server, channel)
        path = "/prompt_ide.Sampler/TokenizeAndSampleTokens"
        *tokens, last = [one async for one in calls(path, asked)]
    logits = [one.token.final_logit for one in tokens]
    assert [one.string_token for one in logits] == ["1 2 ", "3 4 "]
    assert {(one.token_id, one.prob) for one in logits} == {(0, 0.0)}
    assert last.WhichOneof("response") == "budget"
    (asked_for,) = continuing.asked
    assert (asked_for.temperature, asked_for.seed, asked_for.stop) == (0.7, 0, ())
    assert continuing.n_left == 1


class Continuing(PlayedSampler):
    """Counts for ever, two numbers a token."""

    asked: ClassVar[list[Settings]] = []
    n_left = 0

    async def complete(
        self, model: str, prompt: RawPrompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        assert (model, prompt.inputs, n) == ("it", ("count",), 1)
        self.asked.append(settings)
        try:
            for number in count(1, 2):
                yield Token(f"{number} {number + 1} ")
        finally:
            self.n_left += 1


def test_a_stop_string_is_found_across_tokens() -> None:
    stops = StopStrings(["", "END", "\n\n"])
    assert [stops.ended_by(piece) for piece in ("a E", "N", "x\n", "\ny")] == [
        *(False, False, False),
        True,
    ]
    assert not StopStrings([]).ended_by("anything")
    assert StopStrings(["."]).ended_by("it. is")


@pytest.mark.parametrize("path", Schema().methods)
def test_our_schema_has_the_numbers_and_types_of_the_original(path: str) -> None:
    theirs, (service, name) = Schema().methods[path], path[1:].split("/")
    ours = SERVICES[service].methods_by_name[name]
    package = service.rpartition(".")[0]
    schema = Schema(NEWEST)
    assert ours.server_streaming == theirs.streams
    _compare(ours.input_type, schema.message(theirs.request, package).DESCRIPTOR, set())
    _compare(ours.output_type, schema.message(theirs.reply, package).DESCRIPTOR, set())


def _compare(ours: Descriptor, theirs: Descriptor, seen: set[str]) -> None:
    """Compare two messages, and what is in them."""
    if ours.full_name in seen:
        return
    seen.add(ours.full_name)
    assert {one.number: _shape(one) for one in ours.fields} == {
        one.number: _shape(one) for one in theirs.fields
    }
    for one in theirs.fields:
        inner = ours.fields_by_number[one.number].message_type
        if one.message_type is not None and inner is not None:
            _compare(inner, one.message_type, seen)


def _shape(field: FieldDescriptor) -> tuple[Any, ...]:
    oneof = field.containing_oneof
    is_choice = oneof is not None and len(oneof.fields) > 1
    members = sorted(one.number for one in oneof.fields) if oneof and is_choice else []
    # Newer releases of protobuf ask `is_repeated`, which older ones do not have.
    repeated = getattr(field, "is_repeated", None)
    if repeated is None:
        repeated = getattr(field, "label") == FieldDescriptor.LABEL_REPEATED  # noqa: B009
    return field.type, repeated, field.has_presence, members
