"""The mirror of one client: which file it is, found out from the server or from the last time."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import anyio.to_thread

from grok_tree.client._connection import Connection
from grok_tree.client._knock import may_answer
from grok_tree.errors import (
    AlreadyExists,
    DeadlineExceededError,
    GrokTreeError,
    ServerUnavailable,
    StoreCorrupted,
    StoreError,
)
from grok_tree.wire import pb

if TYPE_CHECKING:
    from grok_tree.client._mirror_files import MirrorFile
    from grok_tree.store import Reader, Writer

T = TypeVar("T")

_KEY_ROUNDS = 100_000

_PATIENCE_S = 5.0
"""How long a server that was away may take to say that it is back; the channel waits before it
connects again."""


class Mirror:
    """A local copy of what one user sees of one server, for reading when the server is away."""

    def __init__(
        self, connection: Connection, folder: Path, address: str, api_key: str | None
    ) -> None:
        """Prepare; nothing is opened before the first use.

        Args:
            connection: To the server.
            folder: Where mirrors are kept.
            address: The server's.
            api_key: Tells users apart while the server cannot; it is not kept.
        """
        self._connection = connection
        self._folder = folder
        self._address = address
        self._api_key = api_key
        self._opening = threading.Lock()
        self._file: MirrorFile | None = None
        self._released = False
        self._away = False

    async def find_server(self) -> None:
        """Look whether a server that was away is back, without the patience of other calls.

        Raises:
            ServerUnavailable: It is not.
        """
        if not self._away:
            return
        if not await may_answer(self._address):
            raise ServerUnavailable(
                f"the server at {self._address} is still away; see that it runs and try again"
            )
        await self._who_am_i()

    async def online(self) -> MirrorFile | None:
        """Return the mirror of the database that is behind the address now.

        It is asked each time: a restored database has the same address and other contents.

        Returns:
            The mirror; None when none can be kept, of which the user was warned.

        Raises:
            ServerUnavailable: The server is away.
        """
        reply = await self._who_am_i()
        if not reply.database_id:
            return None  # an older server, which cannot be told from its restored self
        return await anyio.to_thread.run_sync(self._open, reply.user, reply.database_id)

    async def offline(self) -> MirrorFile | None:
        """Return the mirror as it was left, None when there is none."""
        self._away = True
        return await anyio.to_thread.run_sync(self._open_known)

    def release(self) -> None:
        """Give the mirror back."""
        with self._opening:
            self._released = True
            self._give_back()

    async def _who_am_i(self) -> pb.WhoAmIResponse:
        timeout = _PATIENCE_S if self._away else None
        try:
            reply: pb.WhoAmIResponse = await self._connection.call(
                "WhoAmI", pb.WhoAmIRequest(), timeout=timeout
            )
        except DeadlineExceededError as late:
            if not self._away:
                raise
            raise ServerUnavailable(f"the server is still away: {late.message}") from late
        self._away = False
        return reply

    def _open(self, user: str, database_id: str) -> MirrorFile | None:
        # Imported when needed: a client that only samples must not pay for a database's libraries.
        from grok_tree.client._mirror_files import mirror_path, open_mirror

        with self._opening:
            file = self._file
            if file is not None and not file.closed and file.database_id == database_id:
                return file
            self._give_back()
            if self._released:
                return None
            self._file = open_mirror(mirror_path(self._folder, self._address, user), database_id)
            if self._file is not None:
                self._note_user(user)
            return self._file

    def _open_known(self) -> MirrorFile | None:
        from grok_tree.client._mirror_files import mirror_path, open_mirror

        with self._opening:
            if self._file is not None and not self._file.closed:
                return self._file
            self._give_back()
            user = self._noted_user()
            if user is None or self._released:
                return None
            self._file = open_mirror(mirror_path(self._folder, self._address, user), None)
            return self._file

    def _give_back(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            from grok_tree.client._mirror_files import release_mirror

            release_mirror(file)

    def _note(self) -> Path:
        """Return the file that says who we were; only one who has the key can find it."""
        key = (self._api_key or "").encode()
        salt = f"{self._address}\n".encode()
        name = hashlib.pbkdf2_hmac("sha256", key, salt, _KEY_ROUNDS if key else 1, 12).hex()
        return self._folder / f"{name}.user.json"

    def _note_user(self, user: str) -> None:
        note = self._note()
        if self._noted_user() != user:
            scratch = note.with_suffix(".new")
            scratch.write_text(json.dumps({"address": self._address, "user": user}))
            scratch.replace(note)

    def _noted_user(self) -> str | None:
        try:
            noted = json.loads(self._note().read_text())
        except (OSError, ValueError):
            return None
        user = noted.get("user") if isinstance(noted, dict) else None
        return user if isinstance(user, str) else None


async def read_mirror(file: MirrorFile, look: Callable[[Reader], T]) -> T:
    """Look at one snapshot of a mirror, in another thread."""
    return await anyio.to_thread.run_sync(file.read, look)


async def write_mirror(file: MirrorFile, work: Callable[[Writer], T]) -> T:
    """Change a mirror, in another thread."""
    return await anyio.to_thread.run_sync(file.write, work)


async def doubt_mirror(file: MirrorFile, why: GrokTreeError) -> None:
    """Say what went wrong with a mirror; one that is damaged is put aside.

    Raises:
        GrokTreeError: It was the server that failed.
    """
    if why.grpc_status is not None or not isinstance(why, StoreError | AlreadyExists):
        raise why
    from grok_tree.client._mirror_files import discard_mirror, warn

    if isinstance(why, StoreCorrupted | AlreadyExists):
        await anyio.to_thread.run_sync(discard_mirror, file, why)
    elif not file.closed:
        warn(f"the mirror {file.path} could not be used this time: {why}")


def now() -> datetime:
    """Return the time, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - below a client there is no service with a clock
