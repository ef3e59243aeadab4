"""The mirror under faults: killed and cut in the middle of copying, and little on the wire."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio.lowlevel
import pytest

from grok_tree import AsyncClient, Client
from grok_tree.client import mirror_folder, verify_mirrors
from grok_tree.errors import ServerUnavailable
from grok_tree.forest import ResponseDraft
from grok_tree.server import RunningServer
from grok_tree.testing import running_server
from tests.faults._proxy import proxy_to

READER = """
import sys
import grok_tree.client._mirror_copy as copying
from grok_tree import Client

copying.BATCH_RESPONSES = 200
with Client(sys.argv[1]) as client:
    print("begins", flush=True)
    client.grok.get_conversation(sys.argv[2])
    print("done", flush=True)
"""
N_RESPONSES = 6_000
MOST_BYTES_OF_NEWS = 6_000
"""What a few changes may take on the wire, beside N_RESPONSES that did not change."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server") / "forests.db") as running:
        yield running


@pytest.fixture(scope="module")
def conversation_id(server: RunningServer) -> str:
    """A large conversation in which roots have changed later than what is below them."""
    with Client(server.address, mirror=False) as client:
        conversation = client.grok.create_conversation()
        for start in range(0, N_RESPONSES, 1_000):
            drafts = [
                ResponseDraft(
                    sender="human",
                    message=f"response {start + number} " + "x" * 100,
                    parent_index=number // 2 if number else None,
                )
                for number in range(1_000)
            ]
            conversation.add_drafts(drafts)
        for root in conversation.root_responses[:3]:
            root.star()
        return conversation.conversation_id


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))]
)
def test_a_copy_that_was_killed_goes_on_and_is_whole(
    server: RunningServer, conversation_id: str, seed: int
) -> None:
    command = [sys.executable, "-c", READER, server.address, conversation_id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "begins\n"
        try:
            reader.wait(timeout=random.Random(seed).uniform(0.3, 1.2))
        except subprocess.TimeoutExpired:
            reader.kill()
    assert {state.state for state in verify_mirrors()} <= {"ok"}
    with Client(server.address) as client, Client(server.address, mirror=False) as plain:
        mirrored = client.grok.get_conversation(conversation_id).forest
        wanted = plain.grok.get_conversation(conversation_id).forest
        assert list(mirrored.parent_numbers) == list(wanted.parent_numbers)
        assert list(mirrored) == list(wanted)


@pytest.mark.anyio
async def test_half_a_copy_is_never_shown_as_the_whole(
    server: RunningServer, conversation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grok_tree.client._mirror_copy.BATCH_RESPONSES", 200)
    async with proxy_to(server.address) as proxy:
        proxy.bytes_per_s = 1_000_000
        client = AsyncClient(proxy.host, channel_options=[("grpc.enable_retries", 0)])
        loading = asyncio.create_task(client.grok.get_conversation(conversation_id))
        while proxy.n_replied_bytes < N_RESPONSES * 100:
            await anyio.lowlevel.checkpoint()
    try:
        with pytest.raises(ServerUnavailable):
            await loading
        (path,) = mirror_folder().glob("*.db")
        assert 0 < count_responses(path) < N_RESPONSES
        with pytest.raises(ServerUnavailable, match="never loaded completely"):
            await client.grok.get_conversation(conversation_id)
    finally:
        await client.close()


@pytest.mark.anyio
async def test_only_what_changed_travels(server: RunningServer, conversation_id: str) -> None:
    async with proxy_to(server.address) as proxy:
        async with AsyncClient(proxy.host) as client:
            await client.grok.get_conversation(conversation_id)
        everything = proxy.n_replied_bytes
        assert everything > N_RESPONSES * 100

        async with AsyncClient(proxy.host) as client:  # another program, later
            conversation = await client.grok.get_conversation(conversation_id)
            assert proxy.n_replied_bytes - everything < MOST_BYTES_OF_NEWS
            before = proxy.n_replied_bytes
            async with AsyncClient(server.address, mirror=False) as other:
                changed = await other.grok.get_conversation(conversation_id)
                await changed.root_responses[0].tag("news")
            await conversation.refresh()
            assert conversation.root_responses[0].tags == ("news",)
            assert proxy.n_replied_bytes - before < MOST_BYTES_OF_NEWS


def test_long_texts_are_in_the_mirror_whole(server: RunningServer) -> None:
    text = "å long text. " * 200_000
    with Client(server.address) as client:
        made = client.grok.create_conversation()
        stored = made.add_model_response(text)
        again = client.grok.get_conversation(made.conversation_id)
        assert again.get_response(stored.response_id).message == text
    (path,) = mirror_folder().glob("*.db")
    connection = sqlite3.connect(path)
    (kept,) = connection.execute("SELECT message FROM response").fetchone()
    connection.close()
    assert kept == text


def count_responses(path: Path) -> int:
    connection = sqlite3.connect(path)
    (found,) = connection.execute("SELECT count(*) FROM response").fetchone()
    connection.close()
    return int(found)
