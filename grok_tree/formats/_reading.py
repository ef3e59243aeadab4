"""Reading any file."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import BinaryIO

from grok_tree.errors import FormatNotFound, MalformedDocument
from grok_tree.formats._archives import reported
from grok_tree.formats._document import Document
from grok_tree.formats._format import Format
from grok_tree.formats._json import TOO_DEEP
from grok_tree.formats._linking import linked
from grok_tree.formats._opening import Opened, opened
from grok_tree.formats._registry import detect_format, find_format
from grok_tree.formats._source import Skipped, SourceConversation


def read(
    source: str | os.PathLike[str] | BinaryIO, format: str | None = None
) -> Iterator[Document]:
    """Yield the conversations of a file, an archive or a folder one by one.

    What cannot be read is passed over; `read_all` tells of it.

    Args:
        source: Where it is, or an open file.
        format: Its name, as in `known_formats`; None: it is recognised.

    Raises:
        FormatNotFound: No format knows it, or there is none of this name.
        MalformedDocument: It cannot be read at all.
        InvalidOperationError: The system does not let it be read.
    """
    return (one for one in read_all(source, format) if isinstance(one, Document))


def read_all(
    source: str | os.PathLike[str] | BinaryIO, format: str | None = None
) -> Generator[Document | Skipped, None, None]:
    """Yield the conversations of a file, and what had to be skipped, in file order.

    Args and errors are those of `read`.
    """
    with opened(source) as found, reported(found.name or "the input"):
        try:
            yield from read_opened(found, _format_of(found, format))
        except RecursionError:
            raise MalformedDocument(TOO_DEEP) from None


def read_opened(source: Opened, format: Format) -> Iterator[Document | Skipped]:
    """Yield what is in something that was opened."""
    if format.read is None:
        raise FormatNotFound(f"the format {format.name!r} can be written, but not read")
    for index, found in enumerate(format.read(source)):
        match found:
            case Document() | Skipped():
                yield found
            case SourceConversation():
                yield _linked(found, format.name, index, source.name)


def _linked(
    found: SourceConversation, format_name: str, index: int, file: str
) -> Document | Skipped:
    try:
        return linked(found, format_name=format_name, index=index, file=file)
    except MalformedDocument as error:
        return Skipped(index, found.key or "", str(error))


def _format_of(source: Opened, name: str | None) -> Format:
    return detect_format(source) if name is None else find_format(name)
