"""What one fork of a conversation of 1,000 messages costs, with the exchange that follows it."""

from __future__ import annotations

import asyncio
import importlib.util
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks._measure import Row, alternate, compared
from benchmarks._raw_rows import RawRows
from benchmarks._service import TEXT, exchange, fresh_service, request_id

_GOALS = {("raw rows", "bytes"): "<= 1.5x", ("LangGraph", "ms CPU"): "<= 0.05x"}


def rows(*, quick: bool) -> list[Row]:
    """Measure bytes and CPU, beside raw rows and, where it is installed, LangGraph."""
    depth, n_forks, rounds = (100, 20, 1) if quick else (1_000, 100, 3)
    measures: dict[str, Callable[[int, int], tuple[float, float]]] = {
        "ours": lambda depth, n: asyncio.run(_our_fork(depth, n)),
        "raw rows": _raw_fork,
    }
    if importlib.util.find_spec("langgraph") is not None:
        measures["LangGraph"] = _langgraph_fork
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in measures}

    def case(name: str) -> Callable[[], float]:
        def run() -> float:
            spent[name].append(measures[name](depth, n_forks))
            return 0.0

        return run

    alternate({name: case(name) for name in measures}, rounds)
    found = []
    for beside in [name for name in measures if name != "ours"]:
        for place, unit in ((0, "bytes"), (1, "ms CPU")):
            figures = {name: [pair[place] for pair in spent[name]] for name in ("ours", beside)}
            what = f"fork at {depth:,} messages, {unit}"
            found.append(
                compared(
                    what, figures, unit=unit, goal=_GOALS.get((beside, unit), ""), beside=beside
                )
            )
    return found


async def _our_fork(depth: int, n_forks: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "bench.db"
        async with fresh_service(database) as forests:
            conversation = (await forests.create_conversation(request_id())).conversation_id
            parent = None
            middle = None
            for turn in range(depth // 2):
                stored = await forests.add_responses(request_id(), conversation, exchange(parent))
                parent = stored[-1].response_id
                middle = parent if turn == depth // 4 else middle
            before = _checkpointed_size(database)
            begun = time.process_time()
            for _ in range(n_forks):
                await forests.add_responses(request_id(), conversation, exchange(middle))
            cpu_ms = 1e3 * (time.process_time() - begun) / n_forks
            return (_checkpointed_size(database) - before) / n_forks, cpu_ms


def _raw_fork(depth: int, n_forks: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "raw.db"
        raw = RawRows(sqlite3.connect(database))
        parent = middle = None
        for turn in range(depth // 2):
            parent = raw.add_exchange(parent)
            middle = parent if turn == depth // 4 else middle
        before = _checkpointed_size(database)
        begun = time.process_time()
        for _ in range(n_forks):
            raw.add_exchange(middle)
        cpu_ms = 1e3 * (time.process_time() - begun) / n_forks
        grown = _checkpointed_size(database) - before
        raw.close()
        return grown / n_forks, cpu_ms


def _langgraph_fork(depth: int, n_forks: int) -> tuple[float, float]:
    from langchain_core.messages import AIMessage, HumanMessage
    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, MessagesState, StateGraph

    def answer(_state: MessagesState) -> dict[str, list[AIMessage]]:
        return {"messages": [AIMessage(TEXT)]}

    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "graph.db"
        with SqliteSaver.from_conn_string(str(database)) as saver:
            graph = StateGraph(MessagesState)
            graph.add_node("answer", answer)
            graph.add_edge(START, "answer")
            graph.add_edge("answer", END)
            app = graph.compile(checkpointer=saver)
            config = {"configurable": {"thread_id": "bench"}}
            middle = config
            for turn in range(depth // 2):
                app.invoke({"messages": [HumanMessage(TEXT)]}, config)
                middle = app.get_state(config).config if turn == depth // 4 else middle
            before = _checkpointed_size(database)
            begun = time.process_time()
            for _ in range(n_forks):
                app.invoke({"messages": [HumanMessage(TEXT)]}, middle)
            cpu_ms = 1e3 * (time.process_time() - begun) / n_forks
            return (_checkpointed_size(database) - before) / n_forks, cpu_ms


def _checkpointed_size(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return int(connection.execute("PRAGMA page_count").fetchone()[0]) * int(
            connection.execute("PRAGMA page_size").fetchone()[0]
        )
    finally:
        connection.close()
