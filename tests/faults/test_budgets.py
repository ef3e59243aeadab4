"""M1: no budget is passed, however many spend it at once and however often servers are killed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from grok_tree.forest import ticks_of
from grok_tree.store import Store
from grok_tree.wire import pb
from tests.faults._figures import Shown
from tests.faults._servers import Phoenix, calls_to, everything, heard
from tests.faults._spender import MODELS, spend

pytestmark = pytest.mark.anyio

LIMIT_USD = 0.12
N_AT_ONCE = 200
PRICES = """
[prices."scripted/*"]
prompt = 3.0
completion = 15.0
"""
_LOOK = "SELECT ticks_spent, ticks_reserved, ticks_overrun, tick_limit FROM budget"


async def test_killed_servers_and_many_callers_never_pass_a_budget(
    tmp_path: Path, shown: Shown
) -> None:
    n_kills = shown.numbers["budget_kills"]
    shown.doing("M1", f"{N_AT_ONCE} calls at once on a budget of ${LIMIT_USD}, {n_kills} kills")
    config = tmp_path / "config.toml"
    config.write_text(PRICES)
    database = tmp_path / "forests.db"
    phoenix = Phoenix(
        database,
        options=["--max-cost-usd", str(LIMIT_USD)],
        environment={"GROK_TREE_CONFIG": str(config)},
    )
    with phoenix, watched_budget(database) as looks:
        n_heard, n_refused, conversation_id = await _spend_while_it_dies(phoenix, shown, n_kills)
        async with calls_to(phoenix.host) as calls:
            found = await everything(calls, conversation_id)
            left = (await calls.GetBudget(pb.GetBudgetRequest())).budget
        assert phoenix.stop() == 0

    paid = [one for one in found if one.sender == "assistant"]
    assert all(one.usage.HasField("cost_usd") for one in paid)
    cost = sum(ticks_of(one.usage.cost_usd) for one in paid)
    assert n_heard > 0
    assert n_refused > 0
    assert ticks_of(left.spent_usd) == cost <= ticks_of(LIMIT_USD)
    assert left.reserved_usd == 0
    assert looks.highest <= ticks_of(LIMIT_USD)
    assert looks.overrun == 0
    _assert_whole(database)
    shown.kept(
        f"{n_heard:,} calls heard, {n_refused:,} refused; {looks.n:,} looks at the database, the"
        f" most taken ${looks.highest / 1e10:.4f}; in the end ${left.spent_usd:.6f}, the sum of"
        f" {len(paid):,} answers to the tick"
    )


class Looks:
    """What was seen of a budget in the file, at many instants."""

    def __init__(self) -> None:
        self.n = 0
        self.highest = 0
        self.overrun = 0


@contextmanager
def watched_budget(database: Path) -> Iterator[Looks]:
    """Look at a budget in the database itself, again and again, while the block runs."""
    looks, over = Looks(), threading.Event()

    def look() -> None:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            while not over.wait(0.002):
                for spent, reserved, overrun, limit in connection.execute(_LOOK):
                    looks.n += 1
                    looks.highest = max(looks.highest, spent + reserved)
                    looks.overrun = max(looks.overrun, overrun)
                    assert spent + reserved <= limit

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield looks
    finally:
        over.set()
        watcher.join()


async def _spend_while_it_dies(
    phoenix: Phoenix, shown: Shown, n_kills: int
) -> tuple[int, int, str]:
    """Spend from many tasks; return how many calls were heard and refused, and where."""
    results = [0, 0]
    over = anyio.Event()
    async with calls_to(phoenix.host) as calls:
        request = pb.CreateConversationRequest(request_id="where it is spent")
        conversation_id = (await heard(calls.CreateConversation, request)).conversation_id

        async def work(number: int) -> None:
            while not over.is_set():
                model = MODELS[number % len(MODELS)]
                results[not await spend(calls, conversation_id, model, 1 + number % 3)] += 1

        async with anyio.create_task_group() as tasks:
            for number in range(N_AT_ONCE):
                tasks.start_soon(work, number)
            for _ in range(n_kills):
                await anyio.sleep(shown.random.uniform(0.1, 0.6))  # a kill comes at any moment
                await to_thread.run_sync(phoenix.kill)
                await to_thread.run_sync(phoenix.start)
            over.set()
    return results[0], results[1], conversation_id


def _assert_whole(database: Path) -> None:
    store = Store.open(database)
    try:
        assert store.check() == []
    finally:
        store.close()
