"""R1: what a server has acknowledged is there after `kill -9`, once."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from grok_tree.store import Store
from tests.faults._clients import Scribe, Told, lost_or_twice
from tests.faults._figures import Shown
from tests.faults._servers import Phoenix, calls_to, everything

pytestmark = pytest.mark.anyio

N_CLIENTS = 16
LONGEST_LIFE_S = 1.0
LEAST_RATE = 200
"""Acknowledged calls a second while a server is up; with fewer, a test of losses shows little."""


async def test_what_a_killed_server_acknowledged_is_there_once(
    tmp_path: Path, shown: Shown
) -> None:
    await _kill_and_count(tmp_path / "forests.db", shown, "")


async def test_what_a_killed_server_on_postgresql_acknowledged_is_there_once(
    postgres_url: str, shown: Shown
) -> None:
    await _kill_and_count(postgres_url, shown, " of a server on PostgreSQL")


async def _kill_and_count(database: Path | str, shown: Shown, of: str) -> None:
    n_kills = shown.numbers["kills"]
    shown.doing("R1", f"{n_kills} kills{of} under {N_CLIENTS} clients")
    phoenix = Phoenix(database)
    told = Told()
    with phoenix:
        scribes, up_s, longest_start_s = await _write_while_it_dies(phoenix, told, shown, n_kills)
        async with calls_to(phoenix.host) as calls:
            found = []
            for scribe in scribes:
                found += await everything(calls, scribe.conversation_id)
        assert phoenix.stop() == 0

    assert lost_or_twice(told, found) == []
    _assert_whole(database)
    rate = told.n_calls / up_s
    assert rate >= LEAST_RATE / shown.numbers.patience
    shown.kept(
        f"{told.n_calls:,} calls acknowledged, {rate:,.0f}/s while up; 0 lost, 0 twice;"
        f" ready again in {longest_start_s:.1f} s at most"
    )


async def _write_while_it_dies(
    phoenix: Phoenix, told: Told, shown: Shown, n_kills: int
) -> tuple[list[Scribe], float, float]:
    """Write from many clients; return them, the seconds of service, and the slowest start."""
    scribes: list[Scribe] = []
    up_s, longest_start_s = 0.0, 0.0
    over = anyio.Event()

    async def write(name: str) -> None:
        async with calls_to(phoenix.host) as calls:
            scribe = Scribe(name, calls, told, shown.random)
            await scribe.begin()
            scribes.append(scribe)
            while not over.is_set():
                await scribe.work()

    async with anyio.create_task_group() as tasks:
        for number in range(N_CLIENTS):
            tasks.start_soon(write, f"client {number}")
        for _ in range(n_kills):
            life_s = shown.random.uniform(0.1, LONGEST_LIFE_S)
            await anyio.sleep(life_s)  # a kill must come at any moment
            up_s += life_s
            await to_thread.run_sync(phoenix.kill)
            begun = time.monotonic()
            await to_thread.run_sync(phoenix.start)
            longest_start_s = max(longest_start_s, time.monotonic() - begun)
        over.set()
    return scribes, up_s, longest_start_s


def _assert_whole(database: Path | str) -> None:
    store = Store.open(database)
    try:
        assert Counter(store.check()) == Counter()
    finally:
        store.close()
