"""Lines of a file, each of bounded length, with their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from grok_tree.errors import MalformedDocument
from grok_tree.forest import MAX_TEXT_BYTES

MAX_LINE_BYTES = 13 * MAX_TEXT_BYTES
"""Longest line that is read; the longest legal response is shorter.

It has two texts, in which an escaped character takes six times its bytes.
"""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank, without the white space around it, counted from 1."""

    number: int
    content: bytes


def iter_lines(file: BinaryIO) -> Iterator[Line]:
    """Yield the lines that are not blank.

    Raises:
        MalformedDocument: A line is too long.
    """
    number = 0
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            raise malformed(number, f"it is longer than {MAX_LINE_BYTES:,} bytes")
        if number == 1:
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
        if content := raw.strip():
            yield Line(number, content)


def malformed(number: int, why: str) -> MalformedDocument:
    """Return the error for a line that breaks the format."""
    return MalformedDocument(f"line {number} cannot be read: {why}", line=number, why=why)
