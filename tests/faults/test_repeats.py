"""C1: a request that is repeated has one effect and one answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import grpc
import grpc.aio
import pytest
from anyio import to_thread

from grok_tree.wire import pb
from tests.faults._figures import Shown
from tests.faults._proxy import proxy_to
from tests.faults._servers import Phoenix, calls_to, everything, heard, heard_to_the_end
from tests.faults._storm import ids_given, request_of

pytestmark = pytest.mark.anyio

N_PROCESSES = 4
STORM_LIMIT_S = 600
N_FOLLOWERS = 8


@pytest.fixture
def phoenix(tmp_path: Path) -> Iterator[Phoenix]:
    with Phoenix(tmp_path / "forests.db") as risen:
        yield risen


async def create(calls: Any) -> str:
    made = await heard(calls.CreateConversation, pb.CreateConversationRequest(request_id="begin"))
    return str(made.conversation_id)


async def test_the_same_requests_from_many_processes_have_one_effect(
    phoenix: Phoenix, shown: Shown
) -> None:
    n_sent = shown.numbers["repeats"]
    shown.doing("C1", f"{n_sent:,} requests, each sent by {N_PROCESSES} processes at once")
    n_requests = n_sent // N_PROCESSES
    async with calls_to(phoenix.host) as calls:
        conversation_id = await create(calls)
        answers = await to_thread.run_sync(_storms, phoenix.host, conversation_id, n_requests)
        found = await everything(calls, conversation_id)

    given = answers[0]
    assert all(answer == given for answer in answers)
    assert len(given) == n_requests
    there = [response.response_id for response in found]
    assert sorted(there) == sorted(one for ids in given.values() for one in ids)
    shown.kept(f"{n_requests:,} effects, the same answer for all, 0 duplicates")


def _storms(host: str, conversation_id: str, n_requests: int) -> list[dict[str, list[str]]]:
    command = [sys.executable, "-m", "tests.faults._storm", host, conversation_id, str(n_requests)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(N_PROCESSES)
    ]
    return [json.loads(process.communicate(timeout=STORM_LIMIT_S)[0]) for process in running]


async def test_a_request_whose_answer_was_lost_is_answered_by_the_next_server(
    phoenix: Phoenix, shown: Shown
) -> None:
    """The server commits and dies; what it said is dropped on the way."""
    n_lost = shown.numbers["lost_answers"]
    shown.doing("C1", f"{n_lost} answers lost between commit and kill, asked for again")
    async with calls_to(phoenix.host) as calls:
        conversation_id = await create(calls)
        for number in range(n_lost):
            await _commit_and_die(phoenix, calls, request_of(number, conversation_id))
        found = await everything(calls, conversation_id)

    said = [response.message for response in found if response.sender == "human"]
    assert said == [f"storm says {number}" for number in range(n_lost)]
    assert len(found) == n_lost + len(range(0, n_lost, 3))
    shown.kept("the first answer every time, 0 duplicates")


async def _commit_and_die(phoenix: Phoenix, calls: Any, request: Any) -> None:
    async with proxy_to(phoenix.host) as proxy, calls_to(proxy.host) as deaf:
        await heard(deaf.WhoAmI, pb.WhoAmIRequest())
        proxy.mute()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_never_heard, deaf, request)
            committed = await _wait_for_text(calls, request)
            await to_thread.run_sync(phoenix.kill)
            proxy.cut()
            await to_thread.run_sync(phoenix.start)
            tasks.cancel_scope.cancel()
    assert (await ids_given(calls, request))[0] == committed


async def _never_heard(calls: Any, request: Any) -> None:
    streams = isinstance(request, pb.SampleRequest)
    call = calls.Sample(request) if streams else calls.AddResponses(request)
    with pytest.raises(grpc.aio.AioRpcError):
        await (call.read() if streams else call)


async def _wait_for_text(calls: Any, request: Any) -> str:
    """Return the id of what a request has stored, as soon as it is there."""
    adds = isinstance(request, pb.AddResponsesRequest)
    text = request.drafts[0].message if adds else request.message
    while True:
        for response in await everything(calls, request.conversation_id):
            if response.message == text:
                return response.response_id


async def test_a_request_id_that_comes_with_another_request_is_refused(phoenix: Phoenix) -> None:
    async with calls_to(phoenix.host) as calls:
        conversation_id = await create(calls)
        await ids_given(calls, request_of(1, conversation_id))
        other = request_of(2, conversation_id)
        other.request_id = request_of(1, conversation_id).request_id
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await heard(calls.AddResponses, other)
        (only,) = await everything(calls, conversation_id)

    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert only.message == "storm says 1"


async def test_a_repeat_of_a_sampling_follows_the_first_one(phoenix: Phoenix) -> None:
    async with calls_to(phoenix.host) as calls:
        request = request_of(0, await create(calls))
        request.model_name = "scripted/words-500"
        told: list[list[pb.SampleEvents]] = []

        async def follow() -> None:
            told.append(await heard_to_the_end(calls.Sample, request))

        async with anyio.create_task_group() as tasks:
            for _ in range(N_FOLLOWERS):
                tasks.start_soon(follow)

    ended = [one.response for events in told for packed in events for one in packed.ended]
    assert len(ended) == len(told) == N_FOLLOWERS
    assert len({response.response_id for response in ended}) == 1
    assert {len(response.message.split()) for response in ended} == {500}
