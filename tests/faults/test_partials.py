"""R3: whoever dies in the middle of an answer, what came is kept and says who ended it."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import grpc.aio
import pytest
from anyio import to_thread

from grok_tree import AsyncClient, Conversation
from grok_tree.errors import SamplingInterrupted
from grok_tree.forest import Response
from grok_tree.testing import server_process
from grok_tree.wire import pb
from tests.faults._figures import Shown
from tests.faults._piped import PipedSampler
from tests.faults._servers import Phoenix, calls_to, everything, heard, new_request_id
from tests.faults._watched import is_prefix, watched_server
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

N_STREAMS = 8
MOST_LOST_S = 0.5
BUSY_S = 0.25
"""What a busy machine may add until a word has reached its reader, or the disk."""

QUESTION = " ".join(f"word{number}" for number in range(2_000))
ANSWER = f"echo: {QUESTION}"


@dataclass
class Heard:
    """What a reader had of an answer, and when."""

    conversation_id: str
    arrived: list[tuple[float, str]] = field(default_factory=list)
    has_some: anyio.Event = field(default_factory=anyio.Event)

    def add(self, text: str) -> None:
        """Note that some text has come now."""
        self.arrived.append((time.monotonic(), text))
        self.has_some.set()

    def before(self, moment: float) -> str:
        """Return the text that had come by a moment."""
        return "".join(text for at, text in self.arrived if at <= moment)

    def __str__(self) -> str:
        return self.before(float("inf"))


async def listen(calls: Any, reader: Heard) -> None:
    """Read an answer until the stream breaks."""
    request = pb.SampleRequest(
        request_id=new_request_id(),
        conversation_id=reader.conversation_id,
        message=QUESTION,
        model_name="scripted/slow",
    )
    try:
        async for events in calls.Sample(request):
            for batch in events.tokens:
                reader.add(batch.text)
    except grpc.aio.AioRpcError:
        pass


async def test_a_killed_server_keeps_what_came_up_to_half_a_second(
    tmp_path: Path, shown: Shown
) -> None:
    n_kills = shown.numbers["killed_servers"]
    shown.doing("R3", f"{n_kills} kills of a server in mid-stream, {N_STREAMS} streams each")
    shortest: list[int] = []
    late_s = min(BUSY_S * shown.numbers.patience, 2.5)
    with Phoenix(tmp_path / "forests.db") as phoenix:
        for _ in range(n_kills):
            async with calls_to(phoenix.host) as calls:
                readers = [Heard(await new_conversation(calls)) for _ in range(N_STREAMS)]
                async with anyio.create_task_group() as tasks:
                    for reader in readers:
                        tasks.start_soon(listen, calls, reader)
                    await anyio.sleep(late_s + shown.random.uniform(0.5, 2.5))
                    killed_at = time.monotonic()
                    await to_thread.run_sync(phoenix.kill)
            await to_thread.run_sync(phoenix.start)
            async with calls_to(phoenix.host) as calls:
                certain = killed_at - MOST_LOST_S - late_s
                shortest += [await n_tokens_lost(calls, one, certain) for one in readers]
    shown.kept(
        f"{len(shortest)} of {len(shortest)} kept as failed, a prefix of the answer,"
        f" {max(shortest)} tokens short at most"
    )


async def new_conversation(calls: Any) -> str:
    request = pb.CreateConversationRequest(request_id=new_request_id())
    return str((await heard(calls.CreateConversation, request)).conversation_id)


async def n_tokens_lost(calls: Any, reader: Heard, certain: float) -> int:
    """Check that what had come by a certain moment was kept; return how many words are short."""
    _, kept = await everything(calls, reader.conversation_id)
    assert kept.partial
    assert kept.finish_reason == "failed"
    assert ANSWER.startswith(kept.message)
    n_lost = len(str(reader).split()) - len(kept.message.split())
    assert kept.message.startswith(reader.before(certain))
    return max(0, n_lost)


PROGRAM = """
import asyncio, sys
from grok_tree import AsyncClient, Conversation

async def read(client, number):
    text = ""
    async for token in client.grok.create_conversation(title=str(number)).add_response("hello"):
        text += token
        print(f"{number} {text}", flush=True)

async def main(host, n_streams):
    async with AsyncClient(host) as client, asyncio.TaskGroup() as tasks:
        for number in range(n_streams):
            tasks.create_task(read(client, number))

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


