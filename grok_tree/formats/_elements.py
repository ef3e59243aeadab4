"""The elements of one long JSON array, one after another, in memory for one of them.

Wherever a whole piece of the file can be cut at a comma, a decoder splits it, which is fast, and
exact as well: only between two elements does what lies before a comma decode as an array. Where no
such comma is found by its looks, `Structure` finds the end of the element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.formats._json import BYTE_ORDER_MARK, decoded_json
from grok_tree.formats._structure import Structure

PIECE_BYTES = 4 * 1024 * 1024
"""How much is read at a time."""

_BLANK = b" \t\n\r"
_NOT_BLANK = re.compile(rb"[^ \t\n\r]")
_OPENING = re.compile(rb'\{\s*"[^"\\]*+"\s*:')
"""How an object begins, up to its first value. No text inside of a JSON string looks like that."""
_SECOND_KEY = re.compile(
    rb'\{\s*"[^"\\]*+"\s*:\s*(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^"\[\]{},]*+)\s*,\s*("[^"\\]*+")\s*:',
    re.DOTALL,
)
_CUT = "it ends in the middle: it was cut, so copy or export it again"

_DELIMITERS = (b",", b":", b"]", b"}", b"")
_MOST_CANDIDATES = 1_000
_MOST_BLANKS = 1_024

_pieces = msgspec.json.Decoder(list[msgspec.Raw])


def iter_elements(
    file: BinaryIO, key: str | None = None, *, piece_bytes: int = PIECE_BYTES
) -> Iterator[bytes]:
    """Yield the elements of a JSON array as they stand in the file.

    An element is cut out exactly, but not looked at: what is broken inside of it is for whoever
    decodes it to find.

    Args:
        file: JSON in UTF-8: the array, one object (which counts as an array of it), or an object
            of which one value is the array.
        key: Of that value; None for the array itself.
        piece_bytes: How much is read at a time.

    Raises:
        MalformedDocument: It is neither, it was cut, or something follows it. The elements before
            that were yielded.
    """
    source = _Pieces(file, piece_bytes)
    first = source.peek()
    if key is None and first == b"{":
        yield source.all()
    elif key is None and first == b"[":
        yield from _elements(source, last=True)
        source.end()
    elif key is not None and first == b"{":
        yield from _under(source, key)
        source.end()
    else:
        wanted = "JSON array" if key is None else f"object with {key!r}"
        raise MalformedDocument(f"it is no {wanted}" if first else "it is empty")


def values_beside(file: BinaryIO, key: str, *, only_before: bool = False) -> dict[str, Any]:
    """Return the values of a JSON object without the one that is too large to be held.

    Args:
        file: JSON in UTF-8.
        key: Of the large value.
        only_before: Read no further than that.

    Raises:
        MalformedDocument: It is no object, or is no JSON.
    """
    source = _Pieces(file, PIECE_BYTES)
    source.skip(b"{")
    found: dict[str, Any] = {}
    while source.peek() != b"}":
        name = decoded_json(source.value(), str)
        source.skip(b":")
        if name != key:
            found[name] = decoded_json(source.value(), Any)
        elif only_before:
            break
        else:
            source.value(kept=False)
        if source.peek() != b"}":
            source.skip(b",")
    return found


def _under(source: _Pieces, key: str) -> Iterator[bytes]:
    """Yield the elements of the array under a key of the object that begins here."""
    found = False
    source.skip(b"{")
    while source.peek() != b"}":
        name = decoded_json(source.value(), str)
        source.skip(b":")
        if name == key and source.peek() == b"[":
            found = True
            yield from _elements(source, last=False)
        else:
            source.value(kept=False)
        if source.peek() != b"}":
            source.skip(b",")
    source.skip(b"}")
    if not found:
        raise MalformedDocument(f"it is no object with an array {key!r}")


def _elements(source: _Pieces, *, last: bool) -> Iterator[bytes]:
    """Yield the elements of the array that begins here, which may be the last of the file."""
    source.skip(b"[")
    looks: _Looks | None = None
    while source.peek() != b"]":
        if several := source.several(looks, last=last):
            yield from (bytes(one) for one in several)
        else:
            element = source.value()
            looks = looks or _Looks(element)
            yield element
        if source.peek() == b"]":
            break
        source.skip(b",")
    source.skip(b"]")


class _Looks:
    """What the objects of an array begin with: the first one's bytes, and its second key."""

    def __init__(self, element: bytes) -> None:
        opening = _OPENING.match(element)
        self._opening = b"" if opening is None else opening[0]
        self._second = _second_key(element, 0)

    def last_boundary(self, data: bytes, begin: int) -> int:
        """Return the place of the last comma before something of these looks, -1 for none."""
        at = len(data)
        for _ in range(_MOST_CANDIDATES if self._opening else 0):
            at = data.rfind(self._opening, begin, at)
            if at < 0:
                break
            before = data[max(begin, at - _MOST_BLANKS) : at].rstrip(_BLANK)
            if before.endswith(b",") and _second_key(data, at) == self._second:
                return max(begin, at - _MOST_BLANKS) + len(before) - 1
        return -1


