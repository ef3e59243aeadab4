"""From the bytes of a line to a value, whatever the bytes are."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from grok_tree.forest import Marks, Response
from grok_tree.formats._lines import Line, malformed

T = TypeVar("T")

_ESCAPED_BACKSLASH_OR_ZERO = re.compile(rb"\\(?:\\|u0000)")
_ZERO_REPAIR = "U+0000 was replaced by U+FFFD"
_ZONE_REPAIR = "a time had no zone and was read as UTC"
_LARGEST_COUNT = 2**53 - 1
"""Largest integer that every JSON reader agrees on."""


class _EndProbe(msgspec.Struct, frozen=True):
    end: msgspec.Raw


_probe = msgspec.json.Decoder(_EndProbe)


def decoded(line: Line, kind: type[T], *, what: str = "") -> T:
    """Return a line as a value of the type `kind`.

    Raises:
        MalformedDocument: It is something else; `what` says what was due.
    """
    content, _ = _without_zeros(line.content)
    try:
        return msgspec.json.decode(content, type=kind)
    except RecursionError:
        raise malformed(line.number, "it is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(line.number, f"{what}: {error}" if what else str(error)) from error


def is_end(content: bytes) -> bool:
    """Whether a line is an end line rather than a response."""
    if b'"end"' not in content:
        return False
    try:
        _probe.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def decoded_response(line: Line) -> Response:
    """Return the response of a line, with the repairs it needed.

    Raises:
        MalformedDocument: It is none.
    """
    response = decoded(line, Response)
    _check_figures(line, response)
    try:
        aware = _with_aware_times(response)
    except OverflowError:
        raise malformed(line.number, "a time lies outside of the years 1 to 9999") from None
    repairs = [_ZERO_REPAIR] if _without_zeros(line.content)[1] else []
    if aware != response:
        repairs.append(_ZONE_REPAIR)
    return _repaired(aware, repairs) if repairs else aware


def _without_zeros(content: bytes) -> tuple[bytes, bool]:
    """Replace every escaped U+0000; JSON allows no other spelling of it."""
    if rb"\u0000" not in content:
        return content, False
    clean = _ESCAPED_BACKSLASH_OR_ZERO.sub(
        lambda found: found[0] if found[0] == rb"\\" else rb"\ufffd", content
    )
    return clean, clean != content


def _check_figures(line: Line, response: Response) -> None:
    figures: dict[str, Any] = msgspec.structs.asdict(response.usage)
    figures |= {"position": response.position, "revision": response.revision}
    figures |= msgspec.structs.asdict(response.timing) | {"offset": response.origin.offset}
    for name, value in figures.items():
        if value is not None and not 0 <= value <= _LARGEST_COUNT:
            raise malformed(line.number, f"{name} is {value}; it must be 0 to {_LARGEST_COUNT}")


def _with_aware_times(response: Response) -> Response:
    times = {name: _aware(time) for name, time in response.marks.times.items()}
    marks: Marks = msgspec.structs.replace(response.marks, times=times)
    return msgspec.structs.replace(response, create_time=_aware(response.create_time), marks=marks)


def _aware(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _repaired(response: Response, repairs: list[str]) -> Response:
    origin = msgspec.structs.replace(response.origin, repairs=(*response.origin.repairs, *repairs))
    return msgspec.structs.replace(response, origin=origin)
