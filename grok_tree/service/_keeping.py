"""Use cases of the database as a whole: copy it, and see how it is."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread

from grok_tree.forest import Health
from grok_tree.service._base import UseCases


class KeepingUseCases(UseCases):
    """What keeps forests safe."""

    @asynccontextmanager
    async def backup(self) -> AsyncIterator[Path]:
        """Give a file with everything as it is at one instant; it goes when the block is left."""
        made = await anyio.to_thread.run_sync(self._scratch)
        try:
            target = Path(made.name) / "backup.db"
            await anyio.to_thread.run_sync(self._store.backup, target)
            yield target
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(made.cleanup)

    async def check_store(self) -> Health:
        """Look for damage in the database, and for what may lead to it."""
        return await anyio.to_thread.run_sync(self._store.health)

    def _scratch(self) -> tempfile.TemporaryDirectory[str]:
        # Beside the database: there is more room there than where small files are kept.
        return tempfile.TemporaryDirectory(
            prefix="grok-tree-backup-", dir=self._store.folder, ignore_cleanup_errors=True
        )
