"""R5, S1, S2, S3: large forests are ordinary."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from grok_tree import AsyncClient
from grok_tree.forest import (
    Conversation,
    ConversationId,
    ResponseDraft,
    ResponseId,
    uuid7_text,
)
from grok_tree.store import NewResponse, Store
from grok_tree.testing import FrozenClock
from grok_tree.wire import pb
from tests.faults._figures import Shown
from tests.faults._servers import Phoenix, calls_to, everything, new_request_id

pytestmark = pytest.mark.anyio

READY_S = 2.0
LOAD_RATE = 10_000
P95_MS = 20.0
FIRST_PAGE_MS = 100.0
PATH_MS = 100.0
PAGE_P95_MS = 100.0
MOST_MEMORY = 500 * 2**20
BATCH = 1_000
N_CALLS = 200
N_GROWING = 20
DEEPER = 2.0
"""Adding at the end of a chain may take so many times as long as near its root."""
HOME = ConversationId(uuid7_text(1, 0))


def response_id(number: int) -> ResponseId:
    return ResponseId(uuid7_text(2 + number // 64, number + 1 << 20))


def load(database: Path, n_responses: int, parent_of: Callable[[int], int]) -> float:
    """Store one conversation; return responses a second. A parent is named by its number."""
    store = Store.open(database)
    now = FrozenClock().now()
    home = Conversation(conversation_id=HOME, create_time=now, modify_time=now, revision=1)
    store.submit(lambda writer: writer.insert_conversation(home)).result()
    begun = time.monotonic()
    for first in range(0, n_responses, BATCH):
        numbers = range(first, min(first + BATCH, n_responses))
        new = [_response(number, parent_of(number), first) for number in numbers]
        store.submit(lambda w, new=new: w.add_responses(HOME, new, now=now)).result()  # type: ignore[misc]
    rate = n_responses / (time.monotonic() - begun)
    store.close()
    return rate


def _response(number: int, parent: int, first: int) -> NewResponse:
    draft = ResponseDraft(
        sender="assistant" if number % 2 else "human",
        message=f"response {number} " + "of ordinary length " * 20,
        parent_response_id=response_id(parent) if 0 <= parent < first else None,
        parent_index=parent - first if parent >= first else None,
    )
    return NewResponse(response_id(number), draft)


async def milliseconds(call: Callable[[], Awaitable[Any]], n_calls: int) -> list[float]:
    """Call so often, one after the other, and return how long each took."""
    took = []
    for _ in range(n_calls):
        begun = time.perf_counter()
        await call()
        took.append((time.perf_counter() - begun) * 1_000)
    return took


def p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def memory_of(pid: int) -> int:
    """Return the resident memory of a process in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) * 1024


@asynccontextmanager
async def served(database: Path) -> AsyncIterator[tuple[Phoenix, Any, float]]:
    """Serve a database; give the server, its calls, and the seconds until it was ready."""
    phoenix = Phoenix(database)
    begun = time.monotonic()
    await to_thread.run_sync(phoenix.start)
    ready_s = time.monotonic() - begun
    try:
        async with calls_to(phoenix.host) as calls:
            yield phoenix, calls, ready_s
    finally:
        await to_thread.run_sync(phoenix.stop)


async def add_below(calls: Any, parent: str) -> None:
    request = pb.AddResponsesRequest(
        request_id=new_request_id(),
        conversation_id=HOME,
        drafts=[pb.ResponseDraft(parent_response_id=parent, sender="human", message="one more")],
    )
    await calls.AddResponses(request)


async def pages_ms(calls: Any) -> tuple[list[float], int]:
    """Read the whole conversation; return how long each page took, and the number of rows."""
    took, n_rows = [], 0
    begun = time.perf_counter()
    async for page in calls.ListChanges(pb.ListChangesRequest(conversation_id=HOME)):
        took.append((time.perf_counter() - begun) * 1_000)
        n_rows += len(page.responses)
        begun = time.perf_counter()
    return took, n_rows


