"""Files and images that are attached to responses, for blocking programs."""

from __future__ import annotations

from grok_tree.client._files import Files, FileSource
from grok_tree.client._portal import Portal
from grok_tree.forest import Attachment


class SyncFiles:
    """The files of the server, each kept once under the hash of its contents."""

    def __init__(self, portal: Portal, files: Files) -> None:
        """Clients make these."""
        self._portal = portal
        self._files = files

    def upload(
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
        return self._portal.run(self._files.upload, file, name=name, media_type=media_type)

    def read(self, file: Attachment | str) -> bytes:
        """Return the contents of a file.

        Args:
            file: An attachment, or its `file_id`.

        Raises:
            AttachmentNotFound: The server does not keep it.
            InvalidOperationError: The attachment is an address elsewhere.
        """
        return self._portal.run(self._files.read, file)

    def list(self) -> list[Attachment]:
        """Return every file that the server keeps, oldest first."""
        return self._portal.run(self._files.list)

    def delete(self, file: Attachment | str) -> None:
        """Remove a file that no response has; others go when their responses are purged.

        Raises:
            AttachmentNotFound: The server does not keep it.
            ConflictError: Responses have it.
        """
        self._portal.run(self._files.delete, file)
