"""C4 and L3: watchers miss nothing whatever dies, and a slow one harms nobody."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import grpc.aio
import pytest
from anyio import to_thread

from grok_tree import AsyncClient
from grok_tree.client import Change
from grok_tree.errors import ConnectionFailedError, GrokTreeError, WatchLagged
from grok_tree.wire import error_from_call, pb
from tests.faults._clients import Scribe, Told
from tests.faults._figures import Shown
from tests.faults._proxy import Proxy, proxy_to
from tests.faults._servers import Phoenix, calls_to, everything, heard, new_request_id
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

N_SCRIBES = 3
N_WATCHERS = 6
THE_END = "the end"
LONGEST_LIFE_S = 1.0
LONGEST_WAIT_S = 60.0
OPTIONS = (("grpc.min_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 200))


@dataclass
class Follower:
    """One who watches a conversation with pauses, leaves, and comes back where it was.

    Attributes:
        host: Where the server is, or a proxy to it.
        conversation_id: What is watched.
        random: When to pause and leave.
        told: Revision and position of each change of a response, in the order of coming.
        states: The last revision of each response.
        texts: What the forest held at the end, by id.
        n_lives: How often it came.
    """

    host: str
    conversation_id: str
    random: random.Random
    told: list[tuple[int, int]] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    n_lives: int = 0
    _cursor: tuple[int, int] = (0, -1)

    async def follow(self) -> None:
        """Watch until the end was told."""
        while True:
            try:
                if await self._live():
                    return
            except ConnectionFailedError:
                pass  # it could not even begin

    async def _live(self) -> bool:
        """Watch for a while; return whether the end was told."""
        self.n_lives += 1
        n_left = self.random.randint(20, 200)
        async with AsyncClient(self.host, mirror=False, channel_options=OPTIONS) as client:
            conversation = await client.grok.get_conversation(self.conversation_id)
            async for change in conversation.watch(since=self._cursor):
                self._take(change)
                response = change.response
                if response is not None and response.value.marks.note == THE_END:
                    self.texts = {one.response_id: one.message for one in conversation.forest}
                    return True
                n_left -= 1
                if n_left == 0:
                    break
                if self.random.random() < 0.05:
                    await anyio.sleep(self.random.uniform(0, 0.2))
        return False

    def _take(self, change: Change) -> None:
        assert change.revision >= self._cursor[0], "a revision went back"
        self._cursor = change.cursor
        if change.response is not None:
            self.told.append(change.cursor)
            self.states[change.response.response_id] = change.revision


async def test_watchers_miss_nothing_while_server_and_network_die(
    tmp_path: Path, shown: Shown
) -> None:
    n_kills = shown.numbers["watch_kills"]
    shown.doing(
        "C4", f"{n_kills} kills and {n_kills} cuts of the network under {N_WATCHERS} watchers"
    )
    with Phoenix(tmp_path / "forests.db") as phoenix:
        async with proxy_to(phoenix.host) as proxy, calls_to(phoenix.host) as calls:
            conversation_id = await new_conversation(calls)
            followers = [
                Follower(host, conversation_id, random.Random(f"{shown.seed} {number}"))
                for number, host in enumerate([phoenix.host, proxy.host] * (N_WATCHERS // 2))
            ]
            with anyio.fail_after(LONGEST_WAIT_S + 20 * n_kills):
                async with anyio.create_task_group() as tasks:
                    for follower in followers:
                        tasks.start_soon(follower.follow)
                    await write_while_all_dies(phoenix, proxy, conversation_id, shown, n_kills)
                    await say_the_end(calls, conversation_id)
            stored = await everything(calls, conversation_id)

    for follower in followers:
        assert follower.told == sorted(set(follower.told)), "out of order, or twice"
        assert follower.states == {one.response_id: one.revision for one in stored}
        assert follower.texts == {o.response_id: o.message for o in stored if not o.deleted}
    shown.kept(
        f"{sum(len(one.told) for one in followers):,} changes of {len(stored):,} responses, in"
        f" {sum(one.n_lives for one in followers):,} watches: no gap, none twice, all in order"
    )


async def new_conversation(calls: Any) -> str:
    request = pb.CreateConversationRequest(request_id=new_request_id())
    return str((await heard(calls.CreateConversation, request)).conversation_id)


async def write_while_all_dies(
    phoenix: Phoenix, proxy: Proxy, conversation_id: str, shown: Shown, n_kills: int
) -> None:
    """Change one conversation from many clients while its server is killed again and again."""
    told = Told()
    over = anyio.Event()

    async def write(name: str) -> None:
        async with calls_to(phoenix.host) as calls:
            scribe = Scribe(name, calls, told, random.Random(f"{shown.seed} {name}"))
            scribe.conversation_id = conversation_id
            while not over.is_set():
                await scribe.work()

    async with anyio.create_task_group() as tasks:
        for number in range(N_SCRIBES):
            tasks.start_soon(write, f"scribe {number}")
        for _ in range(n_kills):
            await anyio.sleep(shown.random.uniform(0, LONGEST_LIFE_S))
            proxy.cut()
            await anyio.sleep(shown.random.uniform(0, LONGEST_LIFE_S))
            await to_thread.run_sync(phoenix.kill)
            await to_thread.run_sync(phoenix.start)
        over.set()


async def say_the_end(calls: Any, conversation_id: str) -> None:
    draft = pb.ResponseDraft(sender="human", message=THE_END, marks=pb.Marks(note=THE_END))
    request = pb.AddResponsesRequest(
        request_id=new_request_id(), conversation_id=conversation_id, drafts=[draft]
    )
    await heard(calls.AddResponses, request)


# L3

N_READERS = 49
TEXT_BYTES = 100_000
CUT_AFTER_S = 3.0
LATE_S = 3.0
"""What a busy server may take to find that its patience is over."""
LONGER_S = 0.5
"""What the others may wait longer beside one that reads nothing; were it they who wait for its
end, it would be all of the server's patience."""
MOST_MORE_BYTES = 16 * 1024 * 1024
TAKES_LITTLE = (("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536))
"""Else gRPC takes in megabytes by itself, the more the slower the machine, though nobody reads."""
WATCH = "/grok_tree.wire.v1.Forests/Watch"

PROGRAM = """
import sys, anyio
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.server import ServerSettings, running_server

async def main(database, patience_s):
    settings = ServerSettings(
        database=database,
        model="scripted/echo",
        samplers=lambda: SamplerRegistry([ScriptedSampler()]),
        watch_patience_s=float(patience_s),
    )
    async with running_server(settings) as server:
        print(server.address, flush=True)
        await anyio.sleep_forever()

anyio.run(main, *sys.argv[1:])
"""


@asynccontextmanager
async def impatient_server(database: Path) -> AsyncIterator[tuple[Process, str]]:
    """Run a server in a process of its own that cuts slow watchers soon."""
    command = [sys.executable, "-c", PROGRAM, str(database), str(CUT_AFTER_S)]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    try:
        assert process.stdout is not None
        yield process, (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


def most_resident_bytes(pid: int) -> int:
    """Return how much memory a process has had at most."""
    (line,) = [
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    ]
    return int(line.split()[1]) * 1024


@dataclass
class Crowd:
    """Many who read all they are sent, and how long after it was stored each text came."""

    delays_s: list[float] = field(default_factory=list)
    _written_at: float = 0.0
    _n_missing: int = 0
    _all_have_it: anyio.Event = field(default_factory=anyio.Event)

    async def read(self, address: str, request: pb.WatchRequest, n_texts: int) -> None:
        """Watch until so many texts have come."""
        async with grpc.aio.insecure_channel(address) as channel:
            call: Any = channel.unary_stream(
                WATCH, pb.WatchRequest.SerializeToString, pb.ChangesPage.FromString
            )(request)
            n_left = n_texts
            async for page in call:
                for _ in page.responses:
                    self._take()
                    n_left -= 1
                if n_left == 0:
                    return

    async def all_read(self, calls: Any, conversation_id: str) -> None:
        """Store a text and wait until everybody has it."""
        self._n_missing, self._all_have_it = N_READERS, anyio.Event()
        draft = pb.ResponseDraft(sender="human", message="x" * TEXT_BYTES)
        request = pb.AddResponsesRequest(
            request_id=new_request_id(), conversation_id=conversation_id, drafts=[draft]
        )
        self._written_at = time.monotonic()
        await heard(calls.AddResponses, request)
        await self._all_have_it.wait()

    def _take(self) -> None:
        self.delays_s.append(time.monotonic() - self._written_at)
        self._n_missing -= 1
        if self._n_missing == 0:
            self._all_have_it.set()


async def delays_of_crowd(address: str, conversation_id: str, calls: Any, n: int) -> float:
    """Write texts while a crowd watches; return the 99th percentile of their delays."""
    crowd = Crowd()
    conversation = await calls.GetConversation(
        pb.GetConversationRequest(conversation_id=conversation_id)
    )
    request = pb.WatchRequest(conversation_id=conversation_id, since_revision=conversation.revision)
    async with anyio.create_task_group() as tasks:
        for _ in range(N_READERS):
            tasks.start_soon(crowd.read, address, request, n)
        for _ in range(n):
            await crowd.all_read(calls, conversation_id)
    assert len(crowd.delays_s) == n * N_READERS
    return sorted(crowd.delays_s)[int(len(crowd.delays_s) * 0.99)]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see memory")
async def test_a_watcher_that_reads_nothing_harms_nobody(tmp_path: Path, shown: Shown) -> None:
    n = shown.numbers["unread_texts"]
    shown.doing(
        "L3", f"{n * TEXT_BYTES // 10**6} MB past 1 of {N_READERS + 1} watchers that reads nothing"
    )
    async with AsyncExitStack() as stack:
        process, address = await stack.enter_async_context(impatient_server(tmp_path / "db"))
        calls = await stack.enter_async_context(calls_to(address))
        channel = await stack.enter_async_context(
            grpc.aio.insecure_channel(address, options=TAKES_LITTLE)
        )
        conversation_id = await new_conversation(calls)

        async def crowd() -> float:
            return await delays_of_crowd(address, conversation_id, calls, n)

        await crowd()  # so that the memory which many readers take is there already
        alone_s = await crowd()
        before = most_resident_bytes(process.pid)
        call: Any = channel.unary_stream(
            WATCH, pb.WatchRequest.SerializeToString, pb.ChangesPage.FromString
        )(pb.WatchRequest(conversation_id=conversation_id))
        beside_s = await crowd()
        more = most_resident_bytes(process.pid) - before
        lagged, cursor = await read_until_cut(call)
    assert more <= MOST_MORE_BYTES
    assert beside_s <= 3 * alone_s + min(LONGER_S * shown.numbers.patience, CUT_AFTER_S - LONGER_S)
    assert isinstance(lagged, WatchLagged)
    assert (lagged.details["revision"], lagged.details["position"]) <= cursor
    shown.kept(
        f"server {max(0, more) / 2**20:.1f} MiB larger; the others' p99 {1e3 * beside_s:.0f} ms"
        f" (without it {1e3 * alone_s:.0f}); cut after {CUT_AFTER_S:g} s, to be resumed"
    )


async def read_until_cut(call: Any) -> tuple[GrokTreeError, tuple[int, int]]:
    """Let the server's patience end, then read what is left; return its end and the last place."""
    await anyio.sleep(CUT_AFTER_S + LATE_S)
    cursor = (0, -1)
    try:
        with anyio.fail_after(PATIENCE_S):
            async for page in call:
                if page.responses:
                    cursor = (page.responses[-1].revision, page.responses[-1].position)
    except grpc.aio.AioRpcError as error:
        trailers = tuple(error.trailing_metadata() or ())
        return error_from_call(error.code().name, "", trailers, address="here"), cursor
    raise AssertionError("it was not cut")
