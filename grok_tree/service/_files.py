"""Use cases of files: keep them, read them, remove those that nothing needs."""

from __future__ import annotations

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import MAX_TEXT_BYTES, Attachment, checked_field
from grok_tree.service._base import UseCases

MAX_FILE_BYTES = MAX_TEXT_BYTES
"""The largest file that one response can have attached."""


class FileUseCases(UseCases):
    """What belongs to responses beside their texts."""

    async def add_file(self, data: bytes, *, name: str = "", media_type: str = "") -> Attachment:
        """Keep a file; the same contents are kept once, so a repeat has no second effect.

        Raises:
            InvalidOperationError: It is empty or too large.
        """
        check_file_size(len(data))
        checked_field(name, "name of a file")
        checked_field(media_type, "media type")
        now = self._world.clock.now()
        return await self._submit(
            lambda writer: writer.add_file(data, name=name, media_type=media_type, now=now)
        )

    async def get_file(self, file_id: str) -> bytes:
        """Return the contents of a file.

        Raises:
            AttachmentNotFound: There is none of this id.
        """
        return await self._read(lambda reader: reader.file(file_id))

    async def get_file_info(self, file_id: str) -> Attachment:
        """Return what is known of a file.

        Raises:
            AttachmentNotFound: There is none of this id.
        """
        return await self._read(lambda reader: reader.file_info(file_id))

    async def list_files(self) -> list[Attachment]:
        """Return what is known of every file, oldest first."""
        return await self._read(lambda reader: reader.files())

    async def delete_file(self, file_id: str) -> None:
        """Remove a file that no response has.

        Raises:
            AttachmentNotFound: There is none of this id.
            ConflictError: Responses have it.
        """
        await self._submit(lambda writer: writer.delete_file(file_id))


def check_file_size(n_bytes: int) -> None:
    """Refuse what cannot be kept as a file, before anything of it is taken.

    Raises:
        InvalidOperationError: It is empty or too large.
    """
    if not 1 <= n_bytes <= MAX_FILE_BYTES:
        raise InvalidOperationError(
            f"a file of {n_bytes:,} bytes cannot be kept; 1 to {MAX_FILE_BYTES:,} bytes can",
            size=n_bytes,
            limit=MAX_FILE_BYTES,
        )
