"""L2: a server that has frozen, or a network that is gone, is noticed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from grok_tree import AsyncClient, Client
from grok_tree.errors import ConnectionFailedError, GrokTreeError, SamplingInterrupted
from grok_tree.testing import server_process
from tests.faults._figures import Shown
from tests.faults._proxy import proxy_to

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

LONGEST_S = 20.0


async def test_a_frozen_server_is_noticed_with_default_settings(
    tmp_path: Path, shown: Shown
) -> None:
    shown.doing("L2", "SIGSTOP of a server, and a proxy that freezes, under streams and calls")
    took: dict[str, float] = {}
    with server_process(tmp_path / "forests.db") as server:
        async with proxy_to(server.host) as proxy:
            for name, host in (("stopped", server.host), ("frozen", proxy.host)):
                async with AsyncClient(host, mirror=False) as client:
                    await freeze_under(client, name, took, server.pid, proxy.freeze)
                os.kill(server.pid, signal.SIGCONT)
    assert set(took) == {"stopped stream", "stopped call", "frozen stream", "frozen call"}
    assert max(took.values()) <= LONGEST_S
    shown.kept(", ".join(f"{name} {took_s:.1f} s" for name, took_s in took.items()))


async def freeze_under(
    client: AsyncClient, name: str, took: dict[str, float], pid: int, freeze: Callable[[], None]
) -> None:
    conversation = client.grok.create_conversation(model_name="scripted/slow")
    sampling = conversation.add_response("word " * 1_000)
    stream = aiter(sampling)
    await anext(stream)

    async def read() -> None:
        async for _ in stream:
            pass

    async with anyio.create_task_group() as tasks:
        if name == "stopped":
            os.kill(pid, signal.SIGSTOP)
        else:
            freeze()
        tasks.start_soon(until_noticed, read, f"{name} stream", took)
        tasks.start_soon(until_noticed, conversation.refresh, f"{name} call", took)


async def until_noticed(
    call: Callable[[], Awaitable[None]], name: str, took: dict[str, float]
) -> None:
    begun = time.monotonic()
    with pytest.raises((ConnectionFailedError, SamplingInterrupted)):
        await call()
    took[name] = time.monotonic() - begun


async def test_a_frozen_server_is_noticed_by_a_blocking_client(tmp_path: Path) -> None:
    def refresh() -> float:
        with Client(server.host, mirror=False) as client:
            conversation = client.grok.create_conversation()
            conversation.create()
            os.kill(server.pid, signal.SIGSTOP)
            begun = time.monotonic()
            with pytest.raises(GrokTreeError):
                conversation.refresh()
            os.kill(server.pid, signal.SIGCONT)
            return time.monotonic() - begun

    with server_process(tmp_path / "forests.db") as server:
        assert await to_thread.run_sync(refresh) <= LONGEST_S
