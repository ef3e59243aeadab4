"""Bringing conversations from files: read here, stored by the server as they are read."""

from __future__ import annotations

import asyncio
import io
import math
import os
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import anyio.to_thread

from grok_tree.client._connection import Connection
from grok_tree.client._files import Files
from grok_tree.errors import ServerUnavailable
from grok_tree.forest import Attachment, ResponseId, counted
from grok_tree.formats import Counts, Document, Skipped, read_all, write_native
from grok_tree.wire import pb

_PIECE_BYTES = 512 * 1024
"""A message of the protocol stays below 1 MiB."""

_BATCH_RESPONSES = 200
"""Read and sent together."""

Source = str | os.PathLike[str] | BinaryIO
"""A path, or an open file."""


@dataclass(frozen=True)
class Conflict:
    """Two responses of one id that say different things; both are kept.

    Attributes:
        response_id: The id.
        kept_as: The id of the one that came; None when it could not be added.
        why: For a person.
    """

    response_id: ResponseId
    kept_as: ResponseId | None
    why: str


@dataclass(frozen=True)
class ImportedConversation:
    """What an import did with one conversation.

    Attributes:
        index: Its place in the file, counted from 0.
        file: Name of the file.
        format: Name of its format.
        title: Its title there.
        conversation_id: Where it is now; empty when it was only read.
        counts: What is in the file.
        repairs: Kind to number of what had to be mended.
        flags: Flag to number of responses that the file marks so.
        told: Every repair, a sentence each, with the response's id in the file.
        n_added: Responses that are new here.
        n_united: Responses that were here already.
        n_remarked: Of these, how many took over newer marks.
        is_new: The conversation was not here.
        conflicts: Where two responses say different things under one id.
    """

    index: int
    file: str
    format: str
    title: str
    conversation_id: str
    counts: Counts
    repairs: dict[str, int]
    flags: dict[str, int]
    told: tuple[str, ...] = ()
    n_added: int = 0
    n_united: int = 0
    n_remarked: int = 0
    is_new: bool = False
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True)
class ImportReport:
    """What an import did.

    Attributes:
        conversations: In file order.
        skipped: What could not be read or stored, and why.
    """

    conversations: tuple[ImportedConversation, ...]
    skipped: tuple[Skipped, ...]

    @property
    def n_added(self) -> int:
        """Responses that are new here."""
        return sum(one.n_added for one in self.conversations)

    def __repr__(self) -> str:
        return (
            f"<ImportReport: {counted(len(self.conversations), 'conversation')},"
            f" {counted(self.n_added, 'new response')}, {len(self.skipped):,} skipped>"
        )


Outcome = ImportedConversation | Skipped
OnProgress = Callable[[Outcome], None]
"""Is told of every conversation as soon as it is stored."""


Batch = list[Document | Skipped]
"""Some conversations of a file, in file order."""


async def batches_of(source: Source, format_name: str | None) -> AsyncGenerator[Batch, None]:
    """Yield what is in a file, some conversations at a time, read in a thread of its own."""
    # One thread for all of it: a reader may hold what belongs to its thread.
    thread = ThreadPoolExecutor(1, "grok-tree-import")
    reading = _Reading(read_all(source, format_name))
    loop = asyncio.get_running_loop()
    try:
        while batch := await loop.run_in_executor(thread, reading.next):
            yield batch
    finally:
        await loop.run_in_executor(thread, reading.close)
        thread.shutdown(wait=False)


class _Reading:
    """Takes documents some at a time; an error comes after what was read before it."""

    def __init__(self, found: Generator[Document | Skipped, None, None]) -> None:
        self._found = found
        self._failure: Exception | None = None
        self.close = found.close

    def next(self) -> Batch:
        """Return some more, nothing at the end."""
        if self._failure is not None:
            raise self._failure
        batch: Batch = []
        n_responses = 0
        try:
            for one in self._found:
                batch.append(one)
                n_responses += 1 if isinstance(one, Skipped) else len(one.responses)
                if n_responses >= _BATCH_RESPONSES:
                    break
        except Exception as error:
            if not batch:
                raise
            self._failure = error
        return batch