async def test_a_killed_program_leaves_everything_it_read(tmp_path: Path, shown: Shown) -> None:
    n_kills = shown.numbers["killed_programs"]
    shown.doing("R3", f"{n_kills} kills of a program in mid-stream, {N_STREAMS} streams each")
    n_kept = 0
    for number in range(n_kills):
        async with watched_server(tmp_path / f"{number}.db", PipedSampler()) as server:
            texts = await read_until_killed(server.address, shown.random.randint(1, 500))
            async with AsyncClient(server.address) as client:
                for conversation in await client.grok.list_conversations():
                    read = texts.pop(conversation.title, None)
                    if read is not None:
                        await assert_kept(conversation, read)
                        n_kept += 1
        assert texts == {}
    shown.kept(f"{n_kept} of {n_kept} that had begun are kept as disconnected, 0 short")


async def assert_kept(conversation: Conversation, read: str) -> None:
    kept = await ended_answer(conversation)
    assert (kept.partial, kept.finish_reason) == (True, "disconnected")
    assert is_prefix(kept.message)
    assert kept.message.startswith(read)


async def read_until_killed(host: str, n_lines: int) -> dict[str, str]:
    """Run a program until it has read so much, kill it, return the text of each stream."""
    command = [sys.executable, "-c", PROGRAM, host, str(N_STREAMS)]
    program = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert program.stdout is not None
    lines = [await program.stdout.readline() for _ in range(n_lines)]
    program.kill()
    await program.wait()
    return dict(line.decode().removesuffix("\n").split(" ", 1) for line in lines)


async def ended_answer(conversation: Conversation) -> Response:
    """Return the answer of a conversation with one turn as soon as it has ended."""
    with anyio.fail_after(PATIENCE_S):
        while True:
            await conversation.refresh()
            kept = conversation.forest.responses[-1]
            if kept.finish_reason is not None:
                return kept


async def test_a_killed_model_leaves_everything_it_said(tmp_path: Path, shown: Shown) -> None:
    n_kills = shown.numbers["killed_models"]
    shown.doing("R3", f"{n_kills} kills of a model in mid-stream")
    sampler = PipedSampler()
    async with (
        watched_server(tmp_path / "forests.db", sampler) as server,
        AsyncClient(server.address) as client,
    ):
        for number in range(n_kills):
            asked = f"question {number}"
            conversation = client.grok.create_conversation()
            sampling = conversation.add_response(asked)
            stream = aiter(sampling)
            for _ in range(shown.random.randint(1, 100)):
                await anext(stream)
            sampler.speaking[asked].kill()
            with pytest.raises(SamplingInterrupted) as caught:
                await sampling
            kept = conversation.forest.responses[-1]
            assert (kept.partial, kept.finish_reason) == (True, "failed")
            assert kept.message == sampler.said[asked]
            assert caught.value.response_id == kept.response_id
    shown.kept(f"{n_kills} of {n_kills} kept as failed with everything that came")


async def test_a_stopped_server_keeps_every_stream(tmp_path: Path, shown: Shown) -> None:
    n_streams, most_s = 50, 5.0 + 2.0
    shown.doing("L5", f"SIGTERM with {n_streams} running streams")
    database = tmp_path / "forests.db"
    with server_process(database) as server:
        async with calls_to(server.host) as calls:
            readers = [Heard(await new_conversation(calls)) for _ in range(n_streams)]
            async with anyio.create_task_group() as tasks:
                for reader in readers:
                    tasks.start_soon(listen, calls, reader)
                with anyio.fail_after(PATIENCE_S):
                    for reader in readers:
                        await reader.has_some.wait()
                begun = time.monotonic()
                code = await to_thread.run_sync(server.terminate)
                took_s = time.monotonic() - begun
        assert (code, server.stderr) == (0, "")
    assert took_s <= most_s * shown.numbers.patience
    with server_process(database) as server:
        async with calls_to(server.host) as calls:
            for reader in readers:
                _, kept = await everything(calls, reader.conversation_id)
                assert (kept.partial, kept.finish_reason) == (True, "cancelled")
                assert ANSWER.startswith(kept.message)
                assert kept.message.startswith(str(reader))
    shown.kept(f"{n_streams} of {n_streams} saved with every token sent, exit 0 in {took_s:.1f} s")
