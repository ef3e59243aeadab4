"""R7: a backup of a served database is whole, and is one instant of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread

from grok_tree.store import Store
from grok_tree.wire import pb
from tests.faults._clients import Scribe, Told
from tests.faults._figures import Shown
from tests.faults._servers import Phoenix, calls_to, heard, new_request_id
from tests.faults.test_power_cuts import everything_in, unfinished_leaves

pytestmark = pytest.mark.anyio

N_CLIENTS = 8


class Twins:
    """Two conversations that grow in turn: at any instant the first is as long, or one longer."""

    def __init__(self, calls: Any) -> None:
        self._calls = calls
        self.ids: list[str] = []

    async def begin(self) -> None:
        for _ in range(2):
            request = pb.CreateConversationRequest(request_id=new_request_id())
            made = await heard(self._calls.CreateConversation, request)
            self.ids.append(made.conversation_id)

    async def grow(self) -> None:
        for conversation_id in self.ids:
            draft = pb.ResponseDraft(sender="system", message="in turn")
            request = pb.AddResponsesRequest(
                request_id=new_request_id(), conversation_id=conversation_id, drafts=[draft]
            )
            await heard(self._calls.AddResponses, request)


async def test_a_backup_under_load_is_one_instant(tmp_path: Path, shown: Shown) -> None:
    n_backups = shown.numbers["backups"]
    shown.doing("R7", f"{n_backups} backups while {N_CLIENTS} clients write")
    told, over = Told(), anyio.Event()
    n_bytes = 0

    async def write(name: str) -> None:
        async with calls_to(phoenix.host) as calls:
            scribe = Scribe(name, calls, told, shown.random)
            await scribe.begin()
            while not over.is_set():
                await scribe.work()

    async def grow() -> None:
        while not over.is_set():
            await twins.grow()

    with Phoenix(tmp_path / "forests.db") as phoenix:
        async with calls_to(phoenix.host) as calls, anyio.create_task_group() as tasks:
            twins = Twins(calls)
            await twins.begin()
            tasks.start_soon(grow)
            for number in range(N_CLIENTS):
                tasks.start_soon(write, f"client {number}")
            for number in range(n_backups):
                known = dict(told.texts)
                copy = await backed_up(calls)
                n_bytes += len(copy)
                gone = told.deleted | told.pending_deletes
                path = tmp_path / f"{number}.db"
                await to_thread.run_sync(assert_one_instant, path, copy, known, gone, twins.ids)
            over.set()
    shown.kept(
        f"{n_backups} of {n_backups} open and are one instant, {n_bytes / 2**20:.1f} MiB;"
        f" {told.n_calls:,} calls acknowledged meanwhile"
    )


async def backed_up(calls: Any) -> bytes:
    """Return a backup, which must say itself that it is whole."""
    pieces = [piece async for piece in calls.Backup(pb.BackupRequest())]
    copy = b"".join(piece.data for piece in pieces)
    assert len(copy) == pieces[0].total_bytes
    assert hashlib.sha256(copy).digest() == pieces[-1].sha256
    return copy


def assert_one_instant(
    path: Path, copy: bytes, known: dict[str, str], gone: set[str], twins: list[str]
) -> None:
    """Open a backup; check that it holds what was acknowledged before it began.

    Args:
        path: Where to put it.
        copy: Its content.
        known: The texts that were acknowledged.
        gone: Responses that may have been deleted by its end.
        twins: The two conversations that grow in turn.
    """
    path.write_bytes(copy)
    store = Store.open(path)
    try:
        assert store.check() == []
        assert unfinished_leaves(store) == []
        there = {str(one.response_id): one.message for one in everything_in(store)}
        with store.read() as reader:
            first, second = (reader.conversation(one).n_responses for one in twins)
    finally:
        store.close()
    kept = {key: text for key, text in known.items() if key not in gone}
    assert {key: there.get(key) for key in kept} == kept
    assert first - second in (0, 1)