async def merge_documents(
    connection: Connection, files: Files, batches: AsyncGenerator[Batch, None], *, under: str = ""
) -> AsyncGenerator[Outcome, None]:
    """Send documents to the server and yield what became of each, in order.

    When the server's program ends and another takes its place, what was not answered is sent
    again: what was stored nevertheless is not added twice.

    Args:
        connection: To the server.
        files: Of the server, where attached files go.
        batches: They are taken no faster than the server stores them.
        under: The response that they are attached to; empty for conversations of their own.

    Raises:
        GrokTreeError: Reading, or the server, failed; what was yielded is stored.
    """
    await connection.call("WhoAmI", pb.WhoAmIRequest())  # finds the server, or starts it
    async with aclosing(_Sending(batches, under, _Files(files))) as sending:
        lost = True
        while lost:
            n_answered = sending.n_answered
            try:
                async with aclosing(_outcomes(connection, sending)) as outcomes:
                    async for outcome in outcomes:
                        yield outcome
                lost = False
            except ServerUnavailable as error:
                if sending.n_answered == n_answered or not await connection.recover():
                    raise ServerUnavailable(
                        f"the server went away during the import ({connection.describe()}); when it"
                        " is back, import again: what is there already does not come twice"
                    ) from error
        for skipped in sending.skipped_before():
            yield skipped
        sending.check()


async def _outcomes(connection: Connection, sending: _Sending) -> AsyncGenerator[Outcome, None]:
    """Yield what one server says of what is sent to it."""
    async with aclosing(connection.stream("Merge", sending, timeout=math.inf)) as replies:
        async for reply in replies:
            for skipped in sending.skipped_before():
                yield skipped
            yield _outcome(sending.answered(), reply)


