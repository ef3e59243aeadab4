"""Use cases of conversations: begin, read, list, change, delete and restore."""

from __future__ import annotations

from grok_tree.forest import (
    Conversation,
    ConversationChange,
    ConversationId,
    checked_field,
    named_prompt,
)
from grok_tree.service._base import UseCases, page_limit
from grok_tree.service._live import live_conversation, response_of
from grok_tree.service._requests import ConversationPage
from grok_tree.store import Writer


class ConversationUseCases(UseCases):
    """What can be done with a whole conversation."""

    async def create_conversation(
        self,
        request_id: str,
        *,
        title: str = "",
        model_name: str = "",
        system_prompt: str = "",
        system_prompt_name: str = "",
    ) -> Conversation:
        """Begin an empty conversation."""
        change = ConversationChange(
            title=title,
            model_name=model_name,
            system_prompt=system_prompt,
            system_prompt_name=system_prompt_name,
        )
        self._check_change(change)
        now = self._world.clock.now()
        conversation = Conversation(
            conversation_id=ConversationId(self._world.ids.new_id()),
            create_time=now,
            modify_time=now,
            title=title,
            model_name=model_name,
            system_prompt=system_prompt,
            system_prompt_name=system_prompt_name,
            revision=1,
        )

        def work(writer: Writer) -> Conversation:
            writer.insert_conversation(conversation)
            return conversation

        return await self._once(
            request_id, "create_conversation", change, result=Conversation, work=work
        )

    async def get_conversation(self, conversation_id: str) -> Conversation:
        """Return a conversation's own fields."""
        return await self._read(lambda reader: live_conversation(reader, conversation_id))

    async def list_conversations(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        deleted: bool = False,
        starred: bool | None = None,
    ) -> ConversationPage:
        """Return a page of conversations, last modified first."""
        limit = page_limit(page_size)
        rows = await self._read(
            lambda reader: reader.conversations(
                limit=limit, after=page_token, deleted=deleted, starred=starred
            )
        )
        return ConversationPage(rows.conversations, rows.next_token)

    async def update_conversation(
        self, request_id: str, conversation_id: str, change: ConversationChange
    ) -> Conversation:
        """Change the fields that are set, and only those."""
        self._check_change(change)
        now = self._world.clock.now()

        def work(writer: Writer) -> Conversation:
            live_conversation(writer, conversation_id)
            if isinstance(change.leaf_response_id, str):
                response_of(writer, change.leaf_response_id, conversation_id)
            return writer.update_conversation(conversation_id, change, now)

        body = (conversation_id, change)
        return await self._once(
            request_id, "update_conversation", body, result=Conversation, work=work
        )

    async def delete_conversation(self, request_id: str, conversation_id: str) -> Conversation:
        """Hide a conversation until it is restored."""
        return await self._set_deleted(request_id, conversation_id, deleted=True)

    async def restore_conversation(self, request_id: str, conversation_id: str) -> Conversation:
        """Undo a deletion; restoring one that is not deleted changes nothing."""
        return await self._set_deleted(request_id, conversation_id, deleted=False)

    async def purge_conversation(self, request_id: str, conversation_id: str) -> int:
        """Remove a deleted conversation for good; return how many responses it had.

        Raises:
            InvalidOperationError: It is not deleted, or something in it is being sampled.
        """
        return await self._once(
            request_id,
            "purge_conversation",
            conversation_id,
            result=int,
            work=lambda writer: writer.purge_conversation(conversation_id),
        )

    async def _set_deleted(
        self, request_id: str, conversation_id: str, *, deleted: bool
    ) -> Conversation:
        now = self._world.clock.now()

        def work(writer: Writer) -> Conversation:
            found = writer.conversation(conversation_id)
            if found.deleted == deleted:
                return found
            return writer.set_conversation_deleted(conversation_id, deleted=deleted, now=now)

        method = "delete_conversation" if deleted else "restore_conversation"
        return await self._once(request_id, method, conversation_id, result=Conversation, work=work)

    def _check_change(self, change: ConversationChange) -> None:
        for what in ("title", "system_prompt"):
            value = getattr(change, what)
            if isinstance(value, str):
                checked_field(value, what.replace("_", " "))
        if isinstance(change.system_prompt_name, str):
            named_prompt(change.system_prompt_name)
        if isinstance(change.model_name, str) and change.model_name:
            self._check_model(change.model_name)
