"""C3, C5, C6: one order for all, one owner of a file and a port, and clocks that jump."""

from __future__ import annotations

import socket
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from grok_tree.errors import StoreBusy
from grok_tree.forest import ConversationId, ResponseDraft
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, World, open_forests
from grok_tree.store import Store
from grok_tree.testing import FrozenClock, server_process
from grok_tree.wire import pb
from tests.faults._figures import Shown
from tests.faults._servers import Phoenix, calls_to, everything, heard, new_request_id

pytestmark = pytest.mark.anyio

N_ADDS = 64
SOON_S = 1.0


async def add(calls: Any, conversation_id: str, parent: str, message: str) -> str:
    draft = pb.ResponseDraft(sender="human", message=message, parent_response_id=parent)
    request = pb.AddResponsesRequest(
        request_id=new_request_id(), conversation_id=conversation_id, drafts=[draft]
    )
    return str((await heard(calls.AddResponses, request)).responses[0].response_id)


async def test_simultaneous_adds_are_all_there_in_one_order(tmp_path: Path, shown: Shown) -> None:
    n_rounds = shown.numbers["rounds_of_adds"]
    shown.doing("C3", f"{n_rounds} rounds of {N_ADDS} clients adding under one parent at once")
    with Phoenix(tmp_path / "forests.db") as phoenix:
        async with calls_to(phoenix.host) as calls:
            create = pb.CreateConversationRequest(request_id=new_request_id())
            made = await heard(calls.CreateConversation, create)
            conversation_id = made.conversation_id
            parents = [await add(calls, conversation_id, "", "root") for _ in range(n_rounds)]
            added: set[str] = set()
            orders: list[list[str]] = []
            for parent in parents:
                await add_and_read(phoenix.host, conversation_id, parent, added, orders)
            order = [one.response_id for one in await everything(calls, conversation_id)]
        phoenix.kill()
        phoenix.start()
        async with calls_to(phoenix.host) as calls:
            again = [one.response_id for one in await everything(calls, conversation_id)]

    assert set(order) == added | set(parents)
    assert len(order) == n_rounds * (N_ADDS + 1)
    assert again == order
    for seen in orders:
        assert seen == order[: len(seen)]
    shown.kept(f"{len(added):,} of {len(added):,} there; {len(orders) + 2} readers, one order")


async def add_and_read(
    host: str, conversation_id: str, parent: str, added: set[str], orders: list[list[str]]
) -> None:
    """Add from many connections while others read, and note what each of them saw."""

    async def adding(number: int) -> None:
        async with calls_to(host) as calls:
            added.add(await add(calls, conversation_id, parent, f"child {number}"))

    async def reading() -> None:
        async with calls_to(host) as calls:
            seen = await everything(calls, conversation_id)
            orders.append([response.response_id for response in seen])

    async with anyio.create_task_group() as tasks:
        for number in range(N_ADDS):
            tasks.start_soon(adding, number)
            if number % 8 == 0:
                tasks.start_soon(reading)


async def test_a_second_server_on_a_file_or_a_port_is_refused(tmp_path: Path, shown: Shown) -> None:
    shown.doing("C5", "a second server on the same file, and on the same port")
    begun = time.monotonic()
    with server_process(tmp_path / "forests.db") as server:
        start_s = time.monotonic() - begun
        port = int(server.host.rpartition(":")[2])
        begun = time.monotonic()
        with pytest.raises(StoreBusy) as caught:
            Store.open(tmp_path / "forests.db")
        file_s = time.monotonic() - begun
        assert caught.value.details["pid"] == server.pid

        process_s = [
            refused(tmp_path / "forests.db", 0, f"open in process {server.pid}"),
            refused(tmp_path / "others.db", port, f"cannot listen on .*:{port}"),
        ]
        async with calls_to(server.host) as calls:
            await calls.WhoAmI(pb.WhoAmIRequest())
    assert file_s <= SOON_S * shown.numbers.patience
    assert max(process_s) <= start_s + SOON_S * shown.numbers.patience
    shown.kept(
        f"refused in {file_s * 1_000:.0f} ms naming the owner,"
        f" {max(process_s):.1f} s with a process's start ({start_s:.1f} s when it is let in)"
    )


def refused(database: Path, port: int, why: str) -> float:
    """Start a server that must not run; return how long it took to say so."""
    begun = time.monotonic()
    with pytest.raises(RuntimeError, match=why), server_process(database, port=port):
        pass
    return time.monotonic() - begun


async def test_ports_are_not_shared(tmp_path: Path) -> None:
    """A listener that would share its port, as a second server might, is refused too."""
    with server_process(tmp_path / "forests.db") as server:
        host, _, port = server.host.rpartition(":")
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with pytest.raises(OSError, match="in use"):
                other.bind((host, int(port)))


class JumpingClock(FrozenClock):
    """A clock whose time of day is set forwards and backwards while seconds go on as ever."""

    def jump(self, by: timedelta) -> None:
        self._at += by


def world(database: Path, clock: JumpingClock) -> World:
    async def no_url(share_id: str) -> str:
        return share_id

    samplers = SamplerRegistry([ScriptedSampler()])
    return World(Store.open(database), samplers, "scripted/echo", no_url, clock=clock)


async def test_a_clock_that_jumps_changes_no_order(tmp_path: Path, shown: Shown) -> None:
    n_jumps = shown.numbers["clock_jumps"]
    shown.doing("C6", f"{n_jumps} jumps of the clock by an hour, back and forth")
    clock = JumpingClock()
    here = world(tmp_path / "forests.db", clock)
    async with open_forests(here) as forests:
        made = await forests.create_conversation("create")
        written: list[str] = []
        for number in range(n_jumps):
            clock.jump(timedelta(hours=shown.random.choice((-1, 1))))
            written += await add_draft(forests, made.conversation_id, number)
            repeat = await add_draft(forests, made.conversation_id, number)
            assert repeat == written[-1:]
        seen = await read_all(forests, made.conversation_id)
    here.store.close()

    assert [response_id for response_id, _ in seen] == written
    revisions = [revision for _, revision in seen]
    assert revisions == sorted(set(revisions))
    shown.kept(f"{n_jumps} adds and {n_jumps} repeats: order of creation kept, 0 twice")


async def add_draft(forests: Forests, conversation_id: ConversationId, number: int) -> list[str]:
    draft = ResponseDraft(sender="human", message=f"r{number}")
    added = await forests.add_responses(f"add {number}", conversation_id, [draft])
    return [response.response_id for response in added]


async def read_all(forests: Forests, conversation_id: ConversationId) -> list[tuple[str, int]]:
    return [
        (response.response_id, response.revision)
        async for page in forests.iter_changes(conversation_id, 0)
        for response in page.responses
    ]


@pytest.mark.parametrize("hours", [-1, 1], ids=["back", "forth"])
async def test_a_clock_that_jumps_forgets_no_request_early(tmp_path: Path, hours: int) -> None:
    """Promised for 24 hours, whatever the clock says meanwhile."""
    clock = JumpingClock()
    first = await one_add(tmp_path / "forests.db", clock)
    clock.advance(23.9 * 3600)
    clock.jump(timedelta(hours=hours))
    assert await one_add(tmp_path / "forests.db", clock) == first


async def one_add(database: Path, clock: JumpingClock) -> list[str]:
    """Open a database, add a response by a request that is always the same, and close it."""
    here = world(database, clock)
    async with open_forests(here) as forests:
        made = await forests.create_conversation("create")
        added = await add_draft(forests, made.conversation_id, 1)
    await to_thread.run_sync(here.store.close)
    return added
