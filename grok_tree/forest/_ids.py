"""Ids: UUIDv7 as text at the edges, as 16 bytes inside the store."""

from __future__ import annotations

from hashlib import blake2b
from typing import NewType

from grok_tree.errors import InvalidOperationError

ConversationId = NewType("ConversationId", str)
ResponseId = NewType("ResponseId", str)
ShareId = NewType("ShareId", str)


_TIME_BITS = (1 << 48) - 1
_LOW_BITS = (1 << 62) - 1
_VARIANT = 0b10 << 62


def uuid7_text(unix_ms: int, random_bits: int) -> str:
    """Build a UUIDv7 (RFC 9562, section 5.7).

    Args:
        unix_ms: Milliseconds since 1970, 48 bits.
        random_bits: The 74 bits below the time; ids of one millisecond sort by them.
    """
    time = f"{unix_ms & _TIME_BITS:012x}"
    low = f"{random_bits & _LOW_BITS | _VARIANT:016x}"
    return f"{time[:8]}-{time[8:]}-7{random_bits >> 62 & 0xFFF:03x}-{low[:4]}-{low[4:]}"


def derived_id(unix_ms: int, *names: str) -> str:
    """Build the UUIDv7 of something that has another name elsewhere: always the same one.

    Args:
        unix_ms: Its time, milliseconds since 1970; 0 when it has none.
        names: Its name; the same names in another order are another name.
    """
    # Lengths keep ("ab", "c") apart from ("a", "bc").
    told = "".join([f"{len(name)}:{name}" for name in names]).encode("utf-8", "surrogatepass")
    return uuid7_text(unix_ms, int.from_bytes(blake2b(told, digest_size=10).digest(), "big"))


def id_bytes(text: str) -> bytes:
    """Return the 16 bytes of an id.

    Raises:
        InvalidOperationError: `text` is not a UUID.
    """
    digits = text.replace("-", "")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if len(raw) != 16 or len(digits) != 32:
        raise InvalidOperationError(
            f"{text!r} is not an id; ids look like 0192f0c1-2345-7abc-8def-0123456789ab"
        )
    return raw


def id_text(raw: bytes) -> str:
    """Return the text of an id's 16 bytes."""
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
