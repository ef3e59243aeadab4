"""Images and files that come with a message."""

from __future__ import annotations

import base64
import binascii
import hashlib
import mimetypes
import re
from dataclasses import dataclass, field
from typing import Any

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Attachment

_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w.+-]+=[^;,]*)*;base64,(.*)", re.DOTALL)
_SHOWN = 40
"""Characters of an address, in an error."""

ANY_IMAGE = "image/*"


@dataclass(frozen=True)
class Brought:
    """The files that a call brings.

    Attributes:
        files: Contents by their ids, the SHA-256 in hexadecimal.
    """

    files: dict[str, bytes] = field(default_factory=dict)

    def attachment_of(self, content: Any) -> Attachment:
        """Return an image or a file of a message; keep the bytes that come with it.

        Raises:
            InvalidOperationError: It names nothing, or nothing that can be read.
        """
        if content.WhichOneof("content") == "image_url":
            return self._image(content.image_url)
        return self._file(content.file)

    def _image(self, image: Any) -> Attachment:
        if image.WhichOneof("source") == "file_id":
            return Attachment(file_id=_named(image.file_id))
        url = image.image_url
        if not url.startswith("data:"):
            guessed = guessed_type(url.partition("?")[0])
            is_image = guessed.startswith("image/")
            return Attachment(url=_named(url), media_type=guessed if is_image else ANY_IMAGE)
        found = _DATA.fullmatch(url)
        if found is None:
            raise _unreadable(url)
        try:
            data = base64.b64decode(found[2], validate=True)
        except (binascii.Error, ValueError):
            raise _unreadable(url) from None
        return self._keep(data, media_type=found[1] or ANY_IMAGE)

    def _file(self, file: Any) -> Attachment:
        if file.file_id:
            return Attachment(file_id=file.file_id)
        media_type = file.mime_type or guessed_type(file.filename or file.url.partition("?")[0])
        if file.data:
            return self._keep(file.data, media_type=media_type, name=file.filename)
        return Attachment(url=_named(file.url), media_type=media_type, name=file.filename)

    def _keep(self, data: bytes, *, media_type: str, name: str = "") -> Attachment:
        file_id = hashlib.sha256(data).hexdigest()
        self.files[file_id] = data
        return Attachment(file_id=file_id, media_type=media_type, name=name, n_bytes=len(data))


def guessed_type(name: str) -> str:
    """Return the media type that the name of a file means; empty where it means none."""
    return mimetypes.guess_type(name)[0] or ""


def _named(text: str) -> str:
    if not text:
        raise InvalidOperationError(
            "a file or an image of a message is empty; give its data, its URL or the id of a file"
            " that was uploaded"
        )
    return text


def _unreadable(url: str) -> InvalidOperationError:
    return InvalidOperationError(
        f"the image {url[:_SHOWN]!r} is no data:image/...;base64 URL that can be read"
    )
