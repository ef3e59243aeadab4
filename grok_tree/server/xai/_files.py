"""Files, as today's xai-sdk keeps them. An id is the SHA-256 of the contents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import anyio
import grpc

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Attachment
from grok_tree.server._guard import Context
from grok_tree.server._texts import prompt
from grok_tree.server.xai._attachments import guessed_type
from grok_tree.server.xai._schema import Schema
from grok_tree.service import Forests, check_file_size

PIECE_BYTES = 512 * 1024
MOST_UPLOADS = 8
"""Files that are taken at once; each is in memory until it is whole."""

PAGE = 100
LARGEST_PAGE = 1_000
NO_URLS = "files of this server have no public address; read them with files.content()"


class FilesDoor:
    """Serves `xai_api.Files`."""

    def __init__(self, schema: Schema, forests: Forests) -> None:
        """Open the door.

        Args:
            schema: xAI's words.
            forests: The use cases behind it.
        """
        self._schema = schema
        self._forests = forests
        self._room = anyio.Semaphore(MOST_UPLOADS)

    async def UploadFile(self, requests: AsyncIterator[Any], _: Context) -> Any:
        """Take a file: first what it is called, then its contents in pieces."""
        async with self._room:
            messages = prompt(requests)
            first = await anext(messages, None)
            if first is None or first.WhichOneof("chunk") != "init":
                raise InvalidOperationError("an upload begins with the name of the file; send init")
            if first.init.HasField("expires_after"):
                raise InvalidOperationError(
                    "files here do not expire; leave expires_after out, and delete the file later"
                )
            data = await _whole(messages)
            name = first.init.name
            kept = await self._forests.add_file(data, name=name, media_type=guessed_type(name))
        return self._file(kept)

    async def ListFiles(self, request: Any, _: Context) -> Any:
        """Return a page of files, oldest first unless another order is asked for."""
        if request.filter:
            raise InvalidOperationError("files cannot be filtered here; leave filter out")
        found = self._ordered(await self._forests.list_files(), request)
        begin = _place(request.pagination_token)
        end = begin + min(_size(request.limit), LARGEST_PAGE)
        return self._schema.files.ListFilesResponse(
            data=map(self._file, found[begin:end]),
            pagination_token=str(end) if end < len(found) else None,
        )

    async def RetrieveFile(self, request: Any, _: Context) -> Any:
        return self._file(await self._forests.get_file_info(request.file_id))

    async def DeleteFile(self, request: Any, _: Context) -> Any:
        """Remove a file that no response has."""
        await self._forests.delete_file(request.file_id)
        return self._schema.files.DeleteFileResponse(id=request.file_id, deleted=True)

    async def RetrieveFileContent(self, request: Any, context: Context) -> None:
        """Send the contents of a file in pieces."""
        if request.format == self._schema.files.DOWNLOAD_FORMAT_TEXT:
            raise InvalidOperationError("files are given as they came; ask for the original format")
        data = await self._forests.get_file(request.file_id)
        for begin in range(0, len(data), PIECE_BYTES):
            piece = data[begin : begin + PIECE_BYTES]
            await context.write(self._schema.files.FileContentChunk(data=piece))

    async def CreatePublicUrl(self, _request: Any, context: Context) -> None:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, NO_URLS)

    async def RevokePublicUrl(self, _request: Any, context: Context) -> None:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, NO_URLS)

    def _ordered(self, found: Sequence[Attachment], request: Any) -> list[Attachment]:
        files = self._schema.files
        listed = list(found)
        if request.sort_by == files.FILES_SORT_BY_FILENAME:
            listed.sort(key=lambda one: one.name)
        elif request.sort_by == files.FILES_SORT_BY_SIZE:
            listed.sort(key=lambda one: one.n_bytes)
        return listed[::-1] if request.order == files.DESCENDING else listed

    def _file(self, kept: Attachment) -> Any:
        return self._schema.files.File(id=kept.file_id, filename=kept.name, size=kept.n_bytes)


async def _whole(messages: AsyncIterator[Any]) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for message in messages:
        if message.WhichOneof("chunk") != "data":
            raise InvalidOperationError("after init come only pieces of data")
        size += len(message.data)
        pieces.append(message.data)
        if size:
            check_file_size(size)
    check_file_size(size)
    return b"".join(pieces)


def _place(token: str) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and len(token) <= 9):
        raise InvalidOperationError(f"the pagination_token {token[:40]!r} is not of this server")
    return int(token)


def _size(limit: int) -> int:
    if limit < 0:
        raise InvalidOperationError(f"limit is {limit}; ask for 1 or more, or leave it out")
    return limit or PAGE
