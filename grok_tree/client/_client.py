"""The client: where the server is, who we are, and the parts of the interface."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio
import anyio.to_thread
import platformdirs

from grok_tree.client._budget import read_budget
from grok_tree.client._channel import ChannelOptions
from grok_tree.client._connection import (
    Metadata,
    Place,
    RemotePlace,
)
from grok_tree.client._doors import Doors, open_doors
from grok_tree.client._embedder import Embedder
from grok_tree.client._files import Files
from grok_tree.client._grok import Grok
from grok_tree.client._keeping import Progress, check_store, save_backup
from grok_tree.client._mirror import Mirror
from grok_tree.client._mirror_folder import mirror_folder
from grok_tree.client._models import Models
from grok_tree.client._other_sdks import AsyncSdks
from grok_tree.client._raw import RawSampler
from grok_tree.client._texts import TextConnection
from grok_tree.errors import GrokTreeError, InvalidOperationError
from grok_tree.forest import FRESH_BUDGET, Budget, Ceiling, Health, check_ceiling, uuid7_text

if TYPE_CHECKING:
    import openai
    import xai_sdk

    from grok_tree.client._conversation import Conversation


class AsyncClient:
    """The way to a grok_tree server, for programs with an event loop.

    Works with or without ``async with``; without, it is opened by the first call and closed when
    the program ends.
    """

    def __init__(
        self,
        api_host: str | None = None,
        *,
        api_key: str | None = None,
        metadata: Metadata | None = None,
        timeout: float | None = None,
        channel_options: ChannelOptions | None = None,
        mirror: bool = True,
        model: str | None = None,
        database: str | os.PathLike[str] | None = None,
        initial_rng_seed: int | None = None,
        max_cost_usd: float | None = None,
        max_tokens: int | None = None,
        budget: str | None = None,
    ) -> None:
        """Make a client; nothing is opened before the first call.

        Args:
            api_host: ``host:port`` or ``unix:PATH`` of a server. Loopback addresses are spoken to
                in the clear, others through TLS unless ``insecure://`` stands before them. None:
                the environment variable GROK_TREE_HOST (unless a database is named), else the
                embedded server of this machine.
            api_key: The server's key; None: GROK_TREE_API_KEY, else no key.
            metadata: Pairs that are sent with every call.
            timeout: Seconds that each call may take, repeats included; None for 60, and an hour
                where a call streams.
            channel_options: gRPC channel options, rather than our own of the same name. A call
                that finds no server is tried 5 times within about 3 s; ``grpc.service_config``
                changes that and ``("grpc.enable_retries", 0)`` turns it off.
            mirror: Keep a local copy of what is read from a remote server, so that little travels
                twice, and so that everything stays readable while the server is away.
            model: Sampled when neither the call nor the conversation names one; None:
                GROK_TREE_MODEL, else the server's default.
            database: The embedded server's file, or the URL of a PostgreSQL database; None:
                GROK_TREE_DATABASE, else a file in the user's data folder.
            initial_rng_seed: Seeds of samplings that name none count up from it; None leaves the
                choice to the model.
            max_cost_usd: What all that this client samples may cost. The most that a call may cost
                is reserved before the model is asked, and a call that does not fit is refused.
            max_tokens: How many tokens it may use, prompts included.
            budget: Name of the budget on the server that these limits are of. It lasts, and is
                shared by all who name it; without limits, those hold that it has. None: a fresh
                one, if there are limits.

        Raises:
            InvalidOperationError: An argument cannot be used.
        """
        if api_host is not None and database is not None:
            raise InvalidOperationError(
                f"api_host {api_host!r} and database {str(database)!r} exclude each other:"
                " a remote server has its own database"
            )
        host = api_host
        if host is None and database is None:
            host = os.environ.get("GROK_TREE_HOST") or None
        if api_key is None:
            api_key = os.environ.get("GROK_TREE_API_KEY")
        self.mirror = mirror
        self._model = model if model is not None else os.environ.get("GROK_TREE_MODEL", "")
        self._next_rng_seed = initial_rng_seed
        self._ceiling = self._ceiling_of(max_cost_usd, max_tokens, budget)
        place = _place(host, database, self._model)
        self._connection = TextConnection(
            place,
            api_key=api_key,
            metadata=metadata or (),
            timeout=timeout,
            options=channel_options or (),
        )
        self._mirror = None
        if mirror and host is not None:
            self._mirror = Mirror(self._connection, mirror_folder(), host, api_key)
        self._sdks = AsyncSdks(self._connection)
        self._unsent: set[Conversation] = set()
        self.grok = Grok(self)
        self.models = Models(self._connection)
        self.files = Files(self._connection)
        self.sampler = RawSampler(self._connection, self._next_seed, self._ceiling)
        self.embedder = Embedder(self._connection, self._ceiling)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def backup(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> int:
        """Copy the server's whole database, as it is at one instant, into an SQLite file.

        The server goes on meanwhile; the file is whole and checked, or not there at all, and only
        this user may read it.

        Args:
            path: Where to.
            overwrite: Whether a file that is there may be replaced.
            progress: Called with the bytes that have come, and how many there are in all.

        Returns:
            Its size in bytes.

        Raises:
            InvalidOperationError: The file exists.
            StoreCorrupted: The database is damaged, so its copy is too.
            OSError: The file cannot be written.
        """
        return await save_backup(self._connection, path, overwrite=overwrite, progress=progress)

    async def budget(self) -> Budget | None:
        """Return what this client's budget allows and what is left of it.

        Of a client without one, that of the server; None if that has none either.
        """
        return await read_budget(self._connection, self._ceiling)

    @property
    def chat(self) -> xai_sdk.aio.chat.Client:
        """The chats of the official xAI SDK, on this server: ``client.chat.create(...)``.

        What is said through it is kept as forests. In an event loop, the first use may wait until
        the embedded server runs. An empty model stands for the server's default.

        Raises:
            ExtraMissing: The extra ``xai`` is not installed.
        """
        return self._sdks.xai().chat

    @property
    def compat(self) -> openai.AsyncOpenAI:
        """OpenAI's client, on this server; what is said through it is kept as forests.

        An empty model stands for the server's default.

        Raises:
            ExtraMissing: The package ``openai`` is not installed.
        """
        return self._sdks.openai()

    async def doors(self) -> Doors:
        """Open every door of the server and return where they are.

        An embedded server listens on a port for HTTP from then on.

        Raises:
            ExtraMissing: The server lacks what it needs to listen.
        """
        return await open_doors(self._connection)

    async def check_store(self) -> Health:
        """Let the server look for damage in its database, and for what may lead to it."""
        return await check_store(self._connection)

    async def close(self) -> None:
        """Close the channel, and the embedded server if nobody else uses it."""
        try:
            await self._disconnect()
        finally:
            # A server is waited for in another thread, so that this event loop goes on.
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._release)

    def _release(self) -> None:
        """Give back the mirror, and the embedded server."""
        try:
            if self._mirror is not None:
                self._mirror.release()
        finally:
            self._connection.release()

    async def _disconnect(self) -> None:
        """Send what was selected and not yet stored, and close the channel."""
        for conversation in list(self._unsent):
            with suppress(GrokTreeError):  # the server is gone; nothing more can be done
                await conversation._stored()
        await self._sdks.close()
        await self._connection.close()

    def _new_request_id(self) -> str:
        return uuid7_text(time.time_ns() // 1_000_000, secrets.randbits(74))

    def _ceiling_of(
        self, max_cost_usd: float | None, max_tokens: int | None, name: str | None
    ) -> Ceiling | None:
        if max_cost_usd is None and max_tokens is None and name is None:
            return None
        own = f"{FRESH_BUDGET}{self._new_request_id()}" if name is None else name
        ceiling = Ceiling(name=own, max_tokens=max_tokens, max_cost_usd=max_cost_usd)
        check_ceiling(ceiling)
        return ceiling

    def _next_seed(self, n: int) -> int | None:
        seed = self._next_rng_seed
        if seed is not None:
            self._next_rng_seed = seed + n
        return seed

    def __repr__(self) -> str:
        return f"<AsyncClient of {self._connection.describe()}>"


def default_database() -> str | Path:
    """Return the embedded server's file, or URL, when nobody names one."""
    given = os.environ.get("GROK_TREE_DATABASE")
    return given or Path(platformdirs.user_data_dir("grok-tree")) / "forests.db"


def _place(host: str | None, database: str | os.PathLike[str] | None, model: str) -> Place:
    if host is not None:
        return RemotePlace(host)
    # Imported when needed: a client of a remote server must not pay for a server's libraries.
    from grok_tree.client._embedded import EmbeddedPlace

    return EmbeddedPlace(default_database() if database is None else os.fspath(database), model)
