"""The native JSON Lines as one of the formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from grok_tree.forest import Forest
from grok_tree.formats._format import Format, Found
from grok_tree.formats._mending import mended
from grok_tree.formats._native import NATIVE_FORMAT, read_documents, write_native
from grok_tree.formats._opening import Opened


def _detect(source: Opened) -> bool:
    return source.first.get("format") == NATIVE_FORMAT


def _read(source: Opened) -> Iterator[Found]:
    with source.open() as file:
        for index, document in enumerate(read_documents(file)):
            yield mended(document, index=index, file=source.name)


def _write(forests: Iterable[Forest], file: BinaryIO) -> int:
    return sum(write_native(forest, file) for forest in forests)


FORMAT = Format(
    name="native",
    title="JSON Lines of grok_tree, with all that a forest holds",
    suffix=".jsonl",
    detect=_detect,
    read=_read,
    write=_write,
    losses=("contents of attached files",),
)