def _second_key(data: bytes, at: int) -> bytes | None:
    found = _SECOND_KEY.match(data, at)
    return None if found is None else found[1]


class _Pieces:
    """What was read and not yet taken."""

    def __init__(self, file: BinaryIO, piece_bytes: int) -> None:
        self._file = file
        self._piece_bytes = piece_bytes
        self._data = b""
        self._at = 0
        self._short = False
        self._tried = False
        self._succeeded = False
        while len(self._data) < len(BYTE_ORDER_MARK) and self._read():
            pass
        self._data = self._data.removeprefix(BYTE_ORDER_MARK)

    def peek(self) -> bytes:
        """Pass over blanks and return the byte after them; empty at the end of the file."""
        while (found := _NOT_BLANK.search(self._data, self._at)) is None:
            self._at = len(self._data)
            if not self._read():
                return b""
        self._at = found.start()
        return found[0]

    def skip(self, due: bytes) -> None:
        """Pass over blanks and the byte that is due."""
        found = self.peek()
        if found != due:
            raise MalformedDocument(
                f"it cannot be read: {found!r} stands where {due!r} is due" if found else _CUT
            )
        self._at += 1

    def end(self) -> None:
        """Check that only blanks follow."""
        if self.peek():
            raise MalformedDocument("something follows after its end: it is two files in one")

    def all(self) -> bytes:
        """Return the rest of the file."""
        return self._data[self._at :] + self._file.read()

    def value(self, *, kept: bool = True) -> bytes:
        """Pass over a value and return it, if it is to be kept."""
        structure, parts, first = Structure(), [], self.peek()
        while (end := structure.end(self._data, self._at)) is None:
            parts.append(self._data[self._at :] if kept else b"")
            self._at = len(self._data)
            if not self._read():
                raise MalformedDocument(_CUT)
        parts.append(self._data[self._at : end])
        self._at = end
        if first in _DELIMITERS:
            raise MalformedDocument(f"it cannot be read: {first!r} stands where a value is due")
        return b"".join(parts).rstrip(_BLANK)

    def several(self, looks: _Looks | None, *, last: bool) -> list[msgspec.Raw]:
        """Pass over many elements at once and return them; none where there is no quick way.

        Args:
            looks: What an element begins with.
            last: Whether the file ends with the array.
        """
        if self._succeeded:  # then what is left is less than an element
            self._read()
        whole = last and self._short
        if self._tried or not (whole or looks):
            return []
        self._tried = True
        found = self._split(self._data.rfind(b"]")) if whole else []
        if not found and looks is not None:
            found = self._split(looks.last_boundary(self._data, self._at))
        self._succeeded = bool(found)
        return found

    def _split(self, end: int) -> list[msgspec.Raw]:
        """Return the elements up to a place, if they do end there."""
        if end <= self._at:
            return []
        try:
            found: list[msgspec.Raw] = _pieces.decode(
                b"".join((b"[", memoryview(self._data)[self._at : end], b"]"))
            )
        except (msgspec.DecodeError, RecursionError):
            return []
        if found:
            self._at = end
        return found

    def _read(self) -> bool:
        """Read one more piece; return whether there was one."""
        piece = self._file.read(self._piece_bytes)
        self._short = len(piece) < self._piece_bytes
        self._data, self._at = self._data[self._at :] + piece, 0
        self._tried = self._succeeded = False
        return bool(piece)
