"""Conversations, as the original's programs keep them."""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import Any

from google.protobuf.empty_pb2 import Empty

from grok_tree.errors import (
    ConversationDeletedError,
    InvalidOperationError,
    NotFoundError,
    StoreError,
)
from grok_tree.forest import (
    Conversation,
    ConversationChange,
    Origin,
    ResponseDraft,
    ResponseId,
)
from grok_tree.server._announcing import announce
from grok_tree.server._guard import Context
from grok_tree.server.original._budget import budget_left
from grok_tree.server.original._images import kept_images
from grok_tree.server.original._options import check_promises, settings_of, system_prompt_for
from grok_tree.server.original._responses import responses_of
from grok_tree.server.original._said import iter_said
from grok_tree.server.original._values import conversation_of, response_of
from grok_tree.service import LARGEST_PAGE, Forests, Ids, SampleCommand, SystemIds
from grok_tree.wire.original import chat, sampler

NEXT_PAGE_KEY = "grok-tree-next-page-token"
"""Trailing metadata that says where the next page begins; the original's replies cannot."""


class ChatDoor:
    """Serves `prompt_ide.Chat`.

    The original's calls have no request id, so a repeat is a call of its own.
    """

    def __init__(self, forests: Forests, ids: Ids | None = None) -> None:
        """Open the door.

        Args:
            forests: The use cases behind it.
            ids: Where the ids of requests come from.
        """
        self._forests = forests
        self._ids = ids or SystemIds()

    async def CreateConversation(self, request: chat.CreateConversationRequest, _: Context) -> Any:
        created = await self._forests.create_conversation(
            self._ids.new_id(), system_prompt_name=request.system_prompt_name
        )
        return conversation_of(created)

    async def GetConversation(self, request: chat.GetConversationRequest, _: Context) -> Any:
        """Return a conversation with all that was said in it, in the order of creation."""
        found = await self._forests.get_conversation(request.conversation_id)
        return conversation_of(found, await responses_of(self._forests, found.conversation_id))

    async def ListConversations(
        self, request: chat.ListConversationsRequest, context: Context
    ) -> Any:
        """Return a page of conversations; all of them to a caller who names no size."""
        size, token = request.page_size or LARGEST_PAGE, request.next_page_token
        found: list[Conversation] = []
        while True:
            page = await self._forests.list_conversations(
                page_size=_page_size(size), page_token=token
            )
            found += page.conversations
            token = page.next_page_token
            if request.page_size or not token:
                break
        _say_next_page(context, token)
        return chat.Conversations(conversations=map(conversation_of, found))

    async def SearchConversations(
        self, request: chat.SearchConversationsRequest, context: Context
    ) -> Any:
        """Return the conversations of a page of hits, each once, those of the newest hits first."""
        page = await self._forests.search(
            request.query,
            page_size=_page_size(request.page_size or LARGEST_PAGE),
            page_token=request.next_page_token,
        )
        found = []
        for conversation_id in dict.fromkeys(hit.conversation_id for hit in page.hits):
            with suppress(NotFoundError, ConversationDeletedError):  # it went meanwhile
                found.append(await self._forests.get_conversation(conversation_id))
        _say_next_page(context, page.next_page_token)
        return chat.Conversations(conversations=map(conversation_of, found))

    async def UpdateConversation(self, request: chat.UpdateConversationRequest, _: Context) -> Any:
        """Write title and star, both: the original's request cannot leave one out."""
        change = ConversationChange(title=request.title, starred=request.starred)
        updated = await self._forests.update_conversation(
            self._ids.new_id(), request.conversation_id, change
        )
        return conversation_of(updated)

    async def DeleteConversation(self, request: chat.DeleteConversationRequest, _: Context) -> Any:
        await self._forests.delete_conversation(self._ids.new_id(), request.conversation_id)
        return Empty()

    async def GenerateTitle(self, request: chat.GenerateTitleRequest, _: Context) -> Any:
        titled = await self._forests.generate_title(
            self._ids.new_id(),
            request.conversation_id,
            leaf_response_id=request.leaf_response_id or None,
        )
        return chat.Title(new_title=titled.title)

    async def AddModelResponse(self, request: chat.AddModelResponseRequest, _: Context) -> Any:
        """Store a model's response written by hand; it becomes the leaf, as it does there."""
        draft = ResponseDraft(
            sender="assistant",
            message=request.message,
            partial=request.partial,
            parent_response_id=ResponseId(request.parent_response_id) or None,
            origin=Origin(kind="manual"),
        )
        stored = await self._forests.add_responses(
            self._ids.new_id(), request.conversation_id, [draft], leaf_index=0
        )
        return response_of(stored[0])

    async def ShareConversation(self, request: chat.ShareConversationRequest, _: Context) -> Any:
        response = await self._forests.get_visible_response(request.response_id)
        if response.conversation_id != request.conversation_id:
            raise InvalidOperationError(
                f"response {request.response_id} belongs to conversation"
                f" {response.conversation_id}, not to {request.conversation_id!r}",
                response_id=request.response_id,
                conversation_id=request.conversation_id,
            )
        share = await self._forests.share(self._ids.new_id(), request.response_id)
        return chat.Shared(shared_id=share.share_id)

    async def AddResponse(self, request: chat.AddResponseRequest, context: Context) -> None:
        """Store the human response, send the answer as it comes, and what is left of the budget.

        Leaving the stream stops the model; what came is kept as a partial response.
        """
        options = request.additional_options
        run = await self._forests.sample(await self._command(request))
        await announce(context, run)
        async with aclosing(run.follow()) as batches:
            async for batch in batches:
                async for message in iter_said(self._forests, batch, options):
                    await context.write(message)
        with suppress(StoreError):  # the answer is complete, and an error would spoil it
            left = await budget_left(self._forests)
            await context.write(chat.Said(token=sampler.Sampled(budget=left)))

    async def _command(self, request: chat.AddResponseRequest) -> SampleCommand:
        check_promises(request)
        options = request.additional_options
        return SampleCommand(
            request_id=self._ids.new_id(),
            conversation_id=request.conversation_id,
            parent_response_id=request.parent_response_id or None,
            message=request.message,
            model_name=request.model_name,
            settings=settings_of(options),
            attachments=await kept_images(self._forests, request.image_attachments),
            system_prompt=await system_prompt_for(
                self._forests, request.conversation_id, request.system_prompt_name, options
            ),
        )


def _page_size(asked: int) -> int:
    if asked < 0:
        raise InvalidOperationError(f"page_size is {asked}; ask for 1 or more, or for no size")
    return asked


def _say_next_page(context: Context, token: str) -> None:
    if token:
        context.set_trailing_metadata(((NEXT_PAGE_KEY, token),))
