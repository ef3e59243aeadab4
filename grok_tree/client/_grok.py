"""Conversations: begin, open, list and find them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from grok_tree.client._attaching import attached_sampling
from grok_tree.client._conversation import Conversation
from grok_tree.client._exporting import Target, write_conversations
from grok_tree.client._importing import (
    Batch,
    ImportReport,
    OnProgress,
    Outcome,
    Source,
    batches_of,
    merge_documents,
    report_of,
)
from grok_tree.client._merging import documents_of, opened_store
from grok_tree.client._mirror_finding import Finding
from grok_tree.client._response import Response
from grok_tree.client._sampling import SamplingGroup
from grok_tree.errors import ServerUnavailable
from grok_tree.forest import (
    NAMED_PROMPTS,
    ConversationChange,
    ConversationId,
    ResponseId,
    SearchHit,
    checked_field,
)
from grok_tree.forest import Conversation as ConversationValue
from grok_tree.wire import conversation_from_wire, hit_from_wire, pb

if TYPE_CHECKING:
    from grok_tree.client._client import AsyncClient


@dataclass(frozen=True)
class ConversationPage(Sequence[Conversation]):
    """Some conversations, last modified first.

    Attributes:
        conversations: Handles; their responses are not loaded.
        next_page_token: For the next page; empty on the last.
    """

    conversations: tuple[Conversation, ...]
    next_page_token: str = ""

    def __len__(self) -> int:
        return len(self.conversations)

    @overload
    def __getitem__(self, place: int) -> Conversation: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Conversation]: ...
    def __getitem__(self, place: int | slice) -> Conversation | Sequence[Conversation]:
        return self.conversations[place]

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self.conversations)


@dataclass(frozen=True)
class SearchPage(Sequence[SearchHit]):
    """Some hits, newest first.

    Attributes:
        hits: Where the words were found.
        next_page_token: For the next page; empty on the last.
    """

    hits: tuple[SearchHit, ...]
    next_page_token: str = ""

    def __len__(self) -> int:
        return len(self.hits)

    @overload
    def __getitem__(self, place: int) -> SearchHit: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[SearchHit]: ...
    def __getitem__(self, place: int | slice) -> SearchHit | Sequence[SearchHit]:
        return self.hits[place]


@dataclass(frozen=True)
class ResolvedId:
    """What an id or its beginning names.

    Attributes:
        conversation_ids: At most 10.
        response_ids: At most 10.
    """

    conversation_ids: tuple[ConversationId, ...]
    response_ids: tuple[ResponseId, ...]


class Grok:
    """The conversations of a server."""

    def __init__(self, client: AsyncClient) -> None:
        """Clients make these."""
        self._client = client
        self._finding = Finding(client._mirror, client._connection)

    def create_conversation(
        self,
        model_name: str = "",
        fun_mode: bool = False,  # noqa: FBT001, FBT002 - as the original has it
        system_prompt: str | None = None,
        title: str | None = None,
    ) -> Conversation:
        """Begin a conversation; the server learns of it at its first use.

        Args:
            model_name: Sampled when a call names none; kept with the conversation.
            fun_mode: Use the named system prompt ``fun``.
            system_prompt: What every sampling is told first.
            title: Its title.
        """
        change = ConversationChange(
            title=checked_field(title or "", "title"),
            model_name=model_name,
            system_prompt=checked_field(system_prompt or "", "system prompt"),
            system_prompt_name="fun" if fun_mode and "fun" in NAMED_PROMPTS else "",
        )
        return self._handle(None, change)

    async def get_conversation(
        self,
        conversation_id: str,
        model_name: str = "",
        fun_mode: bool = False,  # noqa: FBT001, FBT002 - as the original has it
    ) -> Conversation:
        """Open a conversation with all its responses.

        Args:
            conversation_id: Its id.
            model_name: Changes the model that is kept with it; empty leaves it.
            fun_mode: Changes its system prompt to the one named ``fun``.

        Raises:
            ConversationNotFound: There is none of this id.
            ConversationDeletedError: It was deleted.
        """
        conversation = self._handle(conversation_id)
        await conversation.load()
        if model_name:
            await conversation._update(ConversationChange(model_name=model_name))
        if fun_mode:
            await conversation._update(ConversationChange(system_prompt_name="fun"))
        return conversation

    async def get_response(self, response_id: str) -> Response:
        """Open the conversation of a response with all its responses, and return the response.

        Raises:
            ResponseNotFound: There is none of this id.
            ConversationDeletedError: Its conversation was deleted.
        """
        request = pb.GetResponsesRequest(response_ids=[response_id])
        try:
            reply = await self._finding.call("GetResponses", request)
            conversation_id = reply.responses[0].conversation_id
        except ServerUnavailable as away:
            conversation_id = await self._finding.conversation_of(response_id, away)
        conversation = await self.get_conversation(conversation_id)
        return conversation.get_response(response_id)

    async def attach(self, sampling_id: str, *, timeout: float | None = None) -> SamplingGroup:
        """Follow a sampling that any client began, from its first token; it may have ended.

        Leaving it leaves the model to its other readers; `cancel` stops it for all.

        Args:
            sampling_id: What `Sampling.sampling_id` was; known to the server for 24 hours.
            timeout: Seconds until following fails; None for the client's, or an hour.

        Raises:
            SamplingNotFound: None of this id runs, or is remembered.
        """
        call = attached_sampling(self, sampling_id, timeout)
        started = await call.begun()
        return SamplingGroup(call, len(started.response_ids))

    async def list_conversations(
        self,
        *,
        page_size: int = 50,
        page_token: str = "",
        deleted: bool = False,
        starred: bool | None = None,
    ) -> ConversationPage:
        """Return a page of conversations, last modified first.

        Args:
            page_size: 1 to 500.
            page_token: Of the page before; empty for the first.
            deleted: List the deleted ones instead.
            starred: Only those that are, or are not, starred; None for all.
        """
        request = pb.ListConversationsRequest(
            page_size=page_size, page_token=page_token, deleted=deleted
        )
        if starred is not None:
            request.starred = starred
        try:
            reply = await self._finding.call("ListConversations", request)
            found = [conversation_from_wire(message) for message in reply.conversations]
            token = reply.next_page_token
            await self._finding.keep_listed(request, found, token)
        except ServerUnavailable as away:
            found, token = await self._finding.conversations(request, away)
        return ConversationPage(tuple(map(self._listed, found)), token)

    async def iter_conversations(
        self, *, deleted: bool = False, starred: bool | None = None
    ) -> AsyncIterator[Conversation]:
        """Yield all conversations, last modified first."""
        token = ""
        while True:
            page = await self.list_conversations(page_token=token, deleted=deleted, starred=starred)
            for conversation in page:
                yield conversation
            token = page.next_page_token
            if not token:
                return

    async def search(self, text: str, *, page_size: int = 50, page_token: str = "") -> SearchPage:
        """Find words in titles and responses, newest first; the last may be a beginning.

        Args:
            text: Plain words; all of them must occur.
            page_size: 1 to 500.
            page_token: Of the page before; empty for the first.
        """
        query = checked_field(text, "search")
        request = pb.SearchRequest(query=query, page_size=page_size, page_token=page_token)
        try:
            reply = await self._finding.call("Search", request)
        except ServerUnavailable as away:
            rows = await self._finding.search(request, away)
            return SearchPage(tuple(rows.hits), rows.next_token)
        return SearchPage(tuple(map(hit_from_wire, reply.hits)), reply.next_page_token)

    async def import_file(
        self,
        source: Source,
        *,
        format: str | None = None,
        into: Response | str | None = None,
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
        return await report_of(self.iter_import(source, format=format, into=into), on_progress)

    async def iter_import(
        self, source: Source, *, format: str | None = None, into: Response | str | None = None
    ) -> AsyncGenerator[Outcome, None]:
        """Do what `import_file` does, and yield every conversation as soon as it is stored."""
        under = "" if into is None else await self._existing(into)
        async with opened_store(source) as other, AsyncExitStack() as stack:
            batches = batches_of(source, format) if other is None else documents_of(other)
            merging = self._merged(batches, under=under)
            outcomes = await stack.enter_async_context(aclosing(merging))
            async for one in outcomes:
                yield one

    async def merge(
        self, other: AsyncClient | Source, *, on_progress: OnProgress | None = None
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
        from grok_tree.client._client import AsyncClient  # it imports this module

        if isinstance(other, AsyncClient):
            outcomes = self._merged(documents_of(other))
            return await report_of(outcomes, on_progress)
        return await self.import_file(other, on_progress=on_progress)

    async def export(
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
        chosen = self.iter_conversations() if conversations is None else self._named(conversations)
        return await write_conversations(
            self._client, chosen, target, format_name=format, options=options
        )

    async def _named(self, ids: Iterable[str]) -> AsyncIterator[Conversation]:
        for one in ids:
            yield await self.get_conversation(one)

    def _merged(
        self, batches: AsyncGenerator[Batch, None], *, under: str = ""
    ) -> AsyncGenerator[Outcome, None]:
        client = self._client
        return merge_documents(client._connection, client.files, batches, under=under)

    async def _existing(self, into: Response | str) -> ResponseId:
        response_id = into if isinstance(into, str) else into.response_id
        return (await self.get_response(response_id)).response_id

    async def resolve_id(self, prefix: str) -> ResolvedId:
        """Return the ids that begin with a prefix.

        Raises:
            InvalidOperationError: It is not the beginning of an id.
        """
        request = pb.ResolveIdRequest(prefix=prefix)
        try:
            reply = await self._finding.call("ResolveId", request)
        except ServerUnavailable as away:
            rows = await self._finding.resolve(prefix, away)
            return ResolvedId(tuple(rows.conversation_ids), tuple(rows.response_ids))
        return ResolvedId(
            tuple(ConversationId(one) for one in reply.conversation_ids),
            tuple(ResponseId(one) for one in reply.response_ids),
        )

    def _listed(self, value: ConversationValue) -> Conversation:
        conversation = self._handle(value.conversation_id)
        conversation._cache.set_conversation(value)
        conversation._deleted = value.deleted
        return conversation

    def _handle(
        self, conversation_id: str | None, change: ConversationChange | None = None
    ) -> Conversation:
        beginning = change or ConversationChange()
        return Conversation(self._client, conversation_id, beginning)
