"""Following a sampling from anywhere: another handle, another program, after a cut."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from grok_tree import AsyncClient, Client, Conversation
from grok_tree.errors import ResponseNotFound, SamplingInterrupted, SamplingNotFound
from grok_tree.forest import Ended, Started, Token
from grok_tree.testing import running_server, server_process
from tests.faults._proxy import Proxy, proxy_to
from tests.faults._servers import Phoenix
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

MESSAGE = " ".join(f"word{number}" for number in range(12))
ANSWER = f"echo: {MESSAGE}"


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[str]:
    with running_server(tmp_path / "forests.db", model="scripted/slow") as server:
        yield server.address


@pytest.fixture
async def client(host: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(host) as opened:
        yield opened


async def begun(conversation: Conversation) -> str:
    """Begin a detached sampling, read a word of it, and return its id."""
    sampling = conversation.add_response(MESSAGE, detach=True)
    async for _ in sampling:
        break
    return sampling.sampling_id


async def test_a_growing_answer_of_another_program_is_followed_to_its_end(
    client: AsyncClient, host: str
) -> None:
    conversation = client.grok.create_conversation()
    await begun(conversation)

    async with AsyncClient(host) as other:
        opened = await other.grok.get_conversation(conversation.conversation_id)
        growing = opened.root_responses[0].children[0]
        assert growing.partial
        attached = growing.attach()
        words = [token async for token in attached]
        answer = await attached
        assert answer is growing
        assert opened.leaf is growing
    assert "".join(words) == answer.message == ANSWER
    assert len(words) > 6
    assert not answer.partial


async def test_a_sampling_is_found_by_its_id(client: AsyncClient, host: str) -> None:
    sampling_id = await begun(client.grok.create_conversation())
    async with AsyncClient(host) as other:
        for _ in ("running", "ended"):
            group = await other.grok.attach(sampling_id)
            assert group.sampling_id == sampling_id
            assert group.human_response is not None
            assert group.human_response.message == MESSAGE
            texts = [text async for _, text in group]
            (answer,) = await group
            assert "".join(texts) == answer.message == ANSWER


async def test_one_sibling_is_followed_alone(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    group = conversation.add_responses("a b c", 3, detach=True)
    async for _ in group:
        break
    await conversation.refresh()
    growing = conversation.root_responses[0].children[1]
    events = [event async for event in growing.attach().events()]
    assert isinstance(events[0], Started)
    assert events[0].response_ids == (growing.response_id,)
    assert "".join(e.text for e in events if isinstance(e, Token)) == "echo: a b c"
    assert [e.response.response_id for e in events if isinstance(e, Ended)] == [growing.response_id]
    await group


async def test_leaving_an_attached_stream_leaves_the_model_to_others(
    client: AsyncClient, host: str
) -> None:
    conversation = client.grok.create_conversation()
    sampling = conversation.add_response(MESSAGE)
    tokens = aiter(sampling)
    await anext(tokens)
    async with AsyncClient(host) as other:
        async with await other.grok.attach(sampling.sampling_id) as group:
            async for _ in group:
                break
        with pytest.raises(SamplingInterrupted, match="attach"):
            await group
    assert (await sampling).message == ANSWER


async def test_an_attached_reader_can_cancel(client: AsyncClient, host: str) -> None:
    sampling_id = await begun(client.grok.create_conversation())
    async with AsyncClient(host) as other:
        (answer,) = await (await other.grok.attach(sampling_id)).cancel()
    assert answer.finish_reason == "cancelled"
    assert ANSWER.startswith(answer.message)


async def test_what_is_not_there_is_named(client: AsyncClient) -> None:
    with pytest.raises(SamplingNotFound, match="nobody"):
        await client.grok.attach("nobody")
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("hi")
    await answer.delete()
    with pytest.raises(ResponseNotFound):
        await answer.attach()


@asynccontextmanager
async def proxied(target: str) -> AsyncIterator[tuple[Proxy, AsyncClient]]:
    async with proxy_to(target) as proxy, AsyncClient(proxy.host) as client:
        yield proxy, client


async def test_a_detached_sampling_is_followed_on_after_a_cut(host: str) -> None:
    async with proxied(host) as (proxy, client):
        sampling = client.grok.create_conversation().add_response(MESSAGE, detach=True)
        tokens: list[str] = []
        async for token in sampling:
            tokens.append(token)
            if len(tokens) in (2, 5):
                proxy.cut()
        assert "".join(tokens) == ANSWER == (await sampling).message
        assert proxy.n_connections == 3


async def test_a_cut_stops_what_is_not_detached_and_says_what_was_kept(host: str) -> None:
    async with proxied(host) as (proxy, client):
        conversation = client.grok.create_conversation()
        sampling = conversation.add_response(MESSAGE)
        tokens = aiter(sampling)
        await anext(tokens)
        proxy.cut()
        with pytest.raises(SamplingInterrupted) as caught:
            await sampling
        assert caught.value.partial
        assert ANSWER.startswith(caught.value.partial)
        kept = await conversation.fetch_response(str(caught.value.response_id))
        while kept.finish_reason is None:
            await kept.refresh()
        assert kept.finish_reason == "disconnected"


async def test_a_killed_server_ends_a_detached_sampling_with_what_was_saved(tmp_path: Path) -> None:
    with Phoenix(tmp_path / "forests.db", model="scripted/slow") as phoenix:
        async with AsyncClient(phoenix.host) as client:
            sampling = client.grok.create_conversation().add_response(MESSAGE, detach=True)
            tokens = aiter(sampling)
            await anext(tokens)
            await anyio.to_thread.run_sync(phoenix.kill)
            await anyio.to_thread.run_sync(phoenix.start)
            with pytest.raises(SamplingInterrupted, match="resume") as caught:
                await sampling
            assert ANSWER.startswith(caught.value.partial)
            group = await client.grok.attach(sampling.sampling_id)
            with pytest.raises(SamplingInterrupted):
                await group


BEGIN = """
import sys
from grok_tree import Client
client = Client(sys.argv[1])
conversation = client.grok.create_conversation()
sampling = conversation.add_response(sys.argv[2], detach=True)
next(iter(sampling))
print(sampling.sampling_id, flush=True)
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_program_that_was_killed_finds_its_sampling_again(tmp_path: Path) -> None:
    with server_process(tmp_path / "forests.db", model="scripted/slow") as server:
        command = [sys.executable, "-c", BEGIN, server.host, MESSAGE]
        killed = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        with Client(server.host) as client:
            group = client.grok.attach(killed.stdout.strip())
            words = [text for _, text in group]
            (answer,) = group.result()
            assert "".join(words) == answer.message == ANSWER
            assert [*answer.attach()] == [ANSWER]
            assert answer.attach().result().message == ANSWER
