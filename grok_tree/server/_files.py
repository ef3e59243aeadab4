"""The calls that carry files in pieces, in both directions."""

from __future__ import annotations

from collections.abc import AsyncIterator

from grok_tree.server._guard import Context
from grok_tree.server._texts import prompt, whole
from grok_tree.server._uploads import Uploads
from grok_tree.service import Forests, check_file_size
from grok_tree.wire import ForestsServicer, attachment_to_wire, pb

PIECE_BYTES = 512 * 1024


class FileCalls(ForestsServicer):
    """Keeps files, and gives them back."""

    _forests: Forests
    _uploads: Uploads

    async def UploadFile(
        self, requests: AsyncIterator[pb.UploadFileRequest], _: Context
    ) -> pb.Attachment:
        """Take a file; what ends before its sha256 leaves nothing behind."""
        messages = prompt(requests)
        first = await anext(messages, pb.UploadFileRequest())
        check_file_size(first.total_bytes)
        upload = self._uploads.begin(first.total_bytes)  # long texts and files share one bound
        try:
            data = await whole(upload, first, messages, lambda one: one.data)
        finally:
            self._uploads.abandon(upload)
        kept = await self._forests.add_file(data, name=first.name, media_type=first.media_type)
        return attachment_to_wire(kept)

    async def GetFile(self, request: pb.GetFileRequest, context: Context) -> None:  # type: ignore[override]
        data = await self._forests.get_file(request.file_id)
        for begin in range(0, len(data), PIECE_BYTES):
            await context.write(pb.FilePiece(data=data[begin : begin + PIECE_BYTES]))

    async def ListFiles(self, _request: pb.ListFilesRequest, context: Context) -> None:  # type: ignore[override]
        for kept in await self._forests.list_files():
            await context.write(attachment_to_wire(kept))

    async def DeleteFile(self, request: pb.DeleteFileRequest, _: Context) -> pb.DeleteFileResponse:
        await self._forests.delete_file(request.file_id)
        return pb.DeleteFileResponse()
