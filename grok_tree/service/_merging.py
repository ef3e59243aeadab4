"""Uniting conversations that come from elsewhere with what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

import msgspec

from grok_tree.errors import (
    ConflictError,
    InvalidOperationError,
    NotFoundError,
)
from grok_tree.forest import (
    NAMED_PROMPTS,
    Conversation,
    Response,
    checked_field,
)
from grok_tree.formats import Document
from grok_tree.service._base import UseCases
from grok_tree.service._drafts import check_said
from grok_tree.service._uniting import Merged, Uniting
from grok_tree.store import Writer

_LARGEST_RESPONSE_FACTS = 768 * 1024
"""Most bytes that a response has beside its texts: all of them travel in one message."""

_LARGEST_OFFSET = 2**32 - 1
_UNKNOWN_MODEL = "its model {name!r} is not known here: the default is sampled"
_UNKNOWN_PROMPT = "its named system prompt {name!r} is not known here: it has none now"


class MergeUseCases(UseCases):
    """What can be done with conversations that were read from a file or another store."""

    async def merge(self, document: Document, *, under: str = "") -> Merged:
        """Unite a conversation with what is stored, wholly or not at all.

        What is here already is not added again: the same document twice adds nothing. Of two
        responses that have one id and say different things both are kept. Marks are united by
        the latest time of each.

        Args:
            document: The conversation.
            under: Attach its roots to this response, as a part of that one's conversation.
        """
        return await self.begin_merge(document, under=under).done()

    def begin_merge(self, document: Document, *, under: str = "") -> Merging:
        """Do the same, and return at once with what can be awaited.

        Several that are begun one after another are stored in this order and together, which is
        much faster than one by one.
        """
        try:
            _check(document)
        except InvalidOperationError as error:
            refused: Future[Merged] = Future()
            refused.set_exception(error)
            return Merging(document, refused)
        conversation, notes = self._usable_here(document.conversation)
        now = self._world.clock.now()

        def work(writer: Writer) -> Merged:
            return Uniting(writer, document, conversation, now).done(under)

        return Merging(document, self._store.submit(work), notes)

    def _usable_here(self, conversation: Conversation) -> tuple[Conversation, list[str]]:
        """Return a conversation without names that mean nothing here, and what was left out."""
        notes = []
        if conversation.system_prompt_name and conversation.system_prompt_name not in NAMED_PROMPTS:
            notes.append(_UNKNOWN_PROMPT.format(name=conversation.system_prompt_name))
            conversation = msgspec.structs.replace(conversation, system_prompt_name="")
        try:
            if conversation.model_name:
                self._check_model(conversation.model_name)
        except NotFoundError:
            notes.append(_UNKNOWN_MODEL.format(name=conversation.model_name))
            conversation = msgspec.structs.replace(conversation, model_name="")
        return conversation, notes


class Merging:
    """A merge that was begun."""

    def __init__(
        self, document: Document, stored: Future[Merged], notes: Sequence[str] = ()
    ) -> None:
        self._document = document
        self._stored = stored
        self._notes = tuple(notes)

    async def done(self) -> Merged:
        """Wait until it is stored, or refused."""
        try:
            merged = await asyncio.wrap_future(self._stored)
        except (InvalidOperationError, NotFoundError, ConflictError) as error:
            return Merged(
                conversation_id=self._document.conversation.conversation_id, refusal=str(error)
            )
        return replace(merged, notes=self._notes) if merged.is_new else merged


def _check(document: Document) -> None:
    conversation = document.conversation
    checked_field(conversation.title, "title")
    checked_field(conversation.system_prompt, "system prompt")
    for number, response in enumerate(document.responses):
        check_said(response, f"response {number}")
        _check_offsets(response, number)
        # Nearly every response has next to nothing beside its text, and costs one comparison.
        if response.origin.raw or response.attachments or response.tool_calls or response.citations:
            _check_size(response, number)


def _check_offsets(response: Response, number: int) -> None:
    """Check that the places in texts that a response names can travel in messages."""
    ends = (end for one in response.citations for end in (one.begin, one.end))
    for offset in (response.origin.offset, *ends):
        if offset is not None and not 0 <= offset <= _LARGEST_OFFSET:
            raise InvalidOperationError(
                f"response {number} names character {offset}; it must be 0 to {_LARGEST_OFFSET}"
            )


def _check_size(response: Response, number: int) -> None:
    facts = msgspec.structs.replace(response, message="", reasoning="")
    size = len(msgspec.msgpack.encode(facts))
    if size > _LARGEST_RESPONSE_FACTS:
        raise InvalidOperationError(
            f"response {number} has {size:,} bytes beside its texts; at most"
            f" {_LARGEST_RESPONSE_FACTS:,} are stored"
        )
