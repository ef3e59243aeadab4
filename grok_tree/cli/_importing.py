"""Storing a document as a new conversation, through any client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from grok_tree.errors import ModelNotFound
from grok_tree.forest import NAMED_PROMPTS
from grok_tree.formats import NativeDocument, drafts, leaf_index

if TYPE_CHECKING:
    from grok_tree.client import Client, SyncConversation
    from grok_tree.forest import Conversation, ResponseDraft

_BATCH_ROWS = 500
_BATCH_BYTES = 512 * 1024
"""A message of the protocol stays below 1 MiB."""


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        conversation_id: The new conversation.
        original_id: Its id in the document.
        title: Its title.
        n_responses: How many responses it has.
        repairs: What had to be mended, a sentence each.
    """

    conversation_id: str
    original_id: str
    title: str
    n_responses: int
    repairs: tuple[str, ...]


def import_document(client: Client, document: NativeDocument) -> Imported:
    """Store a document as a new conversation; one that fails half-way is deleted again.

    Raises:
        InvalidOperationError: A response breaks a rule of the forest.
    """
    original = document.conversation
    drafted = drafts(document)
    conversation, repairs = _created(client, original)
    try:
        _add(conversation, drafted, leaf=leaf_index(document, drafted))
        if original.starred:
            conversation.star()
    except BaseException:
        conversation.delete()
        raise
    repairs += [
        f"response {draft.origin.original_id}: {repair}"
        for draft in drafted
        for repair in draft.origin.repairs
    ]
    return Imported(
        conversation_id=conversation.conversation_id,
        original_id=original.conversation_id,
        title=original.title,
        n_responses=len(drafted),
        repairs=tuple(repairs),
    )


def _created(client: Client, original: Conversation) -> tuple[SyncConversation, list[str]]:
    """Create the conversation; names that mean nothing here are left out, and said."""
    repairs = []
    if original.system_prompt_name and original.system_prompt_name not in NAMED_PROMPTS:
        name = original.system_prompt_name
        repairs.append(f"its named system prompt {name!r} is not known here: it has none now")
    try:
        return _create(client, original, original.model_name), repairs
    except ModelNotFound:
        name = original.model_name
        repairs.append(f"its model {name!r} is not known here: the default is sampled")
        return _create(client, original, ""), repairs


def _create(client: Client, original: Conversation, model_name: str) -> SyncConversation:
    conversation = client.grok.create_conversation(
        model_name,
        original.system_prompt_name == "fun",
        system_prompt=original.system_prompt,
        title=original.title,
    )
    conversation.create()
    return conversation


def _add(
    conversation: SyncConversation, drafted: Sequence[ResponseDraft], *, leaf: int | None
) -> None:
    ids: list[str] = []
    for batch in _batches(drafted):
        first = len(ids)
        linked = [_linked(draft, ids, first) for draft in batch]
        in_batch = leaf is not None and first <= leaf < first + len(batch)
        stored = conversation.add_drafts(
            linked, leaf_index=leaf - first if leaf is not None and in_batch else None
        )
        ids += [response.response_id for response in stored]


def _linked(draft: ResponseDraft, ids: Sequence[str], first: int) -> ResponseDraft:
    """Return a draft whose parent is named as its batch needs it."""
    parent = draft.parent_index
    if parent is None:
        return draft
    if parent >= first:
        return msgspec.structs.replace(draft, parent_index=parent - first)
    return msgspec.structs.replace(draft, parent_index=None, parent_response_id=ids[parent])


def _batches(drafted: Sequence[ResponseDraft]) -> Iterator[list[ResponseDraft]]:
    batch: list[ResponseDraft] = []
    size = 0
    for draft in drafted:
        own = len(msgspec.json.encode(draft))
        if batch and (len(batch) == _BATCH_ROWS or size + own > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(draft)
        size += own
    if batch:
        yield batch
