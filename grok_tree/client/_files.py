"""Files and images that are attached to responses."""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import Iterator
from pathlib import Path

import anyio

from grok_tree.client._connection import Connection
from grok_tree.errors import ConnectionFailedError, InvalidOperationError
from grok_tree.forest import MAX_TEXT_BYTES, Attachment
from grok_tree.wire import attachment_from_wire, pb

_PIECE_BYTES = 512 * 1024
_UNKNOWN_TYPE = "application/octet-stream"
_LONGEST_S = 600.0

FileSource = bytes | str | os.PathLike[str]
"""A path, or the contents themselves."""


class Files:
    """The files of the server, each kept once under the hash of its contents."""

    def __init__(self, connection: Connection) -> None:
        """Clients make these."""
        self._connection = connection

    async def upload(
        self, file: FileSource, *, name: str | None = None, media_type: str | None = None
    ) -> Attachment:
        """Keep a file of at most 16 MiB, and return what responses can have attached.

        Args:
            file: Its path, or its contents.
            name: What it is called; None for the path's last part.
            media_type: Such as ``image/png``; None to tell by the name.

        Raises:
            InvalidOperationError: It is empty or too large.
            OSError: It cannot be read.
        """
        if isinstance(file, bytes):
            data, known_name = file, ""
        else:
            data, known_name = await anyio.Path(file).read_bytes(), Path(file).name
        called = known_name if name is None else name
        kind = media_type or mimetypes.guess_type(called)[0] or _UNKNOWN_TYPE
        if not 1 <= len(data) <= MAX_TEXT_BYTES:
            raise InvalidOperationError(
                f"file {called or 'without a name'} has {len(data):,} bytes; 1 to"
                f" {MAX_TEXT_BYTES:,} can be kept"
            )
        reply = await self._connection.call(
            "UploadFile", _Upload(data, called, kind), timeout=_LONGEST_S
        )
        return attachment_from_wire(reply)

    async def read(self, file: Attachment | str) -> bytes:
        """Return the contents of a file.

        Args:
            file: An attachment, or its `file_id`.

        Raises:
            AttachmentNotFound: The server does not keep it.
            InvalidOperationError: The attachment is an address elsewhere.
        """
        file_id = _id_of(file)
        pieces = self._connection.stream("GetFile", pb.GetFileRequest(file_id=file_id))
        data = b"".join([piece.data async for piece in pieces])
        if hashlib.sha256(data).hexdigest() != file_id:
            raise ConnectionFailedError(
                f"only {len(data):,} bytes of file {file_id} came, not the right ones; try again"
            )
        return data

    async def list(self) -> list[Attachment]:
        """Return every file that the server keeps, oldest first."""
        pages = self._connection.stream("ListFiles", pb.ListFilesRequest())
        return [attachment_from_wire(one) async for one in pages]

    async def delete(self, file: Attachment | str) -> None:
        """Remove a file that no response has; others go when their responses are purged.

        Raises:
            AttachmentNotFound: The server does not keep it.
            ConflictError: Responses have it.
        """
        await self._connection.call("DeleteFile", pb.DeleteFileRequest(file_id=_id_of(file)))


def _id_of(file: Attachment | str) -> str:
    if isinstance(file, str):
        return file
    if not file.file_id:
        raise InvalidOperationError(f"the attachment is at {file.url}, not on this server")
    return file.file_id


class _Upload:
    """The messages of an upload, made anew each time they are iterated."""

    def __init__(self, data: bytes, name: str, media_type: str) -> None:
        self._data = data
        self._first = pb.UploadFileRequest(total_bytes=len(data), name=name, media_type=media_type)
        self._last = pb.UploadFileRequest(sha256=hashlib.sha256(data).digest())

    def __iter__(self) -> Iterator[pb.UploadFileRequest]:
        yield self._first
        for begin in range(0, len(self._data), _PIECE_BYTES):
            yield pb.UploadFileRequest(data=self._data[begin : begin + _PIECE_BYTES])
        yield self._last
