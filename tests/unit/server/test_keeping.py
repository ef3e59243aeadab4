"""Sending a copy of the database, of which nothing stays open, whenever its reader leaves."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from grok_tree.server._keeping import PIECE_BYTES, send_copy
from grok_tree.wire import pb

pytestmark = pytest.mark.anyio


class Reader:
    """Takes what it is sent."""

    def __init__(self) -> None:
        self.pieces: list[pb.BackupPiece] = []

    async def write(self, piece: pb.BackupPiece) -> None:
        self.pieces.append(piece)


async def test_a_reader_that_leaves_at_any_moment_leaves_no_file_open(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(bytes(2 * PIECE_BYTES))
    reader: Any = Reader()
    for n_turns in [*range(100)] * 3:
        task = asyncio.get_running_loop().create_task(send_copy(copy, reader))
        for _ in range(n_turns):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await send_copy(copy, reader)
    assert reader.pieces[-1].sha256
