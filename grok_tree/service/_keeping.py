"""Use cases of the database as a whole: copy it, and see how it is."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import anyio.to_thread

from grok_tree.errors import StoreError
from grok_tree.forest import Health
from grok_tree.service._base import UseCases


class KeepingUseCases(UseCases):
    """What keeps forests safe."""

    @asynccontextmanager
    async def backup(self) -> AsyncIterator[Path]:
        """Give a file with everything as it is at one instant; it goes when the block is left."""
        made = await anyio.to_thread.run_sync(self._scratch)
        # A thread is not cancelled with the call that waits for it, so it is told.
        left = threading.Event()
        try:
            target = Path(made.name) / "backup.db"
            await anyio.to_thread.run_sync(self._store.backup, target, left.is_set)
            yield target
        finally:
            left.set()
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(made.cleanup)

    async def check_store(self) -> Health:
        """Look for damage in the database, and for what may lead to it."""
        return await anyio.to_thread.run_sync(self._store.health)

    def _scratch(self) -> TemporaryDirectory[str]:
        try:
            return self._store.scratch()
        except OSError as error:
            raise StoreError(
                f"{self._store.description} cannot be copied, because there is no place to make"
                f" the copy in: {error.strerror}"
            ) from error
