"""L6: a server does not grow with what it has served."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anyio
import grpc.aio
import pytest

from grok_tree.wire import pb
from tests.faults._figures import Shown
from tests.faults._servers import Phoenix, calls_to, everything, new_request_id
from tests.faults._watched import WatchedSampler, watched_server
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

N_CLIENTS = 8
MORE_MEMORY = 1.05
FEW = 4
"""Descriptors and threads that may come and go."""


async def new_conversation(calls: Any) -> str:
    request = pb.CreateConversationRequest(request_id=new_request_id())
    created: str = (await calls.CreateConversation(request)).conversation_id
    return created


def sampling(conversation: str, model: str) -> pb.SampleRequest:
    return pb.SampleRequest(
        request_id=new_request_id(),
        conversation_id=conversation,
        message="go on",
        model_name=model,
    )


def state_of(pid: int) -> tuple[int, int, int]:
    """Return resident bytes, open descriptors and threads of a process."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    facts = dict(line.split(":", 1) for line in status)
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return int(facts["VmRSS"].split()[0]) * 1024, descriptors, int(facts["Threads"])


async def test_a_server_does_not_grow_with_what_it_has_served(tmp_path: Path, shown: Shown) -> None:
    n_calls, n_aborted = shown.numbers["calls"], shown.numbers["aborted_streams"]
    shown.doing("L6", f"{n_calls:,} calls and {n_aborted:,} streams that were left")
    phoenix = Phoenix(tmp_path / "forests.db")
    with phoenix:
        assert phoenix.server is not None
        pid = phoenix.server.pid
        await _open_every_door(phoenix.host)
        await _serve(phoenix.host, n_calls // 2, n_aborted // 2)
        before = state_of(pid)
        await _serve(phoenix.host, n_calls // 2, n_aborted // 2)
        after = state_of(pid)
    grown = after[0] / before[0]
    assert grown <= MORE_MEMORY
    assert after[1] <= before[1] + FEW
    assert after[2] <= before[2] + FEW
    shown.kept(
        f"the second half: memory {grown:.3f}x ({after[0] / 2**20:.0f} MiB),"
        f" descriptors {before[1]} -> {after[1]}, threads {before[2]} -> {after[2]}"
    )


async def test_no_task_outlives_its_call(tmp_path: Path) -> None:
    async with watched_server(tmp_path / "forests.db", WatchedSampler()) as server:
        await _serve(server.address, 40, 4)
        before = len(asyncio.all_tasks())
        await _serve(server.address, 400, 40)
        async with calls_to(server.address) as calls:
            with anyio.fail_after(PATIENCE_S):
                while len(asyncio.all_tasks()) > before + FEW:
                    await calls.WhoAmI(pb.WhoAmIRequest())


async def _open_every_door(host: str) -> None:
    """Let the server import what it would import by itself in a while."""
    async with grpc.aio.insecure_channel(host) as channel:
        ask: Any = channel.unary_unary("/xai_api.Auth/get_api_key_info")
        await ask(b"")


async def _serve(host: str, n_calls: int, n_aborted: int) -> None:
    async with calls_to(host) as calls:
        home = await new_conversation(calls)
        stream = calls.Sample(sampling(home, "scripted/echo"))
        (answer,) = (await stream.read()).started.response_ids

        async def caller() -> None:
            for number in range(n_calls // N_CLIENTS):
                if number % 5:
                    await calls.GetResponses(pb.GetResponsesRequest(response_ids=[answer]))
                else:
                    mark = pb.MarkResponseRequest(
                        request_id=new_request_id(), response_id=answer, note=f"note {number}"
                    )
                    await calls.MarkResponse(mark)

        async with anyio.create_task_group() as tasks:
            for _ in range(N_CLIENTS):
                tasks.start_soon(caller)
        for _ in range(n_aborted):
            left = calls.Sample(sampling(home, "scripted/hang"))
            await left.read()
            left.cancel()
        # Each of them is saved when its end has been noticed.
        while not await _all_ended(calls, home):
            pass


async def _all_ended(calls: Any, conversation: str) -> bool:
    found = await everything(calls, conversation)
    return all(one.finish_reason for one in found if one.partial)
