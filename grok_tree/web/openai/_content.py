"""What a message holds: texts, images and files, as addresses or with their bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from grok_tree.forest import Attachment
from grok_tree.web.openai._bodies import bad

_DATA = re.compile(r"data:([\w.+/-]+)(?:;[\w=.+-]+)*;base64,(.*)", re.DOTALL)
_FILE_ID = re.compile(r"[0-9a-f]{64}")
_SHOWN = 40
_LONGEST_ADDRESS = 8_192


class ImageUrl(msgspec.Struct):
    """An image in a message of a chat."""

    url: str


class FileGiven(msgspec.Struct):
    """A file in a message of a chat."""

    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None


class Part(msgspec.Struct):
    """A part of a message, in the words of both protocols."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: ImageUrl | str | None = None
    file: FileGiven | None = None
    file_data: str | None = None
    file_id: str | None = None
    file_url: str | None = None
    filename: str | None = None


Content = str | list[Part] | None

_TEXTS = ("text", "input_text", "output_text", "refusal", "summary_text", "reasoning_text")


@dataclass
class Files:
    """The files that come with a request, by their ids."""

    data: dict[str, bytes] = field(default_factory=dict)

    def keep(self, data: bytes, *, media_type: str, name: str = "") -> Attachment:
        """Take a file; return how a message names it."""
        file_id = hashlib.sha256(data).hexdigest()
        self.data[file_id] = data
        return Attachment(file_id=file_id, media_type=media_type, name=name, n_bytes=len(data))


def text_of(content: Content, param: str) -> str:
    """Return the text of a message that can hold nothing else.

    Raises:
        InvalidOperationError: It holds something else.
    """
    if content is None or isinstance(content, str):
        return content or ""
    texts = []
    for place, part in enumerate(content):
        if part.type not in _TEXTS:
            raise bad(f"a part of type {part.type!r} is not for this message", f"{param}[{place}]")
        texts.append(_text(part, f"{param}[{place}]"))
    return "\n".join(texts)


def said_in(content: Content, files: Files, param: str) -> tuple[str, tuple[Attachment, ...]]:
    """Return the text of a message, its parts joined, and what is attached to it.

    Raises:
        InvalidOperationError: A part is of no kind that is known here, or cannot be read.
    """
    if content is None or isinstance(content, str):
        return content or "", ()
    texts: list[str] = []
    attached: list[Attachment] = []
    for place, part in enumerate(content):
        where = f"{param}[{place}]"
        if part.type in _TEXTS:
            texts.append(_text(part, where))
        else:
            attached.append(_attachment(part, files, where))
    return "\n".join(texts), tuple(attached)


def _text(part: Part, param: str) -> str:
    text = part.refusal if part.type == "refusal" else part.text
    if text is None:
        raise bad(f"a part of type {part.type!r} has no text", param)
    return text


def _attachment(part: Part, files: Files, param: str) -> Attachment:
    match part.type:
        case "image_url" | "input_image" if part.image_url is not None:
            url = part.image_url if isinstance(part.image_url, str) else part.image_url.url
            return _image(url, files, param)
        case "input_image" if part.file_id:
            return _kept(part.file_id, param)
        case "file" if part.file is not None:
            return _file(part.file, files, param)
        case "input_file" if part.file_url:
            return _addressed(part.file_url, "application/octet-stream", part.filename, param)
        case "input_file":
            given = FileGiven(part.file_data, part.file_id, part.filename)
            return _file(given, files, param)
        case _:
            raise bad(
                f"a part of type {part.type!r} cannot be taken here, or misses its contents; send"
                " texts, images (by address or as data URL) and files (by their data)",
                param,
            )


def _image(url: str, files: Files, param: str) -> Attachment:
    if url.startswith(("https://", "http://")):
        return _addressed(url, "image/*", None, param)
    media_type, data = _decoded(url, param)
    if not media_type.startswith("image/"):
        raise bad(f"an image is of the type {media_type!r}, which is none of images", param)
    return files.keep(data, media_type=media_type)


def _addressed(url: str, otherwise: str, name: str | None, param: str) -> Attachment:
    if not url.startswith(("https://", "http://")) or len(url) > _LONGEST_ADDRESS:
        raise bad(f"{url[:_SHOWN]!r} is no http address of at most {_LONGEST_ADDRESS} bytes", param)
    guessed, _ = mimetypes.guess_type(url.partition("?")[0])
    family = otherwise.partition("/")[0]
    fits = guessed is not None and (family != "image" or guessed.startswith("image/"))
    return Attachment(
        url=url, media_type=guessed if guessed and fits else otherwise, name=name or ""
    )


def _file(given: FileGiven, files: Files, param: str) -> Attachment:
    if given.file_id:
        return _kept(given.file_id, param)
    if not given.file_data:
        raise bad("a file has neither file_data nor file_id", param)
    name = given.filename or ""
    if given.file_data.startswith("data:"):
        media_type, data = _decoded(given.file_data, param)
    else:
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        data = _bytes(given.file_data, param)
    return files.keep(data, media_type=media_type, name=name)


def _kept(file_id: str, param: str) -> Attachment:
    if not _FILE_ID.fullmatch(file_id):
        raise bad(
            f"{file_id[:_SHOWN]!r} is no id of a file here (SHA-256 in hexadecimal);"
            " send the file's data",
            param,
        )
    return Attachment(file_id=file_id)


def _decoded(url: str, param: str) -> tuple[str, bytes]:
    found = _DATA.fullmatch(url)
    if found is None:
        raise bad(f"{url[:_SHOWN]!r} is no http address and no data URL in base64", param)
    return found[1].lower(), _bytes(found[2], param)


def _bytes(text: str, param: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise bad("the data is no base64", param) from None
    if not data:
        raise bad("the data is empty", param)
    return data


def parts_of(content: Content) -> Sequence[Part]:
    """Return the parts of a message; none where it is one text."""
    return () if content is None or isinstance(content, str) else content
