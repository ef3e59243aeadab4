"""Images that come with a message, as the original names them: by text."""

from __future__ import annotations

import base64
import binascii
import hashlib
import mimetypes
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Attachment
from grok_tree.service import Forests

_DATA = re.compile(r"data:(image/[\w.+-]+);base64,(.*)", re.DOTALL)
_FILE_ID = re.compile(r"[0-9a-f]{64}")
_SHOWN = 40
"""Characters of a text, in an error."""


@dataclass(frozen=True)
class Images:
    """What texts name.

    Attributes:
        attachments: One a text.
        files: Contents of those that came as they are, by their `file_id`.
    """

    attachments: tuple[Attachment, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


def images_in(texts: Iterable[str]) -> Images:
    """Return what texts name: images as data URLs, their addresses, ids of kept files.

    Raises:
        InvalidOperationError: One is nothing of this.
    """
    attachments: list[Attachment] = []
    files: dict[str, bytes] = {}
    for text in texts:
        if text.startswith(("https://", "http://")):
            attachments.append(Attachment(url=text, media_type=_guessed_type(text)))
        elif _FILE_ID.fullmatch(text):
            attachments.append(Attachment(file_id=text))
        else:
            media_type, data = _decoded(text)
            file_id = hashlib.sha256(data).hexdigest()
            files[file_id] = data
            known = Attachment(file_id=file_id, media_type=media_type, n_bytes=len(data))
            attachments.append(known)
    return Images(tuple(attachments), files)


async def kept_images(forests: Forests, texts: Iterable[str]) -> tuple[Attachment, ...]:
    """Return what texts name, and keep what came as it is.

    Raises:
        InvalidOperationError: A text is no image.
    """
    images = images_in(texts)
    kept = []
    for one in images.attachments:
        if one.file_id in images.files:
            stored = await forests.add_file(images.files[one.file_id], media_type=one.media_type)
            # The same bytes may have been kept before, under another type.
            kept.append(msgspec.structs.replace(stored, media_type=one.media_type))
        else:
            kept.append(one)
    return tuple(kept)


def _guessed_type(url: str) -> str:
    guessed, _ = mimetypes.guess_type(url.partition("?")[0])
    return guessed if guessed and guessed.startswith("image/") else "image/*"


def _decoded(text: str) -> tuple[str, bytes]:
    found = _DATA.fullmatch(text)
    if found is not None:
        try:
            return found[1], base64.b64decode(found[2], validate=True)
        except binascii.Error:
            pass
    raise InvalidOperationError(
        f"the image {text[:_SHOWN]!r} is no data:image/...;base64 URL, no http address and no id of"
        " a file of this server; send one of these"
    )
