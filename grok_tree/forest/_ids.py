"""Ids: UUIDv7 as text at the edges, as 16 bytes inside the store."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

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
    return str(UUID(int=value))


def id_bytes(text: str) -> bytes:
    """Return the 16 bytes of an id.

    Raises:
        InvalidOperationError: `text` is not a UUID.
    """
    try:
        return UUID(text).bytes
    except ValueError:
        message = f"{text!r} is not an id; ids look like 0192f0c1-2345-7abc-8def-0123456789ab"
        raise InvalidOperationError(message) from None


def id_text(raw: bytes) -> str:
    """Return the text of an id's 16 bytes."""
    return str(UUID(bytes=raw))
