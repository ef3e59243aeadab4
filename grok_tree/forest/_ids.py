"""Ids: UUIDv7 as text at the edges, as 16 bytes inside the store."""

from __future__ import annotations

from typing import NewType

from grok_tree.errors import InvalidOperationError

ConversationId = NewType("ConversationId", str)
ResponseId = NewType("ResponseId", str)
ShareId = NewType("ShareId", str)


def uuid7_text(unix_ms: int, random_bits: int) -> str:
    """Build a UUIDv7 (RFC 9562, section 5.7).

    Args:
        unix_ms: Milliseconds since 1970, 48 bits.
        random_bits: The 74 bits below the time; ids of one millisecond sort by them.
    """
    value = (unix_ms & (1 << 48) - 1) << 80
    value |= 0x7 << 76
    value |= (random_bits >> 62 & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random_bits & (1 << 62) - 1
    return id_text(value.to_bytes(16, "big"))


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
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts)
