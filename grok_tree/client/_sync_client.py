"""The blocking client: the same names, for programs without an event loop and for notebooks."""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING, Self

from grok_tree.client._channel import ChannelOptions
from grok_tree.client._client import AsyncClient
from grok_tree.client._connection import Metadata
from grok_tree.client._doors import Doors
from grok_tree.client._keeping import Progress
from grok_tree.client._other_sdks import SyncSdks
from grok_tree.client._portal import Portal
from grok_tree.client._sync_files import SyncFiles
from grok_tree.client._sync_grok import SyncGrok, SyncModels
from grok_tree.client._sync_raw import SyncEmbedder, SyncRawSampler
from grok_tree.forest import Budget, Health

if TYPE_CHECKING:
    import openai
    import xai_sdk


class Client:
    """The way to a grok_tree server, for blocking programs.

    Works with or without ``with``; without, it is opened by the first call and closed when the
    program ends. It has an event loop of its own, so it also works where another one is running,
    as in a notebook.
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

        The arguments are those of `AsyncClient`.
        """
        self._client = AsyncClient(
            api_host,
            api_key=api_key,
            metadata=metadata,
            timeout=timeout,
            channel_options=channel_options,
            mirror=mirror,
            model=model,
            database=database,
            initial_rng_seed=initial_rng_seed,
            max_cost_usd=max_cost_usd,
            max_tokens=max_tokens,
            budget=budget,
        )
        self.mirror = mirror
        self._portal = Portal(self._client._disconnect)
        self._sdks = SyncSdks(self._client._connection, self.doors)
        self.grok = SyncGrok(self._portal, self._client.grok)
        self.models = SyncModels(self._portal, self._client.models)
        self.files = SyncFiles(self._portal, self._client.files)
        self.sampler = SyncRawSampler(self._portal, self._client.sampler)
        self.embedder = SyncEmbedder(self._portal, self._client.embedder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def backup(
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
        backup = self._client.backup
        return self._portal.run(backup, path, overwrite=overwrite, progress=progress)

    def budget(self) -> Budget | None:
        """Return what this client's budget allows and what is left of it.

        Of a client without one, that of the server; None if that has none either.
        """
        return self._portal.run(self._client.budget)

    @property
    def chat(self) -> xai_sdk.chat.Client:
        """The chats of the official xAI SDK, on this server: ``client.chat.create(...)``.

        What is said through it is kept as forests. In an event loop, the first use may wait until
        the embedded server runs. An empty model stands for the server's default.

        Raises:
            ExtraMissing: The extra ``xai`` is not installed.
        """
        return self._sdks.xai().chat

    @property
    def compat(self) -> openai.OpenAI:
        """OpenAI's client, on this server; what is said through it is kept as forests.

        An empty model stands for the server's default.

        Raises:
            ExtraMissing: The package ``openai`` is not installed.
        """
        return self._sdks.openai()

    def doors(self) -> Doors:
        """Open every door of the server and return where they are.

        An embedded server listens on a port for HTTP from then on.

        Raises:
            ExtraMissing: The server lacks what it needs to listen.
        """
        return self._portal.run(self._client.doors)

    def check_store(self) -> Health:
        """Let the server look for damage in its database, and for what may lead to it."""
        return self._portal.run(self._client.check_store)

    def close(self) -> None:
        """Close the channel, and the embedded server if nobody else uses it."""
        self._sdks.close()
        try:
            self._portal.close()
        finally:
            self._client._release()

    def __repr__(self) -> str:
        return f"<Client of {self._client._connection.describe()}>"
