"""Durable turns a second: a human response and its answer, on disk before they are acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks._measure import Row, alternate, compared
from benchmarks._raw_rows import RawRows
from benchmarks._service import exchange, fresh_service, request_id


def rows(*, quick: bool) -> list[Row]:
    """Measure with one caller and with 32."""
    n_turns, rounds = (200, 1) if quick else (2_000, 5)
    found = []
    for n_callers, goal in ((1, "CPU <= 3x"), (32, ">= 2x at 64")):
        figures = alternate(
            {
                "ours": partial(_our_case, n_callers, n_turns),
                "raw sqlite3, NORMAL": lambda: _raw_rate(n_turns),
            },
            rounds,
        )
        found.append(
            compared(
                f"durable turns, {n_callers} caller{'s' if n_callers > 1 else ''}",
                figures,
                unit="rows/s",
                goal=goal,
                beside="raw sqlite3, NORMAL",
            )
        )
    return found


def _our_case(n_callers: int, n_turns: int) -> float:
    return asyncio.run(_our_rate(n_callers, n_turns))


async def _our_rate(n_callers: int, n_turns: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        async with fresh_service(Path(folder) / "bench.db") as forests:
            conversation = await forests.create_conversation(request_id())

            async def caller() -> None:
                parent = None
                for _ in range(n_turns // n_callers):
                    stored = await forests.add_responses(
                        request_id(), conversation.conversation_id, exchange(parent)
                    )
                    parent = stored[-1].response_id

            begun = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                for _ in range(n_callers):
                    group.create_task(caller())
            return 2 * n_turns / (time.perf_counter() - begun)


def _raw_rate(n_turns: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        raw = RawRows(sqlite3.connect(Path(folder) / "raw.db"))
        begun = time.perf_counter()
        parent = None
        for _ in range(n_turns):
            parent = raw.add_exchange(parent)
        rate = 2 * n_turns / (time.perf_counter() - begun)
        raw.close()
        return rate
