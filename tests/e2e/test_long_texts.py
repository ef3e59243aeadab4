"""Texts of up to 16 MiB go through default clients both ways, and above that nothing is begun.

Every client here refuses messages above 1 MiB in both directions, which is less than the 4 MiB
that gRPC takes unless it is told otherwise.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from grok_tree import AsyncClient, Conversation
from grok_tree.errors import (
    GrokTreeError,
    InvalidOperationError,
    SamplingInterrupted,
    UploadNotFound,
)
from grok_tree.forest import MAX_FIELD_BYTES, MAX_TEXT_BYTES, Ended, ResponseDraft, Token
from grok_tree.formats import read_documents, write_native
from grok_tree.server import RunningServer
from grok_tree.testing import running_server, server_process
from grok_tree.wire import ForestsStub, error_from_call, pb
from tests.e2e.conftest import grok_tree

pytestmark = pytest.mark.anyio

MIB = 1 << 20
LIMITS = [("grpc.max_receive_message_length", MIB), ("grpc.max_send_message_length", MIB)]
LETTERS = {"1": "a", "2": "ü", "3": "東", "4": "\U0001f333"}
QUICK = {("1", 1), ("2", 1), ("3", 16), ("4", 4)}
"""Every width of a letter, every size, and no two alike."""

SIZES = [
    pytest.param(
        letter, size, id=f"{n}-{size}", marks=() if (n, size) in QUICK else pytest.mark.slow
    )
    for n, letter in LETTERS.items()
    for size in (1, 4, 16)
]


def text_of(mebibytes: int, letter: str = "a") -> str:
    """Return a text of exactly so many bytes."""
    size = mebibytes * MIB
    text = letter * (size // len(letter.encode()))
    return text + "." * (size - len(text.encode()))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "forests.db") as running:
        yield running


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(server.address, channel_options=LIMITS) as opened:
        yield opened


@pytest.fixture
async def stub(server: RunningServer) -> AsyncIterator[Any]:
    """The calls of the schema, with gRPC's own limits."""
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield ForestsStub(channel)


async def reopened(client: AsyncClient, conversation: Conversation) -> list[str]:
    fresh = await client.grok.get_conversation(conversation.conversation_id)
    return [response.message for response in fresh.forest]


async def error_of(call: Any) -> GrokTreeError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = caught.value
    trailers = tuple(error.trailing_metadata() or ())
    return error_from_call(error.code().name, error.details() or "", trailers, address="here")


@pytest.mark.parametrize(("letter", "mebibytes"), SIZES)
async def test_a_long_text_comes_back_as_it_went_in(
    client: AsyncClient, mebibytes: int, letter: str
) -> None:
    text = text_of(mebibytes, letter)
    conversation = client.grok.create_conversation()
    made = await conversation.add_model_response(text)
    await made.star()

    assert made.message == text
    assert await reopened(client, conversation) == [text]
    await made.refresh()
    assert made.message == text


async def test_a_long_question_is_answered(client: AsyncClient) -> None:
    text = text_of(16)
    conversation = client.grok.create_conversation(model_name="scripted/words-3")
    sampling = conversation.add_response(text)
    answer = await sampling

    assert sampling.human_response is not None
    assert sampling.human_response.message == text
    assert await reopened(client, conversation) == [text, answer.message]


