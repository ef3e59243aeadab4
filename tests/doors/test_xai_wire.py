"""The services of `xai_api` message by message, where the official client has no words for them."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from xai_sdk.proto import (
    chat_pb2,
    chat_pb2_grpc,
    deferred_pb2,
    embed_pb2,
    embed_pb2_grpc,
    files_pb2,
    files_pb2_grpc,
    models_pb2_grpc,
    sample_pb2,
    sample_pb2_grpc,
    tokenize_pb2,
    tokenize_pb2_grpc,
    usage_pb2,
)

from grok_tree.forest import uuid7_text
from grok_tree.server.xai._handlers import METHODS
from grok_tree.server.xai._schema import load_schema
from tests.doors._xai_server import XaiDoor, xai_door

METADATA = (("authorization", "Bearer a key"),)
ROLE_USER = chat_pb2.ROLE_USER


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XaiDoor]:
    with xai_door(tmp_path_factory.mktemp("door")) as running:
        yield running


@pytest.fixture(scope="module")
def channel(door: XaiDoor) -> Iterator[grpc.Channel]:
    options = [("grpc.max_receive_message_length", 20 * 1024 * 1024)]
    with grpc.insecure_channel(door.server.address, options) as opened:
        yield opened


@pytest.fixture
def chat(channel: grpc.Channel) -> Any:
    return chat_pb2_grpc.ChatStub(channel)


def message(text: str, role: int = ROLE_USER, **fields: Any) -> Any:
    return chat_pb2.Message(role=role, content=[chat_pb2.Content(text=text)], **fields)


def request(*messages: Any, **fields: Any) -> Any:
    named = {"model": "played/it", **fields}
    return chat_pb2.GetCompletionsRequest(messages=messages or [message("hello")], **named)


def code_of(call: Callable[..., Any], asked: Any, **options: Any) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        call(asked, metadata=METADATA, **options)
    found: str = caught.value.code().name
    return found


def test_every_call_that_is_served_is_in_the_schema() -> None:
    services = load_schema().services
    served = {name: tuple(one.name for one in services[name].methods) for name in METHODS}
    assert served == METHODS


def test_an_answer_says_first_where_it_is_kept(door: XaiDoor, chat: Any) -> None:
    answer, call = chat.GetCompletion.with_call(request(n=2), metadata=METADATA)
    said = dict(call.initial_metadata())
    ids = said["x-grok-tree-response"].split(",")
    tokens = [output.message.encrypted_content for output in answer.outputs]
    assert tokens == [f"grok-tree:{one}" for one in ids]
    assert door.response(ids[0]).conversation_id == said["x-grok-tree-conversation"]


def test_an_answer_says_what_it_cost_all_siblings_together(chat: Any) -> None:
    usage = chat.GetCompletion(request(n=2), metadata=METADATA).usage
    assert usage.cost_in_usd_ticks == 2 * 350_000_000
    assert (usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens) == (11, 4, 6)
    assert usage.total_tokens == 21


def test_every_sibling_can_be_gone_on_from_and_fetched_by_its_own_id(
    door: XaiDoor, chat: Any
) -> None:
    _, call = chat.GetCompletion.with_call(request(n=3), metadata=METADATA)
    last = dict(call.initial_metadata())["x-grok-tree-response"].split(",")[2]
    asked = request(message("go on"), previous_response_id=last)
    after = door.response(chat.GetCompletion(asked, metadata=METADATA).id)
    assert door.response(after.parent_response_id or "").parent_response_id == last
    stored = chat.GetStoredCompletion(chat_pb2.GetStoredCompletionRequest(response_id=last))
    assert (stored.id, len(stored.outputs)) == (last, 1)
    assert stored.settings.store_messages


def test_a_stored_answer_has_its_probabilities(chat: Any) -> None:
    asked = request(message("think"), logprobs=True, top_logprobs=2)
    answer = chat.GetCompletion(asked, metadata=METADATA)
    stored = chat.GetStoredCompletion(chat_pb2.GetStoredCompletionRequest(response_id=answer.id))
    assert [one.token for one in stored.outputs[0].logprobs.content] == ["a", " thought"]
    assert stored.outputs[0].logprobs == answer.outputs[0].logprobs


def test_a_question_is_no_stored_answer(door: XaiDoor, chat: Any) -> None:
    answer = chat.GetCompletion(request(), metadata=METADATA)
    question = door.response(answer.id).parent_response_id
    for call, kind in (
        (chat.GetStoredCompletion, chat_pb2.GetStoredCompletionRequest),
        (chat.DeleteStoredCompletion, chat_pb2.DeleteStoredCompletionRequest),
    ):
        assert code_of(call, kind(response_id=question)) == "NOT_FOUND"


def test_metadata_names_the_parent_and_the_group(door: XaiDoor, chat: Any) -> None:
    group = (*METADATA, ("x-grok-tree-conversation", "study 1"))
    first = chat.GetCompletion(request(message("one")), metadata=group)
    parent = (*METADATA, ("x-grok-tree-parent", first.id))
    second = chat.GetCompletion(request(message("two")), metadata=parent)
    third = chat.GetCompletion(request(message("three")), metadata=group)
    conversation = door.response(first.id).conversation_id
    assert door.tree(conversation) == [
        "/one",
        "/one/you said: one",
        "/one/you said: one/two",
        "/one/you said: one/two/you said: two",
        "/three",
        "/three/you said: three",
    ]
    assert {door.response(one.id).conversation_id for one in (second, third)} == {conversation}


def test_what_is_not_to_be_recorded_is_not(door: XaiDoor, chat: Any) -> None:
    off = (*METADATA, ("x-grok-tree-record", "off"))
    answer, call = chat.GetCompletion.with_call(request(message("secret")), metadata=off)
    assert answer.outputs[0].message.content == "you said: secret"
    assert "x-grok-tree-response" not in dict(call.initial_metadata())
    assert door.portal.call(door.server.forests.search, "secret").hits == []
    with pytest.raises(grpc.RpcError) as caught:
        chat.StartDeferredCompletion(request(), metadata=off)
    error: Any = caught.value
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT  # nobody could fetch it


def test_another_model_may_answer_than_the_one_that_is_asked(door: XaiDoor, chat: Any) -> None:
    other = (*METADATA, ("x-grok-tree-model", "scripted/echo"))
    answer = chat.GetCompletion(request(model="grok-4.7"), metadata=other)
    assert answer.outputs[0].message.content == "echo: hello"
    assert answer.model == "scripted/echo"
    assert door.response(answer.id).origin.provenance["asked_model"] == "grok-4.7"


def test_developers_and_later_system_messages_are_kept_apart(door: XaiDoor, chat: Any) -> None:
    answer = chat.GetCompletion(
        request(
            message("Be brief.", chat_pb2.ROLE_DEVELOPER),
            message("apart"),
            message("Now in French.", chat_pb2.ROLE_SYSTEM),
        ),
        metadata=METADATA,
    )
    assert door.model.prompts[-1].system_prompt == "Be brief."
    (system,) = [turn for turn in door.model.paths[-1] if turn.sender == "system"]
    assert system.message == "Now in French."
    assert door.response(answer.id).message == "you said: Now in French."


def test_several_texts_of_a_message_are_its_lines(door: XaiDoor, chat: Any) -> None:
    contents = [chat_pb2.Content(text="one"), chat_pb2.Content(text="two")]
    chat.GetCompletion(
        request(chat_pb2.Message(role=ROLE_USER, content=contents)), metadata=METADATA
    )
    assert door.model.prompts[-1].last.message == "one\ntwo"


def test_a_file_comes_by_its_data(door: XaiDoor, chat: Any) -> None:
    file = chat_pb2.FileContent(data=b"a text", filename="a.txt")
    said = chat_pb2.Message(
        role=ROLE_USER, content=[chat_pb2.Content(text="describe"), chat_pb2.Content(file=file)]
    )
    chat.GetCompletion(request(said), metadata=METADATA)
    (attached,) = door.model.prompts[-1].last.attachments
    assert attached.file_id == hashlib.sha256(b"a text").hexdigest()
    assert (attached.name, attached.media_type) == ("a.txt", "text/plain")


def test_an_image_comes_by_the_id_of_a_file(
    door: XaiDoor, channel: grpc.Channel, chat: Any
) -> None:
    begin = files_pb2.UploadFileChunk(init=files_pb2.UploadFileInit(name="cat.png"))
    data = files_pb2.UploadFileChunk(data=b"of a cat")
    kept = files_pb2_grpc.FilesStub(channel).UploadFile(iter([begin, data]))
    shown = chat_pb2.Content(image_url={"file_id": kept.id})
    said = chat_pb2.Message(role=ROLE_USER, content=[chat_pb2.Content(text="describe"), shown])
    chat.GetCompletion(request(said), metadata=METADATA)
    (attached,) = door.model.prompts[-1].last.attachments
    assert (attached.file_id, attached.media_type, attached.is_image) == (
        kept.id,
        "image/png",
        True,
    )


def test_any_json_object_can_be_asked_for(door: XaiDoor, chat: Any) -> None:
    wanted = chat_pb2.ResponseFormat(format_type=chat_pb2.FORMAT_TYPE_JSON_OBJECT)
    answer = chat.GetCompletion(request(response_format=wanted), metadata=METADATA)
    assert door.response(answer.id).settings.response_format == "json"
    assert answer.settings.response_format == wanted


def test_an_answer_that_fits_no_message_is_refused(
    chat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grok_tree.server.xai._handlers.MOST_BYTES", 10)
    assert code_of(chat.GetCompletion, request()) == "INVALID_ARGUMENT"


def test_much_text_that_came_at_once_travels_in_several_chunks(
    chat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grok_tree.server.xai._chunks.FULL_CHARACTERS", 4)
    chunks = list(chat.GetCompletionChunk(request(), metadata=METADATA))
    texts = [output.delta.content for chunk in chunks for output in chunk.outputs]
    assert "".join(texts) == "you said: hello"
    assert len(chunks) >= 3
    tokens = [output.delta.encrypted_content for chunk in chunks for output in chunk.outputs]
    assert len(list(filter(None, tokens))) == 1


def test_an_answer_that_somebody_cancelled_is_not_whole(door: XaiDoor, chat: Any) -> None:
    call = chat.GetCompletionChunk(request(model="scripted/hang"), metadata=METADATA)
    first = next(call)
    run = door.portal.call(partial(door.server.forests.attach_sampling, response_id=first.id))
    assert door.portal.call(run.cancel)
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    error: Any = caught.value
    assert error.code() is grpc.StatusCode.ABORTED
    assert f"kept as response {first.id}" in error.details()


def test_what_was_deleted_is_no_stored_answer(door: XaiDoor, chat: Any) -> None:
    group = (*METADATA, ("x-grok-tree-conversation", "to be deleted"))
    answer = chat.GetCompletion(request(), metadata=group)
    forests, found = door.server.forests, door.response(answer.id)
    door.portal.call(forests.delete_conversation, "delete it", found.conversation_id)
    asked = chat_pb2.GetStoredCompletionRequest(response_id=answer.id)
    assert code_of(chat.GetStoredCompletion, asked) == "NOT_FOUND"


def test_too_many_continuations_are_refused(channel: grpc.Channel) -> None:
    stub = sample_pb2_grpc.SampleStub(channel)
    for prompts, n in ((["a"], 0), (["a"], 129), ([], 1), (["a"] * 65, 2)):
        asked = sample_pb2.SampleTextRequest(prompt=prompts, model="played/it", n=n)
        assert code_of(stub.SampleText, asked) == "INVALID_ARGUMENT"


def test_a_message_may_have_20_mib(door: XaiDoor, channel: grpc.Channel, chat: Any) -> None:
    data = bytes(15 * 2**20)
    file = chat_pb2.FileContent(data=data, filename="large.bin")
    contents = [chat_pb2.Content(text="x" * 2**20), chat_pb2.Content(file=file)]
    said = chat_pb2.Message(role=ROLE_USER, content=contents)
    answer = chat.GetCompletion(request(said), metadata=METADATA)
    assert len(answer.outputs[0].message.content) > 2**20
    (attached,) = door.model.prompts[-1].last.attachments
    assert attached.n_bytes == len(data)
    asked = files_pb2.RetrieveFileContentRequest(file_id=attached.file_id)
    pieces = files_pb2_grpc.FilesStub(channel).RetrieveFileContent(asked)
    assert b"".join(piece.data for piece in pieces) == data


def test_tools_of_the_provider_are_asked_for_with_their_options(door: XaiDoor, chat: Any) -> None:
    search = chat_pb2.WebSearch(allowed_domains=["example.org"])
    answer = chat.GetCompletion(
        request(message("search"), tools=[chat_pb2.Tool(web_search=search)]), metadata=METADATA
    )
    (tool,) = door.response(answer.id).settings.tools
    assert (tool.kind, tool.parameters) == ("web_search", '{"allowed_domains": ["example.org"]}')


REFUSED = {
    "one-call": {"parallel_tool_calls": False, "tools": [chat_pb2.Tool(function={"name": "f"})]},
    "turns": {"max_turns": 2, "tools": [chat_pb2.Tool(web_search={})]},
    "agents": {"agent_count": chat_pb2.AGENT_COUNT_4},
    "guidelines": {"guidelines": [chat_pb2.Guideline()]},
    "search": {"search_parameters": chat_pb2.SearchParameters(mode=chat_pb2.ON_SEARCH_MODE)},
    "mcp": {"tools": [chat_pb2.Tool(mcp={"server_url": "https://example.org"})]},
    "date": {"tools": [chat_pb2.Tool(x_search={"from_date": {"nanos": -1}})]},
    "no-tool": {"tools": [chat_pb2.Tool()]},
    "effort": {"reasoning_effort": 99},
    "choice": {"tool_choice": chat_pb2.ToolChoice(mode=99)},
    "no-schema": {"response_format": chat_pb2.ResponseFormat(format_type=3)},
    "none": {"n": 0},
    "many": {"n": 1000},
}


@pytest.mark.parametrize("asked", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused(chat: Any, asked: dict[str, Any]) -> None:
    assert code_of(chat.GetCompletion, request(**asked)) == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    "said",
    [
        message("no role", 0),
        message("later role", 99),
        message("compacted", encrypted_content="somebody else's"),
        chat_pb2.Message(
            role=chat_pb2.ROLE_SYSTEM,
            content=[chat_pb2.Content(image_url={"image_url": "https://example.org/a.png"})],
        ),
        chat_pb2.Message(
            role=ROLE_USER,
            content=[chat_pb2.Content(image_url={"image_url": "data:image/png;base64,!"})],
        ),
        chat_pb2.Message(
            role=ROLE_USER, content=[chat_pb2.Content(image_url={"image_url": "data:,text"})]
        ),
        chat_pb2.Message(role=ROLE_USER, content=[chat_pb2.Content(file={})]),
    ],
    ids=[
        "no-role",
        "later-role",
        "compacted",
        "system-image",
        "bad-image",
        "no-image",
        "empty-file",
    ],
)
def test_messages_that_make_no_sense_are_refused(chat: Any, said: Any) -> None:
    assert code_of(chat.GetCompletion, request(message("before"), said)) == "INVALID_ARGUMENT"


def test_harmless_wishes_are_kept_with_the_answer(door: XaiDoor, chat: Any) -> None:
    asked = request(
        message("wishes"), safety_identifier="s-1", service_tier=usage_pb2.SERVICE_TIER_PRIORITY
    )
    kept = door.response(chat.GetCompletion(asked, metadata=METADATA).id).origin.provenance
    assert kept["safety_identifier"] == "s-1"
    assert kept["service_tier"] == "SERVICE_TIER_PRIORITY"


def test_a_deferred_answer_is_pending_until_it_has_failed(door: XaiDoor, chat: Any) -> None:
    started, call = chat.StartDeferredCompletion.with_call(
        request(model="scripted/hang"), metadata=METADATA
    )
    asked = deferred_pb2.GetDeferredRequest(request_id=started.request_id)
    pending = chat.GetDeferredCompletion(asked)
    assert (pending.status, pending.HasField("response")) == (deferred_pb2.PENDING, False)
    door.portal.call(door.server.forests.cancel_sampling, started.request_id)
    door.portal.call(ended, door, dict(call.initial_metadata())["x-grok-tree-response"])
    assert chat.GetDeferredCompletion(asked).status == deferred_pb2.FAILED


def test_a_deferred_call_is_forgotten_after_a_day(chat: Any) -> None:
    asked = deferred_pb2.GetDeferredRequest(request_id=uuid7_text(1_500_000_000_000, 7))
    assert chat.GetDeferredCompletion(asked).status == deferred_pb2.EXPIRED
    unknown = deferred_pb2.GetDeferredRequest(request_id="nothing")
    assert code_of(chat.GetDeferredCompletion, unknown) == "NOT_FOUND"


def test_histories_are_not_compacted(chat: Any) -> None:
    asked = chat_pb2.CompactContextRequest(model="played/it", input=[message("hello")])
    assert code_of(chat.CompactContext, asked) == "UNIMPLEMENTED"


def test_one_sibling_that_fails_takes_no_other_with_it(door: XaiDoor, chat: Any) -> None:
    asked = request(message("siblings"), model="scripted/fail-3", n=2)
    call = chat.GetCompletionChunk(asked, metadata=METADATA)
    ids = dict(call.initial_metadata())["x-grok-tree-response"].split(",")
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    assert caught.value.code() is grpc.StatusCode.ABORTED
    assert {door.response(one).message for one in ids} == {"word1 word2 word3"}


def test_a_model_that_lacks_something_here_is_not_asked_again(chat: Any) -> None:
    # With UNAVAILABLE the official client would try four times more.
    assert code_of(chat.GetCompletion, request(model="lost/it")) == "FAILED_PRECONDITION"


def test_who_leaves_a_stream_stops_the_model(door: XaiDoor, chat: Any) -> None:
    call = chat.GetCompletionChunk(request(model="scripted/hang"), metadata=METADATA)
    first = next(call)
    call.cancel()
    kept = door.portal.call(ended, door, first.id)
    assert (kept.message, kept.finish_reason) == ("waiting", "disconnected")


async def ended(door: XaiDoor, response_id: str) -> Any:
    """Return a response when its sampling has ended."""
    run = await door.server.forests.attach_sampling(response_id=response_id)
    await run._log.wait_closed()  # who follows it would keep it going
    (found,) = await door.server.forests.get_responses([response_id])
    return found


@pytest.mark.parametrize("streamed", [False, True], ids=["unary", "stream"])
def test_a_text_is_continued(channel: grpc.Channel, streamed: bool) -> None:
    stub = sample_pb2_grpc.SampleStub(channel)
    asked = sample_pb2.SampleTextRequest(
        prompt=["once", "twice"], model="played/it", n=2, seed=5, max_tokens=9
    )
    if streamed:
        pieces = list(stub.SampleTextStreaming(asked, metadata=METADATA))
        texts = ["", "", "", ""]
        for piece in pieces:
            texts[piece.choices[0].index] += piece.choices[0].text
        last = pieces[-1]
    else:
        last = stub.SampleText(asked, metadata=METADATA)
        texts = [choice.text for choice in last.choices]
    assert texts == [f" and so on {seed}" for seed in (5, 6, 5, 6)]
    assert last.choices[-1].finish_reason == sample_pb2.REASON_STOP
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (18, 8)


def test_texts_become_vectors(channel: grpc.Channel) -> None:
    stub = embed_pb2_grpc.EmbedderStub(channel)
    texts = [embed_pb2.EmbedInput(string="a"), embed_pb2.EmbedInput(string="abc")]
    asked = embed_pb2.EmbedRequest(input=texts, model="played/vectors")
    found = stub.Embed(asked, metadata=METADATA)
    vectors = [list(one.embeddings[0].float_array) for one in found.embeddings]
    assert vectors == [[1.0, 0.5], [3.0, 0.5]]
    assert (found.model, found.usage.num_text_embeddings) == ("vectors-served", 2)
    asked.encoding_format = embed_pb2.FORMAT_BASE64
    coded = stub.Embed(asked, metadata=METADATA).embeddings[1].embeddings[0].base64_array
    assert struct.unpack("<2f", base64.b64decode(coded)) == (3.0, 0.5)


def test_an_image_becomes_no_vector(channel: grpc.Channel) -> None:
    image = embed_pb2.EmbedInput(image_url={"image_url": "https://example.org/a.png"})
    asked = embed_pb2.EmbedRequest(input=[image], model="played/vectors")
    assert code_of(embed_pb2_grpc.EmbedderStub(channel).Embed, asked) == "INVALID_ARGUMENT"


def test_a_model_that_tells_no_tokens_says_so(channel: grpc.Channel) -> None:
    asked = tokenize_pb2.TokenizeTextRequest(text="hi", model="played/vectors")
    stub = tokenize_pb2_grpc.TokenizeStub(channel)
    assert code_of(stub.TokenizeText, asked) == "INVALID_ARGUMENT"


def test_an_upload_that_is_no_file_is_refused(channel: grpc.Channel) -> None:
    stub = files_pb2_grpc.FilesStub(channel)
    begin = files_pb2.UploadFileChunk(init=files_pb2.UploadFileInit(name="a"))
    data = files_pb2.UploadFileChunk(data=b"x")
    expiring = files_pb2.UploadFileChunk(init=files_pb2.UploadFileInit(name="a", expires_after=9))
    wrong: Sequence[Sequence[Any]] = ([], [data], [begin], [begin, begin], [expiring, data])
    for messages in wrong:
        assert code_of(stub.UploadFile, iter(messages)) == "INVALID_ARGUMENT"


def test_files_come_in_pages(channel: grpc.Channel) -> None:
    stub = files_pb2_grpc.FilesStub(channel)
    for number in range(3):
        begin = files_pb2.UploadFileChunk(init=files_pb2.UploadFileInit(name=f"page {number}"))
        stub.UploadFile(iter([begin, files_pb2.UploadFileChunk(data=b"%d" % number)]))
    seen, token = [], ""
    while True:
        page = stub.ListFiles(files_pb2.ListFilesRequest(limit=2, pagination_token=token))
        assert len(page.data) <= 2
        seen += [one.filename for one in page.data]
        token = page.pagination_token
        if not token:
            break
    assert [name for name in seen if name.startswith("page")] == ["page 0", "page 1", "page 2"]
    assert len(seen) == len(set(seen))


def test_files_have_no_public_address(channel: grpc.Channel) -> None:
    asked = files_pb2.CreatePublicUrlRequest(file_id="any")
    assert code_of(files_pb2_grpc.FilesStub(channel).CreatePublicUrl, asked) == "UNIMPLEMENTED"


def test_services_that_are_not_served_say_so(channel: grpc.Channel) -> None:
    call: Any = channel.unary_unary("/xai_api.Image/GenerateImage")
    assert code_of(call, b"") == "UNIMPLEMENTED"


def test_bytes_that_are_no_message_are_a_bad_request(channel: grpc.Channel) -> None:
    call: Any = channel.unary_unary("/xai_api.Chat/GetCompletion")
    assert code_of(call, b"\xff\xff\xff") == "INVALID_ARGUMENT"


def test_an_image_model_is_not_found(channel: grpc.Channel) -> None:
    stub = models_pb2_grpc.ModelsStub(channel)
    assert not stub.ListImageGenerationModels(empty_pb2.Empty()).models
