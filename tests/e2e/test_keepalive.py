"""A peer that froze is noticed by pings, from both sides, and pings themselves disturb nobody.

The times of the real settings (pings after 10 s of silence, 4 s for their answer) are scaled down
here; `tests/faults/test_frozen.py` measures the real ones.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from grok_tree import AsyncClient
from grok_tree.errors import SamplingInterrupted, ServerUnavailable
from grok_tree.testing import running_server
from tests.faults._proxy import Proxy, proxy_to

pytestmark = pytest.mark.anyio

SCALE = 10
SOON = [
    ("grpc.keepalive_time_ms", 10_000 // SCALE),
    ("grpc.keepalive_timeout_ms", 4_000 // SCALE),
    ("grpc.http2.ping_timeout_ms", 4_000 // SCALE),
    ("grpc.min_reconnect_backoff_ms", 2_000 // SCALE),
]
TOLERANT = [
    ("grpc.http2.min_ping_interval_without_data_ms", 9_000 // SCALE),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 9_000 // SCALE),
]
NEVER = [("grpc.keepalive_time_ms", 3_600_000)]
LONGEST_S = 20 / SCALE + 20
"""... and what a busy machine may add; without pings it would take for ever."""


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[Proxy]:
    options = [*TOLERANT, *NEVER]
    with running_server(tmp_path / "forests.db", grpc_options=options) as server:
        async with proxy_to(server.address) as opened:
            yield opened


async def test_a_stream_without_tokens_notices_that_the_network_is_gone(proxy: Proxy) -> None:
    async with AsyncClient(proxy.host, channel_options=SOON, mirror=False) as client:
        conversation = client.grok.create_conversation(model_name="scripted/hang")
        sampling = conversation.add_response("hello")
        tokens = aiter(sampling)
        await anext(tokens)
        proxy.freeze()
        begun = time.monotonic()
        with pytest.raises(SamplingInterrupted):
            await sampling
        assert time.monotonic() - begun < LONGEST_S


async def test_a_call_notices_that_the_network_is_gone(proxy: Proxy) -> None:
    once = [*SOON, ("grpc.enable_retries", 0)]  # the pauses between attempts are not scaled
    async with AsyncClient(proxy.host, channel_options=once, mirror=False) as client:
        conversation = client.grok.create_conversation()
        await conversation.create()
        proxy.freeze()
        begun = time.monotonic()
        with pytest.raises(ServerUnavailable):
            await conversation.set_title("new")
        assert time.monotonic() - begun < LONGEST_S


async def test_a_client_that_pings_as_often_as_ours_is_not_cut(proxy: Proxy) -> None:
    async with AsyncClient(proxy.host, channel_options=SOON, mirror=False) as client:
        conversation = client.grok.create_conversation(model_name="scripted/hang")
        sampling = conversation.add_response("hello")
        tokens = aiter(sampling)
        await anext(tokens)
        with anyio.move_on_after(60 / SCALE):  # a server that minds has said so by the third ping
            await sampling._call.log.wait_closed()
        assert sampling._call.runs
        assert proxy.n_connections == 1


FROZEN_PROGRAM = """
import asyncio, sys
from grok_tree import AsyncClient
async def main():
    async with AsyncClient(sys.argv[1], mirror=False) as client:
        conversation = client.grok.create_conversation(model_name="scripted/hang")
        async for token in conversation.add_response("hello"):
            print(conversation.conversation_id, flush=True)
asyncio.run(main())
"""


async def test_a_frozen_program_is_noticed_and_its_model_stopped(tmp_path: Path) -> None:
    with running_server(tmp_path / "forests.db", grpc_options=SOON) as server:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FROZEN_PROGRAM, server.address, stdout=PIPE
        )
        assert program.stdout is not None
        conversation_id = (await program.stdout.readline()).decode().strip()
        program.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        async with AsyncClient(server.address, mirror=False) as client:
            conversation = await client.grok.get_conversation(conversation_id)
            growing = conversation.root_responses[0].children[0]
            with anyio.fail_after(LONGEST_S):
                while growing.finish_reason is None:
                    await growing.refresh()
        assert time.monotonic() - begun < LONGEST_S
        assert (growing.message, growing.finish_reason) == ("waiting", "disconnected")
        program.kill()
        await program.wait()
