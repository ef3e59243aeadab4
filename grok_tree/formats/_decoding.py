"""From the bytes of a line to a value, whatever the bytes are."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from grok_tree.forest import Marks, Response, Timing, Usage
from grok_tree.formats._json import decoder_of
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
_responses = msgspec.json.Decoder(Response)
_RESPONSE = b'{"response_id":'
"""How the lines of responses begin that are ours."""
_NO_USAGE, _NO_TIMING = Usage(), Timing()


def decoded(line: Line, kind: type[T], *, what: str = "") -> T:
    """Return a line as a value of the type `kind`.

    Raises:
        MalformedDocument: It is something else; `what` says what was due.
    """
    return _decoded(line, _without_zeros(line.content), decoder_of(kind), what)


def _decoded(line: Line, content: bytes, decoder: msgspec.json.Decoder[T], what: str) -> T:
    try:
        return decoder.decode(content)
    except RecursionError:
        raise malformed(line.number, "it is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(line.number, f"{what}: {error}" if what else str(error)) from error


def is_end(content: bytes) -> bool:
    """Whether a line is an end line rather than a response."""
    if content.startswith(_RESPONSE) or b'"end"' not in content:
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
    content = _without_zeros(line.content)
    response = _decoded(line, content, _responses, "")
    _check_figures(line, response)
    try:
        aware = _with_aware_times(response)
    except OverflowError:
        raise malformed(line.number, "a time lies outside of the years 1 to 9999") from None
    repairs = [] if content is line.content else [_ZERO_REPAIR]
    if aware is not response and aware != response:
        repairs.append(_ZONE_REPAIR)
    return _repaired(aware, repairs) if repairs else aware


def _without_zeros(content: bytes) -> bytes:
    """Replace every escaped U+0000; JSON allows no other spelling of it."""
    if rb"\u0000" not in content:
        return content
    clean = _ESCAPED_BACKSLASH_OR_ZERO.sub(
        lambda found: found[0] if found[0] == rb"\\" else rb"\ufffd", content
    )
    return content if clean == content else clean


def _check_figures(line: Line, response: Response) -> None:
    figures: dict[str, Any] = {"position": response.position, "revision": response.revision}
    figures["offset"] = response.origin.offset
    if response.usage != _NO_USAGE:
        figures |= msgspec.structs.asdict(response.usage)
    if response.timing != _NO_TIMING:
        figures |= msgspec.structs.asdict(response.timing)
    for name, value in figures.items():
        if value is not None and not 0 <= value <= _LARGEST_COUNT:
            raise malformed(line.number, f"{name} is {value}; it must be 0 to {_LARGEST_COUNT}")


def _with_aware_times(response: Response) -> Response:
    if response.create_time.tzinfo is UTC and not response.marks.times:
        return response
    times = {name: _aware(time) for name, time in response.marks.times.items()}
    marks: Marks = msgspec.structs.replace(response.marks, times=times)
    return msgspec.structs.replace(response, create_time=_aware(response.create_time), marks=marks)


def _aware(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _repaired(response: Response, repairs: list[str]) -> Response:
    origin = msgspec.structs.replace(response.origin, repairs=(*response.origin.repairs, *repairs))
    return msgspec.structs.replace(response, origin=origin)
