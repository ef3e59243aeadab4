"""What a conversation asks of the server; every reply goes into the conversation's cache."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import anyio

from grok_tree.client._cache import Cache
from grok_tree.client._connection import Connection
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    Ceiling,
    ConversationChange,
    ConversationId,
    MarkChange,
    ResponseDraft,
    ResponseId,
    Share,
    TokenLogprob,
    check_mark_change,
    checked_field,
    checked_text,
)
from grok_tree.wire import (
    ceiling_to_wire,
    change_to_wire,
    conversation_from_wire,
    draft_to_wire,
    logprobs_from_wire,
    mark_change_to_wire,
    pb,
    share_from_wire,
)


class Remote:
    """The calls of one conversation; the only place of its handles that knows messages."""

    def __init__(
        self, connection: Connection, new_request_id: Callable[[], str], cache: Cache
    ) -> None:
        """Prepare calls.

        Args:
            connection: To the server.
            new_request_id: Makes the id of each call that changes something.
            cache: Where replies go.
        """
        self._connection = connection
        self._new_request_id = new_request_id
        self._cache = cache
        self._creating = anyio.Lock()
        self._create_request = new_request_id()
        self.id: str | None = None

    @property
    def conversation_id(self) -> ConversationId:
        """The id.

        Raises:
            InvalidOperationError: The server does not have the conversation yet.
        """
        if self.id is None:
            raise InvalidOperationError(
                "this conversation was not created yet; await create(), or add a response first"
            )
        return ConversationId(self.id)

    async def call(self, method: str, request: Any, *, timeout: float | None = None) -> Any:
        """Make a call."""
        return await self._connection.call(method, request, timeout=timeout)

    def stream(
        self, method: str, request: Any, *, timeout: float | None = None
    ) -> AsyncGenerator[Any, None]:
        """Make a call that gives messages; closing the iterator cancels the call."""
        return self._connection.stream(method, request, timeout=timeout)

    async def cancel_sampling(self, sampling_id: str) -> None:
        """Stop a sampling."""
        await self.call("CancelSampling", pb.CancelSamplingRequest(sampling_id=sampling_id))

    async def create(self, beginning: ConversationChange) -> None:
        """Create the conversation, once however many ask at the same time."""
        async with self._creating:
            if self.id is not None:
                return
            request = pb.CreateConversationRequest(
                request_id=self._create_request,
                title=beginning.title or "",
                model_name=beginning.model_name or "",
                system_prompt=beginning.system_prompt or "",
                system_prompt_name=beginning.system_prompt_name or "",
            )
            created = conversation_from_wire(await self.call("CreateConversation", request))
            self._cache.set_conversation(created)
            self._cache.revision = created.revision
            self.id = created.conversation_id

    async def read_changes(self, since: int) -> None:
        """Read what has changed after a revision."""

        async def take(page: pb.ChangesPage) -> None:
            for response in page.responses:
                self._cache.put(response)
            if page.HasField("conversation"):
                self._cache.set_conversation(conversation_from_wire(page.conversation))
            if page.last:
                self._cache.revision = page.revision

        await self.read_pages(since, None, take)

    async def read_pages(
        self,
        since: int,
        position: int | None,
        take: Callable[[pb.ChangesPage], Awaitable[None]],
    ) -> None:
        """Read what has changed after a revision, or within it after a position, page by page."""
        request = pb.ListChangesRequest(
            conversation_id=self.conversation_id, since_revision=since, since_position=position
        )
        async with aclosing(self._connection.stream("ListChanges", request)) as pages:
            async for page in pages:
                await take(page)

    async def fetch(self, response_id: str) -> None:
        """Read the newest state of one response.

        Raises:
            ResponseNotFound: There is none of this id in this conversation.
        """
        request = pb.GetResponsesRequest(response_ids=[response_id])
        found = (await self.call("GetResponses", request)).responses[0]
        if found.conversation_id != self.conversation_id:
            self._cache.response(response_id)  # raises: it is another conversation's
        self._cache.put(found)

    async def update(self, change: ConversationChange) -> None:
        """Change the conversation's own fields."""
        for what in ("title", "system_prompt"):
            value = getattr(change, what)
            if isinstance(value, str):
                checked_field(value, what.replace("_", " "))
        request = change_to_wire(self._new_request_id(), self.conversation_id, change)
        self._take(await self.call("UpdateConversation", request))

    async def generate_title(self, leaf: str, model_name: str, budget: Ceiling | None) -> None:
        """Let a model write the title."""
        request = pb.GenerateTitleRequest(
            request_id=self._new_request_id(),
            conversation_id=self.conversation_id,
            leaf_response_id=leaf,
            model_name=model_name,
            budget=ceiling_to_wire(budget),
        )
        self._take(await self.call("GenerateTitle", request))

    async def delete(self) -> None:
        """Hide the conversation."""
        request = pb.DeleteConversationRequest(
            request_id=self._new_request_id(), conversation_id=self.conversation_id
        )
        await self.call("DeleteConversation", request)

    async def restore(self) -> None:
        """Show the conversation again."""
        request = pb.RestoreConversationRequest(
            request_id=self._new_request_id(), conversation_id=self.conversation_id
        )
        self._take(await self.call("RestoreConversation", request))

    def check(self, drafts: list[ResponseDraft]) -> None:
        """Check drafts before anything is sent.

        Raises:
            InvalidOperationError: A text cannot be stored.
        """
        for draft in drafts:
            checked_text(draft.message, "message")
            checked_text(draft.reasoning, "reasoning")
            check_mark_change(MarkChange(note=draft.marks.note, add_tags=draft.marks.tags))

    async def add(
        self, drafts: list[ResponseDraft], leaf_index: int | None, *, timeout: float | None
    ) -> list[str]:
        """Store responses as they are and return their ids.

        Raises:
            InvalidOperationError: All together are too much for one call.
        """
        request = pb.AddResponsesRequest(
            request_id=self._new_request_id(),
            conversation_id=self.conversation_id,
            drafts=map(draft_to_wire, drafts),
            leaf_index=leaf_index,
        )
        stored = (await self.call("AddResponses", request, timeout=timeout)).responses
        for draft, response in zip(drafts, stored, strict=True):
            # The texts do not travel back: we have them.
            response.message, response.reasoning = draft.message, draft.reasoning
            self._cache.put(response)
        if leaf_index is not None:
            leaf = stored[leaf_index]
            self._cache.set_leaf(ResponseId(leaf.response_id), leaf.revision)
        return [response.response_id for response in stored]

    async def mark(self, response_id: str, change: MarkChange) -> None:
        """Change the marks of a response."""
        check_mark_change(change)
        request = mark_change_to_wire(self._new_request_id(), response_id, change)
        self._cache.put(await self.call("MarkResponse", request))

    async def share(self, response_id: str) -> Share:
        """Publish the path to a response."""
        request = pb.ShareRequest(request_id=self._new_request_id(), response_id=response_id)
        share = share_from_wire(await self.call("Share", request))
        await self.fetch(response_id)
        return share

    async def unshare(self, response_id: str) -> int:
        """Take back every share of a response; return how many there were."""
        request = pb.UnshareRequest(request_id=self._new_request_id(), response_id=response_id)
        n_removed: int = (await self.call("Unshare", request)).n_removed
        await self.fetch(response_id)
        return n_removed

    async def shares(self) -> list[Share]:
        """Return every share of the conversation."""
        request = pb.ListSharesRequest(conversation_id=self.conversation_id)
        return [share_from_wire(one) for one in (await self.call("ListShares", request)).shares]

    async def delete_response(self, response_id: str) -> int:
        """Hide a response and what is below it; return how many."""
        request = pb.DeleteResponseRequest(
            request_id=self._new_request_id(), response_id=response_id
        )
        n_hidden: int = (await self.call("DeleteResponse", request)).n_hidden
        await self.read_changes(self._cache.revision)
        return n_hidden

    async def restore_response(self, response_id: str) -> int:
        """Undo one deletion; return how many are visible again."""
        request = pb.RestoreResponseRequest(
            request_id=self._new_request_id(), response_id=response_id
        )
        n_restored: int = (await self.call("RestoreResponse", request)).n_restored
        await self.read_changes(self._cache.revision)
        return n_restored

    async def purge(self) -> int:
        """Remove the deleted conversation for good; return how many responses it had."""
        request = pb.PurgeConversationRequest(
            request_id=self._new_request_id(), conversation_id=self.conversation_id
        )
        n_purged: int = (await self.call("PurgeConversation", request)).n_purged
        return n_purged

    async def purge_response(self, response_id: str) -> int:
        """Remove the contents of a deleted response and of all below it; return how many."""
        request = pb.PurgeResponseRequest(
            request_id=self._new_request_id(), response_id=response_id
        )
        n_purged: int = (await self.call("PurgeResponse", request)).n_purged
        await self.read_changes(self._cache.revision)
        return n_purged

    async def logprobs(self, response_id: str, offset: int) -> list[TokenLogprob]:
        """Return the log-probabilities of a response, whose first token begins at `offset`."""
        request = pb.GetLogprobsRequest(response_id=response_id)
        pages = self._connection.stream("GetLogprobs", request)
        messages = [one async for page in pages for one in page.logprobs]
        return logprobs_from_wire(messages, offset)

    def _take(self, message: pb.Conversation) -> None:
        self._cache.set_conversation(conversation_from_wire(message))
