"""Watchers on the wire: slow ones are cut, a stopping server says so, those who leave are gone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio
import grpc.aio
import pytest

from grok_tree.errors import ServerUnavailable, StaleSnapshot, WatchLagged
from grok_tree.server import RunningServer, running_server
from grok_tree.wire import pb
from tests.patience import PATIENCE_S
from tests.unit.server.test_doors import error_of, settings, stub_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with running_server(settings(tmp_path)) as running:
        yield running


@pytest.fixture
async def stub(server: RunningServer) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield stub_of(channel)


async def conversation_with(stub: Any, n_long: int) -> str:
    request = pb.CreateConversationRequest(request_id="create")
    conversation_id: str = (await stub.CreateConversation(request)).conversation_id
    for number in range(n_long):
        await add(stub, conversation_id, number)
    return conversation_id


async def add(stub: Any, conversation_id: str, number: int) -> None:
    draft = pb.ResponseDraft(sender="human", message=f"{number}" + "x" * 400_000)
    request = pb.AddResponsesRequest(
        request_id=f"add-{number}", conversation_id=conversation_id, drafts=[draft]
    )
    await stub.AddResponses(request)


async def until(holds: Callable[[], bool]) -> None:
    with anyio.fail_after(PATIENCE_S):
        while not holds():
            await anyio.lowlevel.checkpoint()


async def test_a_reader_that_reads_nothing_is_cut_and_says_where_it_was(tmp_path: Path) -> None:
    async with (
        running_server(settings(tmp_path, watch_patience_s=0.3)) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        stub = stub_of(channel)
        conversation_id = await conversation_with(stub, 40)
        call = stub.Watch(pb.WatchRequest(conversation_id=conversation_id))
        taken = [await call.read()]
        await until(lambda: server.forests.n_watchers == 0)
        error = await error_of(read_rest(call, taken))
    assert len(taken) < 40
    assert isinstance(error, WatchLagged)
    newest = [response.revision for page in taken for response in page.responses][-2:]
    assert error.details["revision"] in newest
    assert error.details["position"] is not None


async def test_a_reader_that_takes_not_even_the_first_page_is_told_too(tmp_path: Path) -> None:
    little = (("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536))
    async with (
        running_server(settings(tmp_path, watch_patience_s=0.3)) as server,
        grpc.aio.insecure_channel(server.address, options=little) as channel,
    ):
        stub = stub_of(channel)
        conversation_id = await conversation_with(stub, 4)
        call = stub.Watch(pb.WatchRequest(conversation_id=conversation_id))
        await until(lambda: server.forests.n_watchers == 1)
        await until(lambda: server.forests.n_watchers == 0)
        error = await error_of(read_rest(call, []))
    assert isinstance(error, WatchLagged)
    assert (error.details["revision"], error.details["position"]) == (0, -1)


async def read_rest(call: Any, taken: list[pb.ChangesPage]) -> None:
    while True:
        taken.append(await call.read())


async def test_a_watcher_that_leaves_is_forgotten(server: RunningServer, stub: Any) -> None:
    conversation_id = await conversation_with(stub, 0)
    calls = [stub.Watch(pb.WatchRequest(conversation_id=conversation_id)) for _ in range(50)]
    for call in calls:
        assert (await call.read()).last
    assert server.forests.n_watchers == 50
    for call in calls:
        call.cancel()
    await until(lambda: server.forests.n_watchers == 0)


async def test_a_stopping_server_sends_its_watchers_away_and_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grok_tree.server._server.GRACE_S", 3600.0)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_server(settings(tmp_path)))
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub = stub_of(channel)
            conversation_id = await conversation_with(stub, 0)
            call = stub.Watch(pb.WatchRequest(conversation_id=conversation_id))
            await call.read()
            await stack.aclose()
            error = await error_of(call.read())
    assert isinstance(error, ServerUnavailable)
    assert error.grpc_status == "UNAVAILABLE"


async def test_a_revision_that_was_never_reached_is_refused(stub: Any) -> None:
    request = pb.WatchRequest(
        conversation_id=await conversation_with(stub, 0), since_revision=2**64 - 1
    )
    assert isinstance(await error_of(stub.Watch(request).read()), StaleSnapshot)