class _Files:
    """Brings the files that are attached to responses before these."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._kept: set[str] | None = None

    async def bring(self, batch: Batch) -> None:
        for document in batch:
            if isinstance(document, Skipped):
                continue
            for one in (file for said in document.responses for file in said.attachments):
                if one.file_id:
                    await self._bring(one, document)

    async def _bring(self, file: Attachment, document: Document) -> None:
        if self._kept is None:
            self._kept = {one.file_id for one in await self._files.list()}
        if file.file_id in self._kept:
            return
        self._kept.add(file.file_id)
        data = await anyio.to_thread.run_sync(document.files, file.file_id)
        if data is not None:
            await self._files.upload(data, name=file.name, media_type=file.media_type)


class _Sending:
    """The messages of a merge, made while they are sent.

    Iterated again after a server was lost, it begins with what was not answered.

    Attributes:
        n_answered: How many documents are done with, those skipped among them.
    """

    def __init__(self, batches: AsyncGenerator[Batch, None], under: str, files: _Files) -> None:
        self._batches = batches
        self._files = files
        self._under = under
        self.n_answered = 0
        self._sent: deque[tuple[Outcome, bytes]] = deque()
        self._taking: asyncio.Task[bool] | None = None
        self._failure: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[Any]:
        yield pb.MergeRequest(under_response_id=self._under)
        n_sent = self.n_answered
        while True:
            lines = self._lines_from(n_sent)
            n_sent = self.n_answered + len(self._sent)
            for at in range(0, len(lines), _PIECE_BYTES):
                yield pb.MergeRequest(lines=lines[at : at + _PIECE_BYTES])
            if not await self._took():
                return

    def skipped_before(self) -> Iterator[Skipped]:
        """Yield what was skipped before the next conversation that was sent."""
        while self._sent and isinstance(self._sent[0][0], Skipped):
            yield self._done()  # type: ignore[misc]

    def answered(self) -> ImportedConversation:
        """Return the conversation that the next reply is about."""
        sent = self._done()
        assert isinstance(sent, ImportedConversation)  # those skipped were taken before
        return sent

    def check(self) -> None:
        """Raise what reading the documents raised."""
        if self._failure is not None:
            raise self._failure

    async def aclose(self) -> None:
        """Take no more documents."""
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.wait([self._taking])
        await self._batches.aclose()

    def _done(self) -> Outcome:
        self.n_answered += 1
        return self._sent.popleft()[0]

    def _lines_from(self, n_sent: int) -> bytes:
        unsent = islice(self._sent, max(n_sent - self.n_answered, 0), None)
        return b"".join([lines for _, lines in unsent])

    async def _took(self) -> bool:
        """Take the next batch; return False after the last.

        A call that was lost is cancelled wherever it is, and must not take a batch with it.
        """
        if self._taking is None:
            self._taking = asyncio.create_task(self._take())
        taking = self._taking
        more = await asyncio.shield(taking)
        if more and self._taking is taking:
            self._taking = None
        return more

    async def _take(self) -> bool:
        try:
            batch = await anext(self._batches, None)
            if batch is None:
                return False
            await self._files.bring(batch)
            self._sent += await anyio.to_thread.run_sync(_written, batch)
        except Exception as error:  # carried over to who reads the outcomes
            self._failure = error
            return False
        return True


def _written(batch: Batch) -> list[tuple[Outcome, bytes]]:
    return [(one, b"") if isinstance(one, Skipped) else _lines_of(one) for one in batch]


def _lines_of(document: Document) -> tuple[Outcome, bytes]:
    """Return a document as lines, or why it cannot be written."""
    lines = io.BytesIO()
    try:
        write_native(document.forest, lines, sealed=False)
    except UnicodeEncodeError as error:
        reason = f"it holds a text that is no valid Unicode ({error.reason})"
        return Skipped(document.index, document.conversation.conversation_id, reason), b""
    return described(document), lines.getvalue()


def described(document: Document) -> ImportedConversation:
    """Return what was read, before anything is stored."""
    told = [
        f"response {one.origin.original_id or one.response_id}: {repair}"
        for one in document.responses
        for repair in one.origin.repairs
    ]
    return ImportedConversation(
        index=document.index,
        file=document.file,
        format=document.format,
        title=document.conversation.title,
        conversation_id="",
        counts=document.counts,
        repairs=document.repair_counts,
        flags=document.flag_counts,
        told=(*document.repairs, *told),
    )


def _outcome(sent: ImportedConversation, reply: Any) -> Outcome:
    if reply.refusal:
        return Skipped(sent.index, reply.conversation_id, reply.refusal)
    return ImportedConversation(
        index=sent.index,
        file=sent.file,
        format=sent.format,
        title=sent.title,
        conversation_id=reply.conversation_id,
        counts=sent.counts,
        repairs=sent.repairs,
        flags=sent.flags,
        told=(*sent.told, *reply.notes),
        n_added=reply.n_added,
        n_united=reply.n_united,
        n_remarked=reply.n_remarked,
        is_new=reply.is_new,
        conflicts=tuple(
            Conflict(
                ResponseId(one.response_id),
                ResponseId(one.kept_as) if one.kept_as else None,
                one.why,
            )
            for one in reply.conflicts
        ),
    )


async def report_of(
    outcomes: AsyncGenerator[Outcome, None], on_progress: OnProgress | None
) -> ImportReport:
    """Return all outcomes in one report; an error says what was stored before it."""
    conversations: list[ImportedConversation] = []
    skipped: list[Skipped] = []
    async with aclosing(outcomes):
        async for one in outcomes:
            if isinstance(one, Skipped):
                skipped.append(one)
            else:
                conversations.append(one)
            if on_progress is not None:
                on_progress(one)
    return ImportReport(tuple(conversations), tuple(skipped))
