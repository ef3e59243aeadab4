"""Uniting two stores without loss, and grafting one forest onto another."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import anyio.to_thread

from grok_tree.client._beside import Loaded
from grok_tree.client._exporting import ServerBeside
from grok_tree.client._importing import (
    Batch,
    ImportedConversation,
    Outcome,
    Source,
    described,
    merge_documents,
    report_of,
)
from grok_tree.errors import InvalidOperationError, StoreForeign
from grok_tree.forest import Beside, Forest, NothingBeside
from grok_tree.formats import NATIVE_FORMAT, SQLITE, Document, Skipped, read_all
from grok_tree.store import schema_version

if TYPE_CHECKING:
    from grok_tree.client._client import AsyncClient


async def documents_of(other: AsyncClient) -> AsyncGenerator[Batch, None]:
    """Yield the conversations of another store."""
    index = 0
    async for conversation in other.grok.iter_conversations():
        await conversation.load()
        document = await document_of(conversation.forest, ServerBeside(other))
        yield [replace(document, index=index)]
        index += 1


def read_outcomes(source: Source, format_name: str | None) -> Iterator[Outcome]:
    """Yield what an import would find, without storing anything."""
    from grok_tree.client._sync_client import Client  # it imports this module

    if not _is_store(source):
        for found in read_all(source, format_name):
            yield found if isinstance(found, Skipped) else described(found)
        return
    with Client(database=source, mirror=False) as other:
        for index, conversation in enumerate(other.grok.iter_conversations()):
            conversation.load()
            forest = conversation.forest
            yield described(Document(forest.conversation, list(forest), NATIVE_FORMAT, index))


def _waiting(beside: Beside, client: AsyncClient) -> Beside:
    """Return where a thread of the event loop finds what does not come with responses."""
    if isinstance(beside, Loaded):
        return beside.in_thread()
    return ServerBeside(client) if isinstance(beside, NothingBeside) else beside


async def grafted_onto(
    client: AsyncClient, forest: Forest, parent_response_id: str
) -> ImportedConversation:
    """Copy a forest below a response.

    Raises:
        InvalidOperationError: The server refused it.
    """

    async def only() -> AsyncGenerator[Batch, None]:
        yield [await document_of(forest, _waiting(forest.beside, client))]

    outcomes = merge_documents(client._connection, client.files, only(), under=parent_response_id)
    report = await report_of(outcomes, None)
    if report.skipped:
        raise InvalidOperationError(
            f"nothing was grafted onto response {parent_response_id}: {report.skipped[0].reason}",
            response_id=parent_response_id,
        )
    return report.conversations[0]


async def document_of(forest: Forest, beside: Beside) -> Document:
    """Return a forest as a document.

    Args:
        forest: The forest.
        beside: What knows the log-probabilities and the files of its responses.
    """

    def held() -> Document:
        responses = list(forest)
        asked = (one for one in responses if one.settings.logprobs)
        return Document(
            forest.conversation,
            responses,
            NATIVE_FORMAT,
            logprobs={one.response_id: beside.logprobs(one) for one in asked},
            files=beside.file,
        )

    return await anyio.to_thread.run_sync(held)


@asynccontextmanager
async def opened_store(source: Source) -> AsyncIterator[AsyncClient | None]:
    """Open a path as a database of forests; None when it is something else."""
    from grok_tree.client._client import AsyncClient  # it imports this module

    if not _is_store(source):
        yield None
        return
    async with AsyncClient(database=source, mirror=False) as other:
        yield other


def _is_store(source: Source) -> TypeGuard[str | os.PathLike[str]]:
    if not isinstance(source, str | os.PathLike):
        return False
    path = Path(source)
    try:
        with path.open("rb") as file:
            if file.read(len(SQLITE)) != SQLITE:
                return False
        return schema_version(path) is not None
    except (OSError, StoreForeign):
        return False