async def test_a_large_store_is_ready_soon_and_answers_quickly(
    tmp_path: Path, shown: Shown
) -> None:
    n_responses = shown.numbers["large_store"]
    shown.doing("S2", f"a store of {n_responses:,} responses")
    rate = load(
        tmp_path / "forests.db",
        n_responses,
        lambda number: shown.random.randrange(max(0, number - 50), number) if number else -1,
    )

    def any_id() -> str:
        return response_id(shown.random.randrange(n_responses))

    async with served(tmp_path / "forests.db") as (phoenix, calls, ready_s):
        gets = await milliseconds(
            lambda: calls.GetResponses(pb.GetResponsesRequest(response_ids=[any_id()])), N_CALLS
        )
        adds = await milliseconds(lambda: add_below(calls, any_id()), N_CALLS)
        first_page_ms = (await pages_ms(calls))[0][0]
        assert phoenix.server is not None
        memory = memory_of(phoenix.server.pid)
    patience = shown.numbers.patience
    assert rate >= LOAD_RATE / patience
    assert p95(gets) <= P95_MS * patience
    assert p95(adds) <= P95_MS * patience
    assert first_page_ms <= FIRST_PAGE_MS * patience
    assert memory <= MOST_MEMORY
    shown.kept(
        f"loaded {rate:,.0f}/s; p95 of get {p95(gets):.1f} ms, of add {p95(adds):.1f} ms;"
        f" first page {first_page_ms:.0f} ms; server {memory / 2**20:.0f} MiB;"
        f" ready in {ready_s:.1f} s"
    )


async def test_a_server_that_was_killed_is_ready_again_soon(tmp_path: Path, shown: Shown) -> None:
    n_responses = shown.numbers["ready_store"]
    shown.doing("R5", f"start after a kill with {n_responses:,} responses and answers growing")
    load(tmp_path / "forests.db", n_responses, lambda number: number - 1 if number % 100 else -1)
    phoenix = Phoenix(tmp_path / "forests.db")
    with phoenix:
        async with calls_to(phoenix.host) as calls:
            for _ in range(N_GROWING):
                stream = calls.Sample(
                    pb.SampleRequest(
                        request_id=new_request_id(),
                        conversation_id=HOME,
                        message="hang",
                        model_name="scripted/hang",
                        detach=True,
                    )
                )
                await stream.read()
        await to_thread.run_sync(phoenix.kill)
        begun = time.monotonic()
        await to_thread.run_sync(phoenix.start)
        ready_s = time.monotonic() - begun
        async with calls_to(phoenix.host) as calls:
            partial = [one for one in await everything(calls, HOME) if one.partial]
    assert len(partial) == N_GROWING
    assert {one.finish_reason for one in partial} == {"failed"}
    assert ready_s <= READY_S * shown.numbers.patience
    shown.kept(f"ready in {ready_s:.2f} s; {N_GROWING} answers that grew are partial")


async def test_a_chain_is_ordinary(tmp_path: Path, shown: Shown) -> None:
    n_responses = shown.numbers["chain"]
    shown.doing("S1", f"a chain of {n_responses:,}")
    load(tmp_path / "forests.db", n_responses, lambda number: number - 1)
    async with served(tmp_path / "forests.db") as (phoenix, calls, _):
        shallow = await milliseconds(lambda: add_below(calls, response_id(10)), N_CALLS)
        deep = await milliseconds(lambda: add_below(calls, response_id(n_responses - 1)), N_CALLS)
        async with AsyncClient(phoenix.host, mirror=False) as client:
            conversation = await client.grok.get_conversation(HOME)
            tip = response_id(n_responses - 1)
            begun = time.perf_counter()
            path = conversation.forest.path(tip)
            path_ms = (time.perf_counter() - begun) * 1_000
            assert len(path) == n_responses
            answer = await conversation.add_response("and?", parent=tip, model_name="scripted/echo")
            assert len(await answer.resample_many(2)) == 2
            root = conversation.get_response(response_id(0))
            n_hidden = await root.delete()
            assert await root.restore() == n_hidden
    ratio = statistics.median(deep) / statistics.median(shallow)
    assert path_ms <= PATH_MS * shown.numbers.patience
    assert ratio <= DEEPER * shown.numbers.patience
    shown.kept(f"path in {path_ms:.0f} ms; adding at its end takes {ratio:.2f}x of near its root")


async def test_a_star_is_ordinary(tmp_path: Path, shown: Shown) -> None:
    n_responses = shown.numbers["star"]
    shown.doing("S3", f"{n_responses:,} children under one parent")
    load(tmp_path / "forests.db", n_responses, lambda number: 0 if number else -1)
    async with served(tmp_path / "forests.db") as (_, calls, _ready):
        took, n_rows = await pages_ms(calls)
        adds = await milliseconds(lambda: add_below(calls, response_id(0)), N_CALLS)
    assert n_rows == n_responses
    assert p95(took) <= PAGE_P95_MS * shown.numbers.patience
    assert p95(adds) <= P95_MS * shown.numbers.patience
    shown.kept(f"{len(took)} pages, p95 {p95(took):.0f} ms; p95 of add {p95(adds):.1f} ms")
