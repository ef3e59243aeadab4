"""The blocking twins of what a client offers: its conversations, and its models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from grok_tree.client._exporting import Target
from grok_tree.client._grok import Grok, ResolvedId, SearchPage
from grok_tree.client._importing import ImportReport, OnProgress, Outcome, Source
from grok_tree.client._models import Models
from grok_tree.client._portal import Portal
from grok_tree.client._response import Response
from grok_tree.client._sync_conversation import SyncConversation
from grok_tree.client._sync_response import SyncResponse
from grok_tree.client._sync_sampling import SyncSamplingGroup
from grok_tree.forest import Model

if TYPE_CHECKING:
    from grok_tree.client._sync_client import Client


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
        from grok_tree.client._sync_client import Client  # it imports this module

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
