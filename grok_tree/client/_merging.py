"""Uniting two stores without loss, and grafting one forest onto another."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from grok_tree.client._importing import (
    Batch,
    ImportedConversation,
    Source,
    merge_documents,
    report_of,
)
from grok_tree.errors import AttachmentNotFound, InvalidOperationError, StoreForeign
from grok_tree.forest import Forest, Response, ResponseId, TokenLogprob
from grok_tree.formats import NATIVE_FORMAT, SQLITE, Document
from grok_tree.store import schema_version

if TYPE_CHECKING:
    from grok_tree.client._client import AsyncClient


async def documents_of(other: AsyncClient, keep_in: AsyncClient) -> AsyncGenerator[Batch, None]:
    """Yield the conversations of another store, and bring the files that are attached in them.

    Args:
        other: The client of that store.
        keep_in: The client of the one that they go to.
    """
    kept = {one.file_id for one in await keep_in.files.list()}
    async for conversation in other.grok.iter_conversations():
        await conversation.load()
        document = await document_of(conversation.forest, other)
        for file_id in _files_of(document.responses) - kept:
            await _bring(file_id, document, other, keep_in)
            kept.add(file_id)
        yield [document]


async def grafted_onto(
    client: AsyncClient, forest: Forest, parent_response_id: str
) -> ImportedConversation:
    """Copy a forest below a response.

    Raises:
        InvalidOperationError: The server refused it.
    """

    async def only() -> AsyncGenerator[Batch, None]:
        yield [await document_of(forest, None)]

    outcomes = merge_documents(client._connection, only(), under=parent_response_id)
    report = await report_of(outcomes, None)
    if report.skipped:
        raise InvalidOperationError(
            f"nothing was grafted onto response {parent_response_id}: {report.skipped[0].reason}",
            response_id=parent_response_id,
        )
    return report.conversations[0]


async def document_of(forest: Forest, owner: AsyncClient | None) -> Document:
    """Return a forest as a document.

    Args:
        forest: The forest.
        owner: Who knows the log-probabilities; None for nobody.
    """
    responses = await anyio.to_thread.run_sync(lambda: list(forest))
    logprobs: dict[ResponseId, list[TokenLogprob]] = {}
    for one in responses:
        if one.settings.logprobs and owner is not None:
            handle = await owner.grok.get_response(one.response_id)
            logprobs[one.response_id] = await handle.logprobs()
    return Document(forest.conversation, responses, NATIVE_FORMAT, logprobs=logprobs)


def _files_of(responses: Collection[Response]) -> set[str]:
    attached = (file for one in responses for file in one.attachments)
    return {file.file_id for file in attached if file.file_id}


async def _bring(
    file_id: str, document: Document, other: AsyncClient, keep_in: AsyncClient
) -> None:
    try:
        data = await other.files.read(file_id)
    except AttachmentNotFound:
        return  # it was purged there, and stays away here
    (attached, *_) = (
        file for one in document.responses for file in one.attachments if file.file_id == file_id
    )
    await keep_in.files.upload(data, name=attached.name, media_type=attached.media_type)


@asynccontextmanager
async def opened_store(source: Source) -> AsyncIterator[AsyncClient | None]:
    """Open a path as a database of forests; None when it is something else."""
    from grok_tree.client._client import AsyncClient  # it imports this module

    if not isinstance(source, str | os.PathLike) or not _is_store(Path(source)):
        yield None
        return
    async with AsyncClient(database=source, mirror=False) as other:
        yield other


def _is_store(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            if file.read(len(SQLITE)) != SQLITE:
                return False
        return schema_version(path) is not None
    except (OSError, StoreForeign):
        return False
