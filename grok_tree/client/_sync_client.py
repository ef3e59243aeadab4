"""The blocking client: the same names, for programs without an event loop and for notebooks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self, overload

from grok_tree.client._channel import ChannelOptions
from grok_tree.client._client import AsyncClient
from grok_tree.client._connection import Metadata
from grok_tree.client._doors import Doors
from grok_tree.client._exporting import Target
from grok_tree.client._grok import Grok, ResolvedId, SearchPage
from grok_tree.client._importing import ImportReport, OnProgress, Outcome, Source
from grok_tree.client._keeping import Progress
from grok_tree.client._models import Models
from grok_tree.client._other_sdks import SyncSdks
from grok_tree.client._portal import Portal
from grok_tree.client._response import Response
from grok_tree.client._sync_conversation import SyncConversation
from grok_tree.client._sync_files import SyncFiles
from grok_tree.client._sync_raw import SyncEmbedder, SyncRawSampler
from grok_tree.client._sync_response import SyncResponse
from grok_tree.client._sync_sampling import SyncSamplingGroup
from grok_tree.forest import Budget, Health, Model

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


class SyncModels:
    """The models of the server."""

    def __init__(self, portal: Portal, models: Models) -> None:
        """Clients make these."""
        self._portal = portal
        self._models = models

    def list(self) -> list[Model]:
        """Return every model, also those that cannot be used there now."""
        return self._portal.run(self._models.list)


@dataclass(frozen=True)
class SyncConversationPage(Sequence[SyncConversation]):
    """Some conversations, last modified first.

    Attributes:
        conversations: Handles; their responses are not loaded.
        next_page_token: For the next page; empty on the last.
    """

    conversations: tuple[SyncConversation, ...]
    next_page_token: str = ""

    def __len__(self) -> int:
        return len(self.conversations)

    @overload
    def __getitem__(self, place: int) -> SyncConversation: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[SyncConversation]: ...
    def __getitem__(self, place: int | slice) -> SyncConversation | Sequence[SyncConversation]:
        return self.conversations[place]


class SyncGrok:
    """The conversations of a server."""

    def __init__(self, portal: Portal, grok: Grok) -> None:
        """Clients make these."""
        self._portal = portal
        self._grok = grok

    def create_conversation(
        self,
        model_name: str = "",
        fun_mode: bool = False,  # noqa: FBT001, FBT002 - as the original has it
        system_prompt: str | None = None,
        title: str | None = None,
    ) -> SyncConversation:
        """Begin a conversation; the server learns of it at its first use.

        Args:
            model_name: Sampled when a call names none; kept with the conversation.
            fun_mode: Use the named system prompt ``fun``.
            system_prompt: What every sampling is told first.
            title: Its title.
        """
        create = self._grok.create_conversation
        return SyncConversation(self._portal, create(model_name, fun_mode, system_prompt, title))

    def get_conversation(
        self,
        conversation_id: str,
        model_name: str = "",
        fun_mode: bool = False,  # noqa: FBT001, FBT002 - as the original has it
    ) -> SyncConversation:
        """Open a conversation with all its responses.

        Args:
            conversation_id: Its id.
            model_name: Changes the model that is kept with it; empty leaves it.
            fun_mode: Changes its system prompt to the one named ``fun``.

        Raises:
            ConversationNotFound: There is none of this id.
            ConversationDeletedError: It was deleted.
        """
        get = self._grok.get_conversation
        opened = self._portal.run(get, conversation_id, model_name, fun_mode)
        return SyncConversation(self._portal, opened)

    def get_response(self, response_id: str) -> SyncResponse:
        """Open the conversation of a response with all its responses, and return the response.

        Raises:
            ResponseNotFound: There is none of this id.
            ConversationDeletedError: Its conversation was deleted.
        """
        return self._wrap(self._portal.run(self._grok.get_response, response_id))

    def attach(self, sampling_id: str, *, timeout: float | None = None) -> SyncSamplingGroup:
        """Follow a sampling that any client began, from its first token; it may have ended.

        Leaving it leaves the model to its other readers; `cancel` stops it for all.

        Args:
            sampling_id: What `Sampling.sampling_id` was; known to the server for 24 hours.
            timeout: Seconds until following fails; None for the client's, or an hour.

        Raises:
            SamplingNotFound: None of this id runs, or is remembered.
        """
        group = self._portal.run(self._grok.attach, sampling_id, timeout=timeout)
        return SyncSamplingGroup(self._portal, group, self._wrap)

    def list_conversations(
        self,
        *,
        page_size: int = 50,
        page_token: str = "",
        deleted: bool = False,
        starred: bool | None = None,
    ) -> SyncConversationPage:
        """Return a page of conversations, last modified first.

        Args:
            page_size: 1 to 500.
            page_token: Of the page before; empty for the first.
            deleted: List the deleted ones instead.
            starred: Only those that are, or are not, starred; None for all.
        """
        page = self._portal.run(
            self._grok.list_conversations,
            page_size=page_size,
            page_token=page_token,
            deleted=deleted,
            starred=starred,
        )
        found = tuple(SyncConversation(self._portal, one) for one in page)
        return SyncConversationPage(found, page.next_page_token)

    def iter_conversations(
        self, *, deleted: bool = False, starred: bool | None = None
    ) -> Iterator[SyncConversation]:
        """Yield all conversations, last modified first."""
        token = ""
        while True:
            page = self.list_conversations(page_token=token, deleted=deleted, starred=starred)
            yield from page
            token = page.next_page_token
            if not token:
                return

    def search(self, text: str, *, page_size: int = 50, page_token: str = "") -> SearchPage:
        """Find words in titles and responses, newest first; the last may be a beginning.

        Args:
            text: Plain words; all of them must occur.
            page_size: 1 to 500.
            page_token: Of the page before; empty for the first.
        """
        search = self._grok.search
        return self._portal.run(search, text, page_size=page_size, page_token=page_token)

    def import_file(
        self,
        source: Source,
        *,
        format: str | None = None,
        into: SyncResponse | str | None = None,
        on_progress: OnProgress | None = None,
    ) -> ImportReport:
        """Bring the conversations of a file, an archive or a folder.

        Each is stored wholly or not at all, and what is here already is not added again: the same
        file twice adds nothing, and a newer export of the same account adds what is new in it.

        Args:
            source: Where it is, or an open file.
            format: Its name, as in ``grok_tree.formats.known_formats()``; None: it is recognised.
            into: A response, or its id, to attach everything to, as a part of its conversation.
            on_progress: Is told of every conversation as soon as it is stored.

        Raises:
            FormatNotFound: No format knows the file.
            MalformedDocument: The file cannot be read, or not to its end; what was stored before
                that stays.
            ResponseNotFound: `into` does not exist.
        """
        return self._portal.run(
            self._grok.import_file,
            source,
            format=format,
            into=into.response_id if isinstance(into, SyncResponse) else into,
            on_progress=on_progress,
        )

    def iter_import(
        self, source: Source, *, format: str | None = None, into: SyncResponse | str | None = None
    ) -> Iterator[Outcome]:
        """Do what `import_file` does, and yield every conversation as soon as it is stored."""
        under = into.response_id if isinstance(into, SyncResponse) else into
        outcomes = self._grok.iter_import(source, format=format, into=under)

        async def following() -> Outcome | None:
            return await anext(outcomes, None)

        try:
            while (outcome := self._portal.run(following)) is not None:
                yield outcome
        finally:
            self._portal.run(outcomes.aclose)

    def merge(
        self, other: Client | Source, *, on_progress: OnProgress | None = None
    ) -> ImportReport:
        """Unite what another store has with this one; nothing of either is lost.

        Responses are the same where their ids and what they say are the same; of two that say
        different things under one id both are kept, and the report lists them. Marks are united
        by the latest time of each. Merging again adds nothing.

        Args:
            other: A client of the other store, or the path of its database, of an export or of an
                archive.
            on_progress: Is told of every conversation as soon as it is stored.
        """
        theirs = other._client if isinstance(other, Client) else other
        return self._portal.run(self._grok.merge, theirs, on_progress=on_progress)

    def export(
        self,
        target: Target,
        conversations: Iterable[str] | None = None,
        *,
        format: str | None = None,
        **options: str | int,
    ) -> int:
        """Write conversations to a file and return the number of responses.

        A file is complete or not there at all.

        Args:
            target: Where to, or an open file.
            conversations: Their ids; None for all.
            format: Its name, as in ``grok_tree.formats.known_formats()``; None: the native one, or
                what the file's ending says.
            options: Choices of the format.

        Raises:
            ConversationNotFound: One of them does not exist.
            FormatNotFound: There is no such format, or it cannot be written.
            OSError: The file cannot be written.
        """
        return self._portal.run(self._grok.export, target, conversations, format=format, **options)

    def resolve_id(self, prefix: str) -> ResolvedId:
        """Return the ids that begin with a prefix.

        Raises:
            InvalidOperationError: It is not the beginning of an id.
        """
        return self._portal.run(self._grok.resolve_id, prefix)

    def _wrap(self, response: Response) -> SyncResponse:
        return SyncConversation(self._portal, response.conversation)._wrap(response)
