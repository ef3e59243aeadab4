"""The chat whose client keeps the history: what it sends becomes a forest."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from google.protobuf.empty_pb2 import Empty

from grok_tree.errors import ConversationNotFound, InvalidOperationError
from grok_tree.forest import Sender, named_prompt
from grok_tree.server._announcing import announce
from grok_tree.server._caller import caller_of
from grok_tree.server._guard import Context
from grok_tree.server.original._images import images_in
from grok_tree.server.original._options import check_promises, found_text, settings_of
from grok_tree.server.original._said import iter_said
from grok_tree.server.original._said_stateless import stateless_of
from grok_tree.service import Forests, Ids, Said, StatelessCall, SystemIds, response_in, title_of
from grok_tree.wire.original import stateless

DOOR = "original/stateless"

_SENDERS: dict[int, Sender] = {
    stateless.StatelessResponse.HUMAN: "human",
    stateless.StatelessResponse.ASSISTANT: "assistant",
}


class StatelessDoor:
    """Serves `prompt_ide.StatelessChat`.

    A `stateless_conversation_id` names a conversation of the caller's key; without one the path
    goes where the longest beginning of it is known.
    """

    def __init__(self, forests: Forests, ids: Ids | None = None) -> None:
        """Open the door.

        Args:
            forests: The use cases behind it.
            ids: Where the ids of requests come from.
        """
        self._forests = forests
        self._ids = ids or SystemIds()

    async def AddResponse(self, request: stateless.StatelessConversation, context: Context) -> None:
        """Record what was said, and send the answer in pieces as it comes."""
        run = await self._forests.record(self._call(request, context))
        await announce(context, run)
        async with aclosing(run.follow()) as batches:
            async for batch in batches:
                async for said in iter_said(self._forests, batch, request.additional_options):
                    piece = stateless_of(said)
                    if piece is not None:
                        await context.write(piece)

    async def LogForDebugging(
        self, request: stateless.StatelessConversation, context: Context
    ) -> Any:
        """Record what was said, without asking a model."""
        call = self._call(request, context)
        if call.record and self._forests.records:
            await self._forests.place(call)
        return Empty()

    async def DeleteLoggedConversations(
        self, request: stateless.DeleteLoggedConversationsRequest, context: Context
    ) -> Any:
        """Hide the conversation that the caller's key recorded under an id.

        What the original's accounting key was is not known; here it is the
        `stateless_conversation_id` of what was logged.
        """
        name = request.accounting_key
        found = await self._forests.recorded_conversation(caller_of(context).scope, name)
        if found is None:
            raise ConversationNotFound(
                f"this key has recorded no conversation as {name!r}; name one by the"
                " stateless_conversation_id that was sent with it"
            )
        await self._forests.delete_conversation(self._ids.new_id(), found)
        return Empty()

    def _call(self, request: stateless.StatelessConversation, context: Context) -> StatelessCall:
        check_promises(request)
        caller = caller_of(context)
        files: dict[str, bytes] = {}
        path = [_said(one, files) for one in request.responses]
        return StatelessCall(
            request_id=self._ids.new_id(),
            door=DOOR,
            client=caller.client,
            scope=caller.scope,
            path=tuple(path),
            system_prompt=_system_prompt(request),
            model_name=request.model_name,
            answering_model=caller.model,
            settings=settings_of(request.additional_options),
            parent_response_id=caller.parent,
            conversation=caller.conversation or request.stateless_conversation_id,
            title=caller.conversation or (title_of(path[0].message) if path else ""),
            files=files,
            record=caller.record,
        )


def _said(message: stateless.StatelessResponse, files: dict[str, bytes]) -> Said:
    """Return a response; contents of its images are added to `files`."""
    sender = _SENDERS.get(message.sender)
    if sender is None:
        raise InvalidOperationError(
            f"a response is of sender {message.sender}; it must be 1 (human) or 2 (assistant)"
        )
    texts = list(message.image_inputs)
    if message.image_attachment.image_url:
        texts.append(message.image_attachment.image_url)
    images = images_in(texts)
    files.update(images.files)
    return Said(
        sender=sender,
        message=message.message,
        attachments=images.attachments,
        response_id=response_in(message.debug_log.prompt),
    )


def _system_prompt(request: stateless.StatelessConversation) -> str:
    """Return what the model is told first, the caller's name included if it may know it."""
    told = [named_prompt(request.system_prompt_name)]
    if request.expose_username_to_grok and (request.name or request.username):
        told.append(f"You talk to {request.name or request.username} (@{request.username}).")
    if request.additional_options.HasField("injected_search_context"):
        told.append(found_text(request.additional_options.injected_search_context))
    return "\n\n".join(filter(None, told))
