"""The calls that carry long texts in pieces, in both directions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, TypeVar

import anyio

from grok_tree.errors import DeadlineExceededError, InvalidOperationError
from grok_tree.server._guard import Context
from grok_tree.server._uploads import Upload, Uploads
from grok_tree.service import Forests
from grok_tree.wire import ForestsServicer, iter_pieces, pb

T = TypeVar("T", pb.UploadTextRequest, pb.UploadFileRequest)

PIECE_PATIENCE_S = 30.0
"""How long an upload may be silent."""


class TextCalls(ForestsServicer):
    """Takes texts before the call that stores them, and gives those that travel apart."""

    _forests: Forests
    _uploads: Uploads

    async def UploadText(
        self, requests: AsyncIterator[pb.UploadTextRequest], _: Context
    ) -> pb.UploadTextResponse:
        """Take a text; what ends before its sha256 leaves nothing behind."""
        messages = prompt(requests)
        first = await anext(messages, pb.UploadTextRequest())
        upload = self._uploads.begin(first.total_bytes)
        try:
            text = await whole(upload, first, messages, lambda one: one.text.encode())
        finally:
            self._uploads.abandon(upload)
        return pb.UploadTextResponse(upload_id=self._uploads.keep(text))

    async def GetText(self, request: pb.GetTextRequest, context: Context) -> None:  # type: ignore[override]
        response = await self._forests.get_visible_response(request.response_id)
        for piece in iter_pieces(response.message):
            await context.write(pb.TextPiece(message=piece))
        for piece in iter_pieces(response.reasoning):
            await context.write(pb.TextPiece(reasoning=piece))

    def _uploaded(self, text: str, upload_id: str) -> str:
        """Return the text of a field: as it came, or as it was brought before."""
        if not upload_id:
            return text
        if text:
            raise InvalidOperationError("a text came both in place and as an upload; send one")
        return self._uploads.text(upload_id)

    def _stored(self, upload_ids: Iterable[str]) -> None:
        """Forget uploads that a call has stored."""
        for upload_id in upload_ids:
            self._uploads.drop(upload_id)


async def whole(
    upload: Upload, first: T, rest: AsyncIterator[T], piece_of: Callable[[T], bytes]
) -> bytes:
    """Return what the messages of an upload hold together.

    Raises:
        InvalidOperationError: It ended early, or is not what was announced.
    """
    upload.add(piece_of(first))
    message = first
    while not message.sha256:
        try:
            message = await anext(rest)
        except StopAsyncIteration:
            # A caller who was cut off looks like one who has ended.
            raise InvalidOperationError(
                "the upload ended without its sha256, so nothing was kept; upload it again"
            ) from None
        upload.add(piece_of(message))
    return upload.finished(message.sha256)


async def prompt(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """Yield messages, as long as the next one comes soon."""
    while True:
        try:
            with anyio.fail_after(PIECE_PATIENCE_S):
                request = await anext(requests)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise DeadlineExceededError(
                f"nothing came of the upload for {PIECE_PATIENCE_S:.0f} s; upload it again"
            ) from None
        yield request
