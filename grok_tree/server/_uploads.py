"""Long texts that were brought ahead of the call that stores them."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable

from grok_tree.errors import InvalidOperationError, ServerUnavailable, UploadNotFound
from grok_tree.forest import MAX_TEXT_BYTES, text_too_long

KEPT_S = 600.0
"""How long a text waits for the call that stores it."""

MOST_TEXTS = 256
MOST_BYTES = 8 * MAX_TEXT_BYTES
"""What all texts may take together, in bytes; older ones make room for newer ones."""

LARGEST_PIECE = 512 * 1024


class Upload:
    """A text that is on its way."""

    def __init__(self, total_bytes: int) -> None:
        """Expect a text.

        Raises:
            InvalidOperationError: It says no length, or is above the limit.
        """
        if total_bytes <= 0:
            raise InvalidOperationError(
                "the first message of an upload must say the total_bytes of the text"
            )
        if total_bytes > MAX_TEXT_BYTES:
            raise text_too_long("text", total_bytes)
        self.total_bytes = total_bytes
        self._pieces: list[bytes] = []
        self._size = 0
        self._digest = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            InvalidOperationError: It is too large, or more comes than was said.
        """
        if len(piece) > LARGEST_PIECE:
            raise InvalidOperationError(
                f"a piece has {len(piece):,} bytes; send at most {LARGEST_PIECE:,} at once",
                size=len(piece),
                limit=LARGEST_PIECE,
            )
        self._size += len(piece)
        if self._size > self.total_bytes:
            raise InvalidOperationError(
                f"more came than the {self.total_bytes:,} bytes that were said at first",
                size=self._size,
                limit=self.total_bytes,
            )
        self._digest.update(piece)
        self._pieces.append(piece)

    def finished(self, sha256: bytes) -> bytes:
        """Return the whole text.

        Raises:
            InvalidOperationError: It is not all there, or not what was sent.
        """
        if self._size < self.total_bytes or self._digest.digest() != sha256:
            raise InvalidOperationError(
                f"{self._size:,} of {self.total_bytes:,} bytes came, and not with this sha256;"
                " upload the text again"
            )
        return b"".join(self._pieces)


class Uploads:
    """The texts that wait, by the id that the next call names; bounded in number and bytes."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin without any.

        Args:
            now: Seconds that only grow.
        """
        self._now = now
        self._texts: dict[str, tuple[float, bytes]] = {}
        self._coming = 0

    def begin(self, total_bytes: int) -> Upload:
        """Expect a text, and make room for it; `abandon` or `keep` ends that.

        Raises:
            InvalidOperationError: It is above the limit.
            ServerUnavailable: So many are on their way that there is no room.
        """
        upload = Upload(total_bytes)
        if self._coming + total_bytes > MOST_BYTES:
            raise ServerUnavailable(
                "too many long texts are on their way to this server; try again in a moment"
            )
        self._coming += total_bytes
        self._make_room()
        return upload

    def abandon(self, upload: Upload) -> None:
        """Expect a text no more."""
        self._coming -= upload.total_bytes

    def keep(self, text: bytes) -> str:
        """Keep a whole text and return its id."""
        upload_id = secrets.token_urlsafe(16)
        self._texts[upload_id] = (self._now(), text)
        self._make_room()
        return upload_id

    def text(self, upload_id: str) -> str:
        """Return a text.

        Raises:
            UploadNotFound: There is none of this id, or not any more.
        """
        self._forget_old()
        found = self._texts.get(upload_id)
        if found is None:
            raise UploadNotFound(
                f"no uploaded text has the id {upload_id}: it was used, is older than ten minutes,"
                " or the server was restarted; upload it again",
                upload_id=upload_id,
            )
        return found[1].decode()

    def drop(self, upload_id: str) -> None:
        """Forget a text that was stored."""
        self._texts.pop(upload_id, None)

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def n_bytes(self) -> int:
        """What is kept and expected, in bytes."""
        return self._coming + sum(len(text) for _, text in self._texts.values())

    def _make_room(self) -> None:
        self._forget_old()
        while self._texts and (len(self._texts) > MOST_TEXTS or self.n_bytes > MOST_BYTES):
            del self._texts[next(iter(self._texts))]  # the oldest: they are in order of coming

    def _forget_old(self) -> None:
        oldest = self._now() - KEPT_S
        for upload_id, (kept_at, _) in list(self._texts.items()):
            if kept_at > oldest:
                break
            del self._texts[upload_id]