async def test_a_long_answer_is_known_from_its_tokens(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation(model_name="scripted/words-150000")
    sampling = conversation.add_response("Count.")
    events = [event async for event in sampling.events()]

    (ended,) = [event for event in events if isinstance(event, Ended)]
    said = "".join(event.text for event in events if isinstance(event, Token))
    assert ended.response.message == said
    assert len(said) > MIB
    assert (await reopened(client, conversation))[1] == said


async def test_an_answer_of_one_huge_token_comes_whole(client: AsyncClient) -> None:
    question = text_of(16)[: -len("echo: ")]
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response(question)

    assert answer.message == f"echo: {question}"


async def test_an_answer_above_the_limit_is_cut_before_it(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    with pytest.raises(SamplingInterrupted, match=f"passed {MAX_TEXT_BYTES:,} bytes"):
        await conversation.add_response(text_of(16))

    await conversation.refresh()
    assert conversation.forest.responses[1].message == "echo:"
    assert conversation.forest.responses[1].partial


async def test_many_long_drafts_are_stored_in_one_call(client: AsyncClient) -> None:
    drafts = [
        ResponseDraft(sender="assistant", message=f"{n}" * MIB, reasoning=f"{n}" * 700_000)
        for n in range(6)
    ]
    conversation = client.grok.create_conversation()
    added = await conversation.add_drafts(drafts)

    fresh = await client.grok.get_conversation(conversation.conversation_id)
    for found in (fresh.forest.responses, [one.value for one in added]):
        assert [(one.message, one.reasoning) for one in found] == [
            (draft.message, draft.reasoning) for draft in drafts
        ]


async def test_more_than_the_limit_is_refused_before_anything_is_sent(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    for add in (conversation.add_response, conversation.add_model_response):
        with pytest.raises(
            InvalidOperationError, match="16,777,217 bytes; the limit is 16,777,216"
        ):
            await add("x" * (MAX_TEXT_BYTES + 1))
    assert not await client.grok.list_conversations()


def upload(text: str, **fields: Any) -> list[pb.UploadTextRequest]:
    """Return the messages of an upload, some fields of the last one changed."""
    data = text.encode()
    last = {"sha256": hashlib.sha256(data).digest(), **fields}
    pieces = [text[begin : begin + 400_000] for begin in range(0, len(text), 400_000)]
    return [
        pb.UploadTextRequest(total_bytes=len(data)),
        *(pb.UploadTextRequest(text=piece) for piece in pieces),
        pb.UploadTextRequest(**last),
    ]


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([pb.UploadTextRequest(total_bytes=MAX_TEXT_BYTES + 1)], "16,777,217 bytes; the limit is"),
        ([], "total_bytes"),
        ([pb.UploadTextRequest(text="x")], "total_bytes"),
        (upload("x" * 1_000_000)[:-1], "without its sha256"),
        (upload("x" * 1_000_000)[:1], "without its sha256"),
        (upload("x" * 1_000_000, sha256=b"other"), "upload the text again"),
        (upload("x" * 1_000_000)[:2] + upload("x" * 1_000_000)[-1:], "upload the text again"),
        (upload("x" * 1_000_000) + upload("y"), None),
        ([upload("x")[0], pb.UploadTextRequest(text="xy")], "more came than the 1 bytes"),
        (
            [pb.UploadTextRequest(total_bytes=MIB), pb.UploadTextRequest(text="x" * 600_000)],
            "at most 524,288",
        ),
    ],
    ids=[
        "above the limit",
        "nothing",
        "no length",
        "cut",
        "cut at once",
        "other hash",
        "a piece is missing",
        "more after the end",
        "more than was said",
        "large piece",
    ],
)
async def test_an_upload_counts_only_when_it_is_whole(
    stub: Any, messages: Sequence[pb.UploadTextRequest], words: str | None
) -> None:
    if words is None:
        assert (await stub.UploadText(iter(messages))).upload_id
        return
    error = await error_of(stub.UploadText(iter(messages)))
    assert isinstance(error, InvalidOperationError)
    assert words in error.message


async def test_unreadable_bytes_of_an_upload_are_a_bad_request(server: RunningServer) -> None:
    async with grpc.aio.insecure_channel(server.address) as channel:
        call: Any = channel.stream_unary("/grok_tree.wire.v1.Forests/UploadText")
        error = await error_of(call(iter([b"\xff\xff\xff"])))
    assert error.grpc_status == "INVALID_ARGUMENT"


async def test_an_upload_serves_one_call(stub: Any) -> None:
    text = "x" * MIB
    upload_id = (await stub.UploadText(iter(upload(text)))).upload_id
    created = await stub.CreateConversation(pb.CreateConversationRequest(request_id="1"))
    draft = pb.ResponseDraft(sender="human", message_upload_id=upload_id)

    def add(request_id: str) -> Any:
        return stub.AddResponses(
            pb.AddResponsesRequest(
                request_id=request_id, conversation_id=created.conversation_id, drafts=[draft]
            )
        )

    (stored,) = (await add("2")).responses
    pieces = [piece.message async for piece in stub.GetText(get_text(stored.response_id))]
    assert "".join(pieces) == text
    assert isinstance(await error_of(add("3")), UploadNotFound)


def get_text(response_id: str) -> pb.GetTextRequest:
    return pb.GetTextRequest(response_id=response_id)


async def test_a_text_that_a_restarted_server_forgot_is_brought_again(tmp_path: Path) -> None:
    """The server is killed between the upload and the call that names it."""
    database = tmp_path / "forests.db"
    text = text_of(1)
    with server_process(database) as first:
        port = int(first.host.rpartition(":")[2])
        async with AsyncClient(first.host, channel_options=LIMITS) as client:
            conversation = client.grok.create_conversation()
            await conversation.create()
            connection = client._connection
            lean = await connection._lean(request_for(conversation, text))
            first.kill()
            with server_process(database, port=port):
                with pytest.raises(UploadNotFound):
                    await super(type(connection), connection).call("AddResponses", lean)
                await connection.call("AddResponses", request_for(conversation, text))
            assert lean.drafts[0].message == ""


def request_for(conversation: Conversation, text: str) -> pb.AddResponsesRequest:
    draft = pb.ResponseDraft(sender="human", message=text)
    return pb.AddResponsesRequest(
        request_id="again", conversation_id=conversation.conversation_id, drafts=[draft]
    )


async def test_the_native_format_carries_the_longest_texts(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    for letter in ("\x01", "\U0001f333"):
        await conversation.add_model_response(text_of(16, letter), parent=None)
    file = io.BytesIO()
    write_native(conversation.forest, file)
    file.seek(0)

    (document,) = read_documents(file)
    assert [one.message for one in document.responses] == [
        one.message for one in conversation.forest
    ]


async def test_commands_export_and_import_the_longest_texts(tmp_path: Path) -> None:
    database, copy = tmp_path / "forests.db", tmp_path / "copy.db"
    text = text_of(16, "ü")
    async with AsyncClient(database=database, model="scripted/echo") as client:
        conversation = client.grok.create_conversation()
        await conversation.add_model_response(text)
    path = tmp_path / "forest.jsonl"
    done = grok_tree(
        "export", conversation.conversation_id, "-o", str(path), "--database", str(database)
    )
    assert done.returncode == 0, done.stderr
    done = grok_tree("import", str(path), "--database", str(copy))
    assert done.returncode == 0, done.stderr
    async with AsyncClient(database=copy, model="scripted/echo") as client:
        (imported,) = await client.grok.list_conversations()
        assert await reopened(client, imported) == [text]


async def test_conversations_with_long_prompts_come_in_small_pages(client: AsyncClient) -> None:
    for _ in range(9):
        conversation = client.grok.create_conversation(system_prompt="x" * MAX_FIELD_BYTES)
        await conversation.create()

    assert len(await client.grok.list_conversations()) == MIB // 2 // MAX_FIELD_BYTES
    assert len([one async for one in client.grok.iter_conversations()]) == 9
