"""Many turns at once on one conversation: all are kept, in one order for everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from grok_tree import AsyncClient, Client, Conversation, Response

N = 64


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(database=tmp_path / "forests.db", model="scripted/echo") as opened:
        yield opened


async def replies(conversation: Conversation, parent: Response) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(N):
            tasks.start_soon(conversation.add_response(f"m{number}", parent=parent).result)


@pytest.mark.anyio
async def test_simultaneous_turns_all_survive_in_one_order(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("root")
    await replies(conversation, answer)
    fresh = await client.grok.get_conversation(conversation.conversation_id)

    known = [child.response_id for child in answer.children]
    assert len(known) == N
    assert [child.response_id for child in fresh.get_children(answer.response_id)] == known


@pytest.mark.anyio
async def test_after_simultaneous_turns_handle_and_server_have_the_same_leaf(
    client: AsyncClient,
) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("root")
    await replies(conversation, answer)
    fresh = await client.grok.get_conversation(conversation.conversation_id)

    assert conversation.leaf is not None
    assert fresh.leaf is not None
    assert conversation.leaf.response_id == fresh.leaf.response_id


@pytest.mark.anyio
async def test_siblings_that_fail_together_leave_the_leaf_alone(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation()
    answer = await conversation.add_response("root")
    group = answer.resample_many(3, model_name="scripted/fail-1")
    async for _ in group.events():
        pass
    fresh = await client.grok.get_conversation(conversation.conversation_id)

    assert conversation.leaf is answer
    assert fresh.leaf is not None
    assert fresh.leaf.response_id == answer.response_id
    assert [sibling.partial for sibling in answer.siblings] == [True] * 3


@pytest.mark.anyio
async def test_a_stream_may_be_read_by_several(client: AsyncClient) -> None:
    conversation = client.grok.create_conversation(model_name="scripted/words-20")
    sampling = conversation.add_response("hello")
    seen: list[list[str]] = []

    async def read() -> None:
        seen.append([token async for token in sampling])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        tasks.start_soon(read)

    assert seen[0] == seen[1]
    assert "".join(seen[0]) == (await sampling).message


def test_a_client_serves_one_event_loop_after_the_other(tmp_path: Path) -> None:
    client = AsyncClient(database=tmp_path / "forests.db", model="scripted/echo")

    async def ask(text: str) -> str:
        return (await client.grok.create_conversation().add_response(text)).message

    assert [anyio.run(ask, "one"), anyio.run(ask, "two")] == ["echo: one", "echo: two"]
    anyio.run(client.close)


def test_a_blocking_client_serves_many_threads(tmp_path: Path) -> None:
    with Client(database=tmp_path / "forests.db", model="scripted/echo") as client:
        conversation = client.grok.create_conversation()
        answer = conversation.add_response("root").result()
        with ThreadPoolExecutor(8) as threads:
            said = list(threads.map(lambda n: answer.reply(f"m{n}").result().message, range(N)))

        assert said == [f"echo: m{number}" for number in range(N)]
        assert len(answer.children) == N
