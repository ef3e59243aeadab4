"""What comes beside the text: files, calls of tools, searches, sources, images."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from grok_tree import AsyncClient, Attachment, Client, Tool
from grok_tree.errors import AttachmentNotFound, InvalidOperationError, SamplerRefused
from grok_tree.forest import (
    Citation,
    Cited,
    Ended,
    Finished,
    Pictured,
    Reasoning,
    Searched,
    Token,
    ToolCall,
    ToolCalled,
)
from grok_tree.samplers import Sampler
from grok_tree.testing import PlayedSampler
from tests.faults._watched import watched_server

pytestmark = pytest.mark.anyio

CALL = ToolCall(call_id="call-1", name="weather", arguments='{"place": "Oslo"}')
SOURCE = Citation(url="https://example.org/sky", title="Skies", begin=0, end=3)
PIXELS = b"\x89PNG pixels"
EVENTS = (
    Reasoning("let me look"),
    Searched("sky  colour", "web"),
    Searched("sky", "x"),
    Token("It"),
    Token(" is"),
    ToolCalled(CALL),
    Cited(SOURCE),
    Pictured(Attachment(media_type="image/png", name="sky.png"), data=PIXELS),
    Finished(finish_reason="tool_calls", encrypted_reasoning="opaque", provenance={"model": "it"}),
)
WEATHER = Tool(name="weather", description="looks", parameters='{"type": "object"}')

Serve = Callable[[Sampler], AbstractAsyncContextManager[AsyncClient]]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    @asynccontextmanager
    async def serving(sampler: Sampler) -> AsyncIterator[AsyncClient]:
        database = tmp_path / "forests.db"
        async with (
            watched_server(database, sampler) as server,
            AsyncClient(server.address, mirror=False) as client,
        ):
            yield client

    return serving


async def test_parts_are_seen_as_they_come_and_kept_with_the_answer(serve: Serve) -> None:
    async with serve(PlayedSampler(EVENTS)) as client:
        conversation = client.grok.create_conversation()
        sampling = conversation.add_response("Look.", tools=[WEATHER])
        seen = [event async for event in sampling.events()]
        answer = await sampling
        assert ToolCalled(CALL) in seen
        assert Cited(SOURCE) in seen
        assert Searched("sky colour", "web") in seen
        assert (answer.query, answer.query_type) == ("sky colour\nsky", "web\nx")
        assert answer.tool_calls == (CALL,)
        assert answer.citations == (SOURCE,)
        assert answer.settings.tools == (WEATHER,)
        assert answer.value.encrypted_reasoning == "opaque"
        (image,) = answer.attachments
        assert await client.files.read(image) == PIXELS


async def test_an_attached_reader_sees_the_same_parts(serve: Serve) -> None:
    async with serve(PlayedSampler(EVENTS)) as client:
        answer = await client.grok.create_conversation().add_response("Look.")
        seen = [event async for event in answer.attach().events()]
        assert ToolCalled(CALL) in seen
        assert [event for event in seen if isinstance(event, Searched)] == [
            Searched("sky colour", "web"),
            Searched("sky", "x"),
        ]
        (ended,) = (event for event in seen if isinstance(event, Ended))
        assert ended.response == answer.value


async def test_a_model_is_shown_what_was_attached_and_what_it_thought(serve: Serve) -> None:
    sampler = PlayedSampler(EVENTS)
    async with serve(sampler) as client:
        image = await client.files.upload(PIXELS, name="sky.png")
        conversation = client.grok.create_conversation()
        answer = await conversation.add_response("What is this?", attachments=[image])
        assert answer.parent_response is not None
        assert answer.parent_response.attachments == (image,)
        await answer.reply("And now?")
        first, second = sampler.paths
        assert first[-1].attachments == (image,)
        assert await sampler.prompts[0].load_file(image.file_id) == PIXELS
        assert second[1].tool_calls == (CALL,)
        assert second[1].encrypted_reasoning == "opaque"
        assert {prompt.conversation_id for prompt in sampler.prompts} == {
            conversation.conversation_id
        }


async def test_an_unknown_file_is_refused_before_anything_is_stored(serve: Serve) -> None:
    async with serve(PlayedSampler(EVENTS)) as client:
        conversation = client.grok.create_conversation()
        missing = Attachment(file_id="0" * 64)
        with pytest.raises(AttachmentNotFound, match="upload"):
            await conversation.add_response("What is this?", attachments=[missing])
        with pytest.raises(InvalidOperationError, match="neither"):
            await conversation.add_response("What?", attachments=[Attachment(url="file:///x")])
        await conversation.refresh()
        assert len(conversation.forest) == 0


async def test_a_model_without_eyes_refuses_images(serve: Serve) -> None:
    async with serve(PlayedSampler(EVENTS, capabilities=["stop"])) as client:
        image = await client.files.upload(PIXELS, name="sky.png")
        with pytest.raises(SamplerRefused, match="images"):
            await client.grok.create_conversation().add_response("Look.", attachments=[image])


async def test_a_tool_answers_by_a_response_of_its_own(serve: Serve) -> None:
    sampler = PlayedSampler(EVENTS)
    async with serve(sampler) as client:
        conversation = client.grok.create_conversation()
        answer = await conversation.add_response("Weather?", tools=[WEATHER])
        result = await answer.add_tool_results({CALL.call_id: "rain"})
        assert (result.sender, result.value.tool_call_id) == ("tool", "call-1")
        last = await conversation.add_response("")
        assert last.parent_response is result
        assert [turn.sender for turn in sampler.paths[-1]] == ["human", "assistant", "tool"]
        assert sampler.paths[-1][-1].tool_call_id == "call-1"


async def test_a_result_of_a_tool_that_nobody_called_is_refused(serve: Serve) -> None:
    async with serve(PlayedSampler(EVENTS)) as client:
        answer = await client.grok.create_conversation().add_response("Weather?")
        with pytest.raises(InvalidOperationError, match="call-1"):
            await answer.add_tool_results({"call-9": "rain"})


def test_files_in_a_blocking_program(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("a note")
    with Client(database=tmp_path / "forests.db") as client:
        kept = client.files.upload(path)
        assert (kept.name, kept.media_type, kept.n_bytes) == ("notes.txt", "text/plain", 6)
        assert client.files.read(kept.file_id) == b"a note"
        assert client.files.list() == [kept]
        client.files.delete(kept)
        with pytest.raises(AttachmentNotFound):
            client.files.read(kept)


def test_a_large_file_goes_both_ways(tmp_path: Path) -> None:
    data = bytes(range(256)) * (16 * 1024 * 1024 // 256)
    with Client(database=tmp_path / "forests.db") as client:
        assert client.files.read(client.files.upload(data)) == data
        with pytest.raises(InvalidOperationError, match="16,777,217 bytes"):
            client.files.upload(data + b"!")


def test_a_file_of_a_response_stays(tmp_path: Path) -> None:
    with Client(database=tmp_path / "forests.db") as client:
        kept = client.files.upload(PIXELS, name="sky.png")
        draft_owner = client.grok.create_conversation(model_name="scripted/echo")
        with pytest.raises(SamplerRefused, match="images"):
            draft_owner.add_response("Look.", attachments=[kept]).result()
        client.files.delete(kept)
        assert client.files.list() == []
