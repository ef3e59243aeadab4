"""L1: whoever leaves a stream, and however, the model stops at once and what came is kept."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from grok_tree import AsyncClient, Sampling
from tests.faults._figures import Shown
from tests.faults._servers import calls_to, everything
from tests.faults._watched import WatchedSampler, is_prefix, watched_server
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

LONGEST_S = 0.5
N_TOKENS = 3
"""Read before leaving."""
N_WORDS_SAVED = 100
"""More than what is saved at once, so that the model must have gone on."""


@dataclass
class Stage:
    """A server with a watched model, and a client of it."""

    host: str
    sampler: WatchedSampler
    client: AsyncClient


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    sampler = WatchedSampler()
    async with (
        watched_server(tmp_path / "forests.db", sampler) as server,
        AsyncClient(server.address) as client,
    ):
        yield Stage(server.address, sampler, client)


async def read_some(sampling: Sampling) -> None:
    n_read = 0
    async for _ in sampling:
        n_read += 1
        if n_read == N_TOKENS:
            return


async def leave_by_break(sampling: Sampling) -> float:
    async for _ in sampling:
        break
    return time.monotonic()


async def leave_by_aclose(sampling: Sampling) -> float:
    stream = aiter(sampling)
    await anext(stream)
    await stream.aclose()
    return time.monotonic()


async def leave_by_cancel(sampling: Sampling) -> float:
    await read_some(sampling)
    begun = time.monotonic()
    await sampling.cancel()
    return begun


async def leave_by_block(sampling: Sampling) -> float:
    async with sampling:
        await read_some(sampling)
        return time.monotonic()


async def leave_by_cancelled_task(sampling: Sampling) -> float:
    async def read() -> None:
        async for _ in sampling:
            pass

    task = asyncio.get_running_loop().create_task(read())
    await sampling._call.log.wait_beyond(N_TOKENS)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return time.monotonic()


Leave = Callable[[Sampling], Awaitable[float]]
WAYS: list[Leave] = [
    leave_by_break,
    leave_by_aclose,
    leave_by_cancel,
    leave_by_block,
    leave_by_cancelled_task,
]


async def test_leaving_in_this_program_stops_the_model_at_once(stage: Stage, shown: Shown) -> None:
    n_each = shown.numbers["leavings"] // len(WAYS)
    shown.doing("L1", f"{n_each} times each: {', '.join(way.__name__[9:] for way in WAYS)}")
    took: list[float] = []
    for way in WAYS:
        for number in range(n_each):
            conversation = stage.client.grok.create_conversation()
            asked = f"{way.__name__} {number}"
            left_at = await way(conversation.add_response(asked))
            took.append(await stage.sampler.stopped(asked) - left_at)
            await assert_kept(stage, conversation.conversation_id)
    assert max(took) <= LONGEST_S * shown.numbers.patience
    shown.kept(f"{len(took)} of {len(took)} stopped in {max(took) * 1_000:.0f} ms at most")


async def assert_kept(stage: Stage, conversation_id: str) -> None:
    """Check that the answer was kept as a partial response with its text, and who ended it."""
    async with calls_to(stage.host) as calls:
        with anyio.fail_after(PATIENCE_S):
            while True:
                _, answer = await everything(calls, conversation_id)
                if answer.finish_reason:
                    break
    assert answer.partial
    assert answer.finish_reason in ("cancelled", "disconnected")
    assert is_prefix(answer.message)
    assert answer.message


PROGRAM = """
import asyncio, sys
from grok_tree import AsyncClient

async def read(client, asked):
    n_read = 0
    async for _ in client.grok.create_conversation().add_response(asked):
        n_read += 1
        if n_read == 3:
            print(asked, flush=True)

async def main(host, n_streams, name):
    async with AsyncClient(host) as client, asyncio.TaskGroup() as tasks:
        for number in range(n_streams):
            tasks.create_task(read(client, f"{name} {number}"))

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""


@pytest.mark.parametrize(
    ("sent", "what"),
    [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM"), (signal.SIGKILL, "kill -9")],
    ids=["ctrl-c", "sigterm", "sigkill"],
)
async def test_ending_a_program_stops_its_models_at_once(
    stage: Stage, shown: Shown, sent: signal.Signals, what: str
) -> None:
    n_streams = shown.numbers["leavings"] // 5
    shown.doing("L1", f"{what} of a program that reads {n_streams} streams")
    command = [sys.executable, "-c", PROGRAM, stage.host, str(n_streams), what]
    program = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    asked = await read_lines(program, n_streams)
    left_at = time.monotonic()
    program.send_signal(sent)
    await program.communicate()
    took = [await stage.sampler.stopped(one) - left_at for one in asked]
    assert max(took) <= LONGEST_S * shown.numbers.patience
    assert stage.sampler.n_running == 0
    for conversation in await stage.client.grok.list_conversations():
        await assert_kept(stage, conversation.conversation_id)
    shown.kept(f"{n_streams} of {n_streams} stopped in {max(took) * 1_000:.0f} ms at most")


async def read_lines(program: Process, n: int) -> list[str]:
    assert program.stdout is not None
    return [(await program.stdout.readline()).decode().strip() for _ in range(n)]


async def test_a_detached_sampling_goes_on(stage: Stage) -> None:
    async with AsyncClient(stage.host) as client:
        conversation = client.grok.create_conversation()
        await read_some(conversation.add_response("detached", detach=True))
    async with calls_to(stage.host) as calls:
        _, before = await everything(calls, conversation.conversation_id)
        with anyio.fail_after(PATIENCE_S):
            while True:
                _, after = await everything(calls, conversation.conversation_id)
                if len(after.message.split()) > len(before.message.split()) + N_WORDS_SAVED:
                    break
    assert stage.sampler.n_running == 1
