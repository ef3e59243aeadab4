"""Times as other programs write them; None for what is no time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 1e15
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def from_seconds(value: object) -> datetime | None:
    """Return the time of seconds since 1970, as a number or as a text."""
    if type(value) is float:
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        # A microsecond is what the store keeps, and what survives being a float.
        return _EPOCH + timedelta(microseconds=round(value * 1_000_000))
    except (OverflowError, ValueError):
        return None


def from_milliseconds(value: object) -> datetime | None:
    """Return the time of milliseconds since 1970, as a number or as a text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LATEST_MS:
        return None
    return from_seconds(value / 1000)


def from_iso(value: object) -> datetime | None:
    """Return the time of an ISO 8601 text; without a zone it is in UTC."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value.strip())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def to_seconds(time: datetime) -> float:
    """Return seconds since 1970."""
    return time.timestamp()
