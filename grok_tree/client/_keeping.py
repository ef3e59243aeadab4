"""Copies of a server's database, and how it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import anyio
import anyio.to_thread

from grok_tree.client._connection import Connection
from grok_tree.errors import ConnectionFailedError, InvalidOperationError
from grok_tree.forest import Health
from grok_tree.wire import health_from_wire, pb

CHECK_TIMEOUT_S = 3600.0
"""Every text of the database is read."""


async def save_backup(
    connection: Connection, path: str | os.PathLike[str], *, overwrite: bool
) -> int:
    """Copy the server's database into a file, whole or not at all; return its size in bytes.

    Raises:
        InvalidOperationError: The file exists and may not be overwritten.
        ConnectionFailedError: The copy did not come whole.
        StoreCorrupted: The database is damaged, so its copy is too.
        OSError: The file cannot be written.
    """
    target = anyio.Path(path)
    if not overwrite and await target.exists():
        raise InvalidOperationError(f"{target} exists already; name another file, or overwrite it")
    part = target.with_name(target.name + ".part")
    try:
        pieces = connection.stream("Backup", pb.BackupRequest(), timeout=CHECK_TIMEOUT_S)
        async with aclosing(pieces):
            await _write(pieces, part)
        await anyio.to_thread.run_sync(_verify, Path(part))
        size = (await part.stat()).st_size
        await part.replace(target)
    finally:
        with anyio.CancelScope(shield=True):
            await part.unlink(missing_ok=True)
    return size


async def check_store(connection: Connection) -> Health:
    """Let the server look for damage in its database."""
    request = pb.CheckStoreRequest()
    return health_from_wire(await connection.call("CheckStore", request, timeout=CHECK_TIMEOUT_S))


async def _write(pieces: AsyncGenerator[pb.BackupPiece, None], part: anyio.Path) -> None:
    digest = hashlib.sha256()
    expected = b""
    async with await anyio.open_file(part, "wb") as file:
        async for piece in pieces:
            await file.write(piece.data)
            digest.update(piece.data)
            expected = piece.sha256
        await file.flush()
        await anyio.to_thread.run_sync(os.fsync, file.wrapped.fileno())
    if digest.digest() != expected:
        raise ConnectionFailedError("the copy of the database did not come whole; try again")


def _verify(part: Path) -> None:
    # Imported when needed: it brings SQL with it.
    from grok_tree.store import verify_backup

    verify_backup(part)
