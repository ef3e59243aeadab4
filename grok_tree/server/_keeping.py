"""The calls that concern the database as a whole."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import anyio.to_thread

from grok_tree.server._guard import Context
from grok_tree.service import Forests
from grok_tree.wire import ForestsServicer, health_to_wire, pb

PIECE_BYTES = 512 * 1024


class KeepingCalls(ForestsServicer):
    """Copies the database, and looks at it."""

    _forests: Forests

    async def Backup(self, _request: pb.BackupRequest, context: Context) -> None:  # type: ignore[override]
        """Send the copy in pieces; the digest on the last one says that it is whole."""
        async with self._forests.backup() as copy:
            await send_copy(copy, context)

    async def CheckStore(self, _request: pb.CheckStoreRequest, _: Context) -> Any:
        return health_to_wire(await self._forests.check_store())


async def send_copy(copy: Path, context: Context) -> None:
    digest = hashlib.sha256()
    # Not opened in a thread: a call that is left meanwhile would not learn what it has to close.
    with copy.open("rb") as file:
        total = os.fstat(file.fileno()).st_size
        sent = 0
        while sent < total:
            data = await anyio.to_thread.run_sync(file.read, PIECE_BYTES)
            digest.update(data)
            is_first, sent = sent == 0, sent + len(data)
            await context.write(
                pb.BackupPiece(
                    data=data,
                    total_bytes=total if is_first else 0,
                    sha256=digest.digest() if sent >= total else b"",
                )
            )
