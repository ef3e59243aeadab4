"""From what callers name, ids and page tokens, to what the tables hold; and when there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from grok_tree.errors import ConversationNotFound, InvalidOperationError, ResponseNotFound
from grok_tree.forest import id_bytes

T = TypeVar("T")

_BATCH = 500
"""Most values in one IN list: every SQLite allows 999."""

_TOKEN = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")
"""Microseconds and key, both within 64 bits."""


def no_conversation(conversation_id: str) -> ConversationNotFound:
    """Return the error for a conversation that does not exist."""
    return ConversationNotFound(
        f"no conversation has the id {conversation_id}; list_conversations() shows all",
        conversation_id=conversation_id,
    )


def no_response(response_id: str) -> ResponseNotFound:
    """Return the error for a response that does not exist."""
    return ResponseNotFound(
        f"no response has the id {response_id}; load() the conversation to see which do",
        response_id=response_id,
    )


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield values in lists that are short enough for one IN."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


def raw_id(an_id: str) -> bytes:
    """Return the bytes of an id; what is no id at all matches nothing, so it is not found."""
    try:
        return id_bytes(an_id)
    except InvalidOperationError:
        return b""


def page_place(token: str) -> tuple[int, int]:
    """Return the time and the key after which a page of conversations begins.

    Raises:
        InvalidOperationError: It is no token of such a page.
    """
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise InvalidOperationError(
            f"{token!r} is not a page token of this list; begin again without one"
        )
    return int(parts[1]), int(parts[2])


def id_range(prefix: str) -> tuple[bytes, bytes]:
    """Return the lowest and the highest id that begin so.

    Raises:
        InvalidOperationError: No id begins so.
    """
    digits = prefix.replace("-", "").lower()
    if not 1 <= len(digits) <= 32 or set(digits) - set("0123456789abcdef"):
        raise InvalidOperationError(
            f"{prefix!r} is not the beginning of an id; use the hexadecimal digits that ls shows"
        )
    return bytes.fromhex(digits.ljust(32, "0")), bytes.fromhex(digits.ljust(32, "f"))
