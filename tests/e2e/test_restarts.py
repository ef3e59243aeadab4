"""A server that is started again within seconds is hardly noticed; time limits hold throughout."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import grpc
import grpc.aio
import pytest
from anyio import to_thread

from grok_tree import AsyncClient, Client, Conversation
from grok_tree.client._channel import RETRY_POLICY
from grok_tree.errors import DeadlineExceededError, SamplingInterrupted, ServerUnavailable
from grok_tree.testing import running_server
from tests.faults._proxy import proxy_to
from tests.faults._servers import Phoenix

pytestmark = pytest.mark.anyio

NOBODY = "127.0.0.1:1"
MOST_ATTEMPTS = 5


async def write(conversation: Conversation) -> None:
    await conversation.set_title("new")


async def read(conversation: Conversation) -> None:
    await conversation.load()


async def sample(conversation: Conversation) -> None:
    assert (await conversation.add_response("hello")).message == "echo: hello"


SLOWLY = {"initialBackoff": "1s", "backoffMultiplier": 2.5, "maxBackoff": "15s"}
PATIENT = json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": RETRY_POLICY | SLOWLY}]})
"""As many attempts as by default, with pauses for a server that starts on a busy machine."""


@pytest.mark.parametrize("work", [write, read, sample], ids=["write", "read", "sample"])
async def test_a_call_waits_for_a_server_that_is_started_again(
    tmp_path: Path, work: Callable[[Conversation], Coroutine[Any, Any, None]]
) -> None:
    with Phoenix(tmp_path / "forests.db") as phoenix:
        options = [("grpc.service_config", PATIENT)]
        async with AsyncClient(phoenix.host, channel_options=options, mirror=False) as client:
            conversation = client.grok.create_conversation()
            await conversation.create()
            phoenix.kill()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work, conversation)
                tasks.start_soon(to_thread.run_sync, phoenix.start)
            n_human = sum(response.sender == "human" for response in conversation.forest)
            assert n_human == (work is sample)


async def test_a_server_that_stays_away_is_named_after_some_attempts() -> None:
    async with AsyncClient(NOBODY, mirror=False) as client:
        begun = time.monotonic()
        with pytest.raises(ServerUnavailable, match=NOBODY):
            await client.grok.list_conversations()
        assert time.monotonic() - begun > 1.0


class Refusing(grpc.GenericRpcHandler):
    """A server that is always about to be started again, and counts who asks."""

    def __init__(self) -> None:
        self.n_asked = 0

    def service(self, _details: grpc.HandlerCallDetails) -> Any:
        return grpc.unary_unary_rpc_method_handler(self._refuse)

    async def _refuse(self, _request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        self.n_asked += 1
        await context.abort(grpc.StatusCode.UNAVAILABLE, "come back later")


@pytest.fixture
async def refusing() -> AsyncIterator[tuple[Refusing, str]]:
    handler, server = Refusing(), grpc.aio.server()
    server.add_generic_rpc_handlers([handler])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield handler, f"127.0.0.1:{port}"
    await server.stop(None)


NO_RETRIES = json.dumps({"methodConfig": [{"name": [{}]}]})


@pytest.mark.parametrize(
    "options",
    [[("grpc.enable_retries", 0)], [("grpc.service_config", NO_RETRIES)]],
    ids=["enable_retries", "service_config"],
)
async def test_repeats_can_be_turned_off(
    refusing: tuple[Refusing, str], options: list[tuple[str, Any]]
) -> None:
    server, address = refusing
    async with AsyncClient(address, channel_options=options, mirror=False) as client:
        with pytest.raises(ServerUnavailable):
            await client.grok.list_conversations()
    assert server.n_asked == 1


async def test_nothing_is_repeated_when_the_time_is_over(refusing: tuple[Refusing, str]) -> None:
    server, address = refusing
    async with AsyncClient(address, timeout=0.3, mirror=False) as client:
        with pytest.raises((DeadlineExceededError, ServerUnavailable)):
            await client.grok.list_conversations()
    assert server.n_asked < MOST_ATTEMPTS


async def test_a_clients_time_limit_holds_for_samplings_too(tmp_path: Path) -> None:
    with running_server(tmp_path / "forests.db", model="scripted/hang") as server:
        async with AsyncClient(server.address, timeout=1.5, mirror=False) as client:
            sampling = client.grok.create_conversation().add_response("hello")
            with pytest.raises(DeadlineExceededError) as caught:
                await sampling
            assert caught.value.details["partial"] == "waiting"
            patient = client.grok.create_conversation().add_response("hello", timeout=30)
            tokens = aiter(patient)
            await anext(tokens)
            with anyio.move_on_after(2.0) as moved_on:
                await patient._call.log.wait_closed()
            assert moved_on.cancelled_caught
            await patient.cancel()


async def test_all_attempts_to_follow_share_one_time_limit(tmp_path: Path) -> None:
    with running_server(tmp_path / "forests.db", model="scripted/slow") as server:
        async with (
            proxy_to(server.address) as proxy,
            AsyncClient(proxy.host, mirror=False) as client,
        ):
            begun = time.monotonic()
            message = "word " * 1_000
            conversation = client.grok.create_conversation()
            sampling = conversation.add_response(message, detach=True, timeout=1.5)
            n_words = 0
            with pytest.raises((DeadlineExceededError, SamplingInterrupted)):  # noqa: PT012
                async for _ in sampling:
                    n_words += 1
                    if n_words % 5 == 0:
                        proxy.cut()
            assert time.monotonic() - begun < 20.0, "the whole answer takes 50 s"
            assert proxy.n_connections > 2


def test_a_blocking_client_waits_too(tmp_path: Path) -> None:
    with Phoenix(tmp_path / "forests.db") as phoenix, Client(phoenix.host, mirror=False) as client:
        conversation = client.grok.create_conversation()
        conversation.create()
        phoenix.kill()
        phoenix.start()
        conversation.set_title("new")
        assert client.grok.get_conversation(conversation.conversation_id).title == "new"
