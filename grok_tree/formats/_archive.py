"""The archive of whole stores: native lines, and the files that responses have attached.

A ZIP with ``forests.jsonl`` and ``files/SHA-256``, each file under the hash of its contents.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

from grok_tree.errors import MalformedDocument
from grok_tree.forest import MAX_TEXT_BYTES, Forest
from grok_tree.formats._format import Format, Found
from grok_tree.formats._mending import mended
from grok_tree.formats._native import read_documents, write_native
from grok_tree.formats._opening import Opened

_LINES = "forests.jsonl"
_FILES = "files"
_SHA_256 = r"[0-9a-f]{64}"


def _detect(source: Opened) -> bool:
    return bool((source.is_archive or source.is_folder) and source.matching(_LINES))


def _read(source: Opened) -> Iterator[Found]:
    files = {one.name: one for one in source.matching(_SHA_256)}

    def contents(file_id: str) -> bytes | None:
        if file_id not in files:
            return None
        with suppress(MalformedDocument), files[file_id].open() as file:
            data = file.read(MAX_TEXT_BYTES + 1)
            # A file under a wrong name is not what the response had.
            return data if hashlib.sha256(data).hexdigest() == file_id else None
        return None

    for part in source.matching(_LINES):
        with part.open() as file:
            for index, document in enumerate(read_documents(file)):
                yield replace(mended(document, index=index, file=source.name), files=contents)


def _write(forests: Iterable[Forest], file: BinaryIO) -> int:
    """Write the lines first; then each file once, fetched from the forest that had it first."""
    owners: dict[str, Forest] = {}
    n_responses = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(_LINES, "w", force_zip64=True) as lines:
            for forest in forests:
                n_responses += write_native(forest, lines)  # type: ignore[arg-type]
                for file_id in _attached(forest):
                    owners.setdefault(file_id, forest)
        for file_id, forest in owners.items():
            data = forest.beside.file(file_id)
            if data is not None:
                archive.writestr(f"{_FILES}/{file_id}", data)
    return n_responses


def _attached(forest: Forest) -> Iterator[str]:
    for response in forest:
        for one in response.attachments:
            if one.file_id:
                yield one.file_id


FORMAT = Format(
    name="archive",
    title="ZIP of grok_tree: native lines, and the contents of attached files",
    suffix=".zip",
    detect=_detect,
    read=_read,
    write=_write,
    losses=("files that the server does not keep",),
)
