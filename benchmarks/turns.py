"""Durable turns a second: a human response and its answer, on disk before they are acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks._measure import Row, alternate, compared
from benchmarks._raw_rows import RawRows
from benchmarks._service import exchange, fresh_service, request_id

N_CALLERS = 64


def rows(*, quick: bool) -> list[Row]:
    """Measure the CPU of one caller, and the rate of 64."""
    n_turns, rounds = (256, 1) if quick else (3_200, 5)
    return [_cpu_of_one(n_turns // 4, rounds), _rate_of_many(n_turns, rounds)]


def _cpu_of_one(n_turns: int, rounds: int) -> Row:
    figures = alternate(
        {
            "ours": lambda: _cpu_us(lambda: _our_case(1, n_turns), n_turns),
            "raw sqlite3, NORMAL": lambda: _cpu_us(lambda: _raw_rate(n_turns), n_turns),
        },
        rounds,
    )
    return compared(
        "durable turn, 1 caller",
        figures,
        unit="us CPU a row",
        goal="<= 3x",
        beside="raw sqlite3, NORMAL",
    )


def _rate_of_many(n_turns: int, rounds: int) -> Row:
    figures = alternate(
        {
            "ours": partial(_our_case, N_CALLERS, n_turns),
            "raw sqlite3, NORMAL": partial(_raw_rate, n_turns),
        },
        rounds,
    )
    return compared(
        f"durable turns, {N_CALLERS} callers",
        figures,
        unit="rows/s",
        goal=">= 2x",
        beside="raw sqlite3, NORMAL",
    )


def _cpu_us(case: Callable[[], float], n_turns: int) -> float:
    begun = time.process_time()
    case()
    return (time.process_time() - begun) / (2 * n_turns) * 1e6


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
