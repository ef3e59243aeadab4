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


class LineBuffer:
    """Makes lines of pieces that are cut anywhere."""

    def __init__(self) -> None:
        self._number = 0
        self._begun: list[bytes] = []
        self._size = 0

    def take(self, piece: bytes) -> Iterator[Line]:
        """Yield the lines that a piece ends and that are not blank.

        Raises:
            MalformedDocument: A line is too long.
        """
        *ended, rest = piece.split(b"\n")
        for end in ended:
            self._begun.append(end)
            yield from self._line()
        self._begun.append(rest)
        self._size += len(rest)
        if self._size > MAX_LINE_BYTES:
            raise malformed(self._number + 1, f"it is longer than {MAX_LINE_BYTES:,} bytes")

    def close(self) -> Iterator[Line]:
        """Yield the last line, if it ended without a line feed."""
        yield from self._line()

    def _line(self) -> Iterator[Line]:
        self._number += 1
        content = b"".join(self._begun).strip()
        self._begun, self._size = [], 0
        if content:
            yield Line(self._number, content)


def malformed(number: int, why: str) -> MalformedDocument:
    """Return the error for a line that breaks the format."""
    return MalformedDocument(f"line {number} cannot be read: {why}", line=number, why=why)
