"""Copies of a server's database, and how it is."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import IO

import anyio.to_thread

from grok_tree.client._connection import Connection
from grok_tree.errors import ConnectionFailedError, InvalidOperationError
from grok_tree.forest import Health
from grok_tree.wire import health_from_wire, pb

Progress = Callable[[int, int], None]
"""Told how many bytes have come, and of how many."""

CHECK_TIMEOUT_S = 3600.0
"""Every text of the database is read."""


async def save_backup(
    connection: Connection,
    path: str | os.PathLike[str],
    *,
    overwrite: bool,
    progress: Progress | None,
) -> int:
    """Copy the server's database into a file, whole or not at all; return its size in bytes.

    Raises:
        InvalidOperationError: The file exists and may not be overwritten.
        ConnectionFailedError: The copy did not come whole.
        StoreCorrupted: The database is damaged, so its copy is too.
        OSError: The file cannot be written.
    """
    target = Path(path)
    _check_absent(target, overwrite=overwrite)
    part = await anyio.to_thread.run_sync(_part_of, target)
    try:
        pieces = connection.stream("Backup", pb.BackupRequest(), timeout=CHECK_TIMEOUT_S)
        async with aclosing(pieces):
            size = await _write(pieces, part, progress)
        await anyio.to_thread.run_sync(_verify, part)
        _check_absent(target, overwrite=overwrite)  # it may have come meanwhile
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return size


async def check_store(connection: Connection) -> Health:
    """Let the server look for damage in its database."""
    request = pb.CheckStoreRequest()
    return health_from_wire(await connection.call("CheckStore", request, timeout=CHECK_TIMEOUT_S))


async def _write(
    pieces: AsyncGenerator[pb.BackupPiece, None], part: Path, progress: Progress | None
) -> int:
    digest, size, total = hashlib.sha256(), 0, 0
    expected = b""
    # Not opened in a thread: a call that is left meanwhile would not learn what it has to close.
    with part.open("wb") as file:
        async for piece in pieces:
            await anyio.to_thread.run_sync(file.write, piece.data)
            digest.update(piece.data)
            size, total = size + len(piece.data), total or piece.total_bytes
            expected = piece.sha256
            if progress is not None:
                progress(size, total)
        await anyio.to_thread.run_sync(_settle, file)
    if digest.digest() != expected:
        raise ConnectionFailedError(
            f"only {size:,} of {total:,} bytes of the database came, so nothing was kept; try again"
        )
    return size


def _settle(file: IO[bytes]) -> None:
    """Let the disk have what was written."""
    file.flush()
    os.fsync(file.fileno())


def _check_absent(target: Path, *, overwrite: bool) -> None:
    if not overwrite and target.exists():
        raise InvalidOperationError(f"{target} exists already; name another file, or overwrite it")


def _part_of(target: Path) -> Path:
    """Make a file beside another which only this user may read: a backup holds everything."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    return Path(name)


def _verify(part: Path) -> None:
    # Imported when needed: it brings SQL with it.
    from grok_tree.store import verify_backup

    verify_backup(part)
