"""All that stands in a file and all that stands in what was read of it, without knowing either."""

from __future__ import annotations

import gzip
import io
import json
import math
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from grok_tree.formats import Document
from grok_tree.formats._times import from_iso, from_milliseconds, from_seconds

Place = tuple[str, ...]
_ZSTANDARD = 93
_TIMES = (
    "%B %d, %Y %I:%M%p",
    "%Y-%m-%d @%Hh %Mm %Ss %fms",
    "%Y-%m-%d@%Hh%Mm%Ss",
    "%Y-%m-%d-%H.%M.%S",
)
_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|client-created-root|node-\d+|\d+|.*_epoch_\d+\.json"
)


def values_in(value: Any, place: Place = ()) -> Iterator[tuple[Place, str | int | float]]:
    """Yield each text and number with the names on the way to it; a list counts as ``[]``."""
    waiting = [(value, place)]
    while waiting:
        one, at = waiting.pop()
        if isinstance(one, dict):
            waiting += [(below, (*at, str(name))) for name, below in one.items()]
        elif isinstance(one, list | tuple):
            waiting += [(below, (*at, "[]")) for below in one]
        elif isinstance(one, str | int | float) and not isinstance(one, bool):
            yield at, one


def plant(value: Any) -> dict[str, Place]:
    """Add a member with a text of its own to every object; return the texts and their places.

    An object in which all members are called by ids is a list of things, which gets none.
    """
    planted: dict[str, Place] = {}
    waiting: list[tuple[Any, Place]] = [(value, ())]
    while waiting:
        one, at = waiting.pop()
        if isinstance(one, list):
            waiting += [(below, (*at, "[]")) for below in one]
        elif isinstance(one, dict):
            waiting += [(below, (*at, name)) for name, below in one.items()]
            if not one or not all(map(_ID.fullmatch, one)):
                text = f"planted {len(planted)}."
                one[f"new_{len(planted)}"] = text
                planted[text] = at
    return planted


def told(place: Place) -> str:
    """Return a place as a text in which ids are stars."""
    return ".".join("*" if _ID.fullmatch(name) else name for name in place if name)


def names_in(value: Any) -> Iterator[str]:
    """Yield the names of all members of all objects."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from map(str, one)
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one


def parsed(text: str) -> Any:
    """Return JSON as a value, any other text as it is."""
    if text[:1] in ("{", "[", '"'):
        try:
            return json.loads(text)
        except ValueError:
            pass
    return text


def decoded(path: Path) -> dict[str, Any]:
    """Return the parts of a file or a folder by their names, decoded without our readers."""
    if path.is_dir():
        return {one.name: decoded_text(one.read_bytes()) for one in sorted(path.iterdir())}
    data = path.read_bytes()
    if data.startswith(b"PK"):
        return _of_archive(data)
    if data.startswith(b"SQLite format 3"):
        return _of_database(path)
    return {"": decoded_text(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)}


def decoded_text(data: bytes) -> Any:
    """Return what is one JSON value or one on each line."""
    text = data.decode("utf-8-sig")
    try:
        return json.loads(text)
    except ValueError:
        return [parsed(line) for line in text.splitlines() if line.strip()]


def _of_archive(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {
            one.filename: decoded_text(_member(data, archive, one))
            for one in archive.infolist()
            if not one.is_dir()
        }


def _member(data: bytes, archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    if one.compress_type != _ZSTANDARD:
        return archive.read(one)
    begin = one.header_offset + 30
    begin += sum(
        int.from_bytes(data[one.header_offset + at : one.header_offset + at + 2], "little")
        for at in (26, 28)
    )
    packed = data[begin : begin + one.compress_size]
    return zstandard.ZstdDecompressor().decompressobj().decompress(packed)


def _of_database(path: Path) -> dict[str, Any]:
    base = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    base.row_factory = sqlite3.Row
    try:
        tables = [
            row["name"]
            for row in base.execute("select name from sqlite_master where type = 'table'")
        ]
        return {
            name: [
                {key: _of_cell(cell) for key, cell in dict(row).items()}
                for row in base.execute(f'select * from "{name}"')
            ]
            for name in tables
        }
    finally:
        base.close()


def _of_cell(cell: Any) -> Any:
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    return parsed(cell) if isinstance(cell, str) else cell


class Haystack:
    """All texts, numbers and times of documents.

    Args:
        documents: What was read.
        paths: A text may also be that of a whole path.
    """

    def __init__(self, documents: list[Document], *, paths: bool = False) -> None:
        self._texts: set[str] = set()
        self._numbers: set[float] = set()
        self._times: set[datetime] = set()
        for document in documents:
            self._add(msgspec.to_builtins(document.conversation))
            self._add(list(document.repairs))
            for response in document.responses:
                self._add(msgspec.to_builtins(response))
            if paths:
                self._texts.update(_path_texts(document))
            for tokens in document.logprobs.values():
                self._add(msgspec.to_builtins(list(tokens)))
        self._all = "\n\0\n".join(sorted(self._texts))
        self._numerals = {f"{one:.9g}" for one in self._numbers}

    def _add(self, value: Any) -> None:
        waiting = [value]
        while waiting:
            one = waiting.pop()
            self._texts.update(names_in(one))
            for _, found in values_in(one):
                if not isinstance(found, str):
                    self._numbers.add(float(found))
                elif found not in self._texts:
                    self._texts.add(found)
                    time = from_iso(found)
                    if time is not None:
                        self._times.add(time)
                    inner = parsed(found)
                    if inner is not found:
                        waiting.append(inner)

    def has(self, value: str | float) -> bool:
        """Whether a text, a number or the time that it means is there."""
        if isinstance(value, str):
            return self._has_text(value) or self._has_time(value)
        if math.isnan(value) or f"{float(value):.9g}" in self._numerals:
            return True
        return str(value) in self._texts or self._has_time(value)

    def _has_text(self, text: str) -> bool:
        if text in self._texts or text in self._all or text.strip() in self._all:
            return True
        inner = parsed(text)
        if inner is text:
            return False
        return all(self.has(one) for _, one in values_in(inner))

    def _has_time(self, value: str | float) -> bool:
        found = (from_seconds(value), from_milliseconds(value), from_iso(value), _in_words(value))
        return any(one in self._times for one in found if one is not None)


def _in_words(value: str | float) -> datetime | None:
    for form in _TIMES if isinstance(value, str) else ():
        try:
            return datetime.strptime(str(value), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _path_texts(document: Document) -> list[str]:
    texts: list[str] = []
    for parent, response in zip(document.parents, document.responses, strict=True):
        texts.append((texts[parent] if parent >= 0 else "") + response.message)
    return texts
