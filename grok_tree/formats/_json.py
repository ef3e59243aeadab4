"""JSON as it comes out of other programs: mended where it can be, refused by name where not."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO, TypeVar

import msgspec

from grok_tree.errors import MalformedDocument

T = TypeVar("T")

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

ZERO = "text_replaced: U+0000 was replaced by U+FFFD"
SURROGATE = "text_replaced: half of a surrogate pair was replaced by U+FFFD"
TOO_DEEP = "it is nested too deeply"
NUMBER = "number_replaced: a number that JSON does not allow, or too long a one, became a text"

_ZERO = re.compile(rb"\\(?:\\|u0000)")
_SURROGATE = re.compile(
    rb"\\(?:\\|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([dD][89a-fA-F][0-9a-fA-F]{2}))"
)
_STRING_OR_NUMBER = re.compile(
    rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
    rb"|(-?(?:\d++(?:\.\d++)?(?:[eE][-+]?\d++)?|Infinity\b|NaN\b))",
    re.DOTALL,
)
_MOST_DIGITS = 300
_DEEPEST = 250_000


def decoded_json(data: bytes, kind: type[T], mended: list[str] | None = None) -> T:
    """Return JSON as a value of the type `kind`.

    What cannot be stored is replaced: U+0000, halves of surrogate pairs, and numbers that no
    reader agrees on (NaN, infinities, hundreds of digits) become texts.

    Args:
        data: One JSON value in UTF-8.
        kind: What is due; `typing.Any` takes everything.
        mended: Takes a sentence for each kind of repair.

    Raises:
        MalformedDocument: It is no JSON, is nested too deeply, or is something else.
    """
    repairs = [] if mended is None else mended
    data = without_zeros(data.removeprefix(BYTE_ORDER_MARK), repairs)
    try:
        return decoder_of(kind).decode(data)
    except RecursionError:
        return _decoded_deep(_sound(data, repairs), kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decoded_again(_sound(data, repairs), kind)


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
"""Kept, because making one costs more than decoding a message."""


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of a type."""
    if kind not in _decoders:
        _decoders[kind] = msgspec.json.Decoder(kind)
    return _decoders[kind]


def without_zeros(data: bytes, mended: list[str]) -> bytes:
    """Return JSON without U+0000, of which it allows no other spelling than this one."""
    if rb"\u0000" not in data:
        return data
    clean = _ZERO.sub(lambda found: found[0] if found[0] == rb"\\" else rb"\ufffd", data)
    if clean != data:
        mended.append(ZERO)
    return clean


def json_lines(file: BinaryIO, *, longest: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank with their numbers, counted from 1.

    Raises:
        MalformedDocument: A line has more than `longest` bytes.
    """
    number = 0
    while raw := file.readline(longest + 1):
        number += 1
        if len(raw) > longest:
            raise MalformedDocument(
                f"line {number} cannot be read: it is longer than {longest:,} bytes", line=number
            )
        if number == 1:
            raw = raw.removeprefix(BYTE_ORDER_MARK)
        if content := raw.strip():
            yield number, content


def raw_json(value: Any) -> str:
    """Return what has no field as JSON text, the empty text for nothing.

    Raises:
        MalformedDocument: It is nested too deeply.
    """
    try:
        return msgspec.json.encode(value).decode() if value else ""
    except RecursionError:
        raise MalformedDocument(TOO_DEEP) from None


def _decoded_deep(data: bytes, kind: type[T]) -> T:
    """Decode what is nested more deeply than the stack allows, as long replies in replies are."""
    import ijson

    outermost: list[Any] = []
    # An array is given what comes next; an object is, once the name of that is known.
    open_ones: list[list[Any] | dict[str, Any]] = [outermost]
    names: list[str] = [""]
    try:
        for event, value in ijson.basic_parse(data):
            if event == "map_key":
                names[-1] = value
            elif event in ("end_map", "end_array"):
                open_ones.pop()
                names.pop()
            else:
                number = float(value) if isinstance(value, Decimal) else value
                made: Any = {"start_map": {}, "start_array": []}.get(event, number)
                above = open_ones[-1]
                if isinstance(above, dict):
                    above[names[-1]] = made
                else:
                    above.append(made)
                if event in ("start_map", "start_array"):
                    open_ones.append(made)
                    names.append("")
                    if len(names) > _DEEPEST:
                        raise MalformedDocument(TOO_DEEP)
        return msgspec.convert(outermost[0], kind)
    except RecursionError:
        raise MalformedDocument(TOO_DEEP) from None
    except MalformedDocument:
        raise
    except (ijson.JSONError, ValueError) as error:
        raise MalformedDocument(f"it cannot be read: {error}", why=str(error)) from None


def _sound(data: bytes, repairs: list[str]) -> bytes:
    """Return JSON in which texts and numbers that cannot be read are replaced."""
    sound = data
    if not data.isascii():
        sound = data.decode("utf-8", "replace").encode()
        if sound != data:
            repairs.append("text_replaced: bytes that are not UTF-8 were replaced by U+FFFD")
    sound = _noted(_SURROGATE.sub(_whole_pair, sound), sound, SURROGATE, repairs)
    return _noted(_STRING_OR_NUMBER.sub(_number_as_text, sound), sound, NUMBER, repairs)


def _decoded_again(sound: bytes, kind: type[T]) -> T:
    try:
        return decoder_of(kind).decode(sound)
    except RecursionError:
        return _decoded_deep(sound, kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedDocument(f"it cannot be read: {error}", why=str(error)) from None


def _noted(sound: bytes, before: bytes, repair: str, repairs: list[str]) -> bytes:
    if sound != before:
        repairs.append(repair)
    return sound


def _whole_pair(found: re.Match[bytes]) -> bytes:
    return found[0] if found[1] is None else rb"\ufffd"


def _number_as_text(found: re.Match[bytes]) -> bytes:
    number: bytes | None = found[1]
    return found[0] if number is None or _is_readable(number) else b'"' + number + b'"'


def _is_readable(number: bytes) -> bool:
    if number.lstrip(b"-").isdigit():
        return len(number) < _MOST_DIGITS
    return math.isfinite(float(number))
