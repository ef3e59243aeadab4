"""The one rule for text: valid Unicode without U+0000 and lone surrogates, of bounded length.

Both databases, protobuf and JSON agree on exactly this set, so it is enforced once, at the door.
"""

from __future__ import annotations

from grok_tree.errors import InvalidOperationError

MAX_TEXT_BYTES = 16 * 1024 * 1024
"""Largest message, and largest reasoning, of one response in UTF-8 bytes."""

MAX_FIELD_BYTES = 128 * 1024
"""Largest other text in UTF-8 bytes: several of them must fit into one message below 1 MiB."""


MAX_RAW_BYTES = 3 * MAX_FIELD_BYTES
"""Most of what a file says of one response beside what a response has fields for."""


def checked_field(text: str, what: str) -> str:
    """Return `text` unchanged if it may be stored as a title, a note, a system prompt and so on.

    Args:
        text: The text to check.
        what: Its name in the error message, such as ``"title"``.

    Raises:
        InvalidOperationError: It holds U+0000 or a lone surrogate, or is too long.
    """
    return checked_text(text, what, limit=MAX_FIELD_BYTES)


def checked_text(text: str, what: str, *, limit: int = MAX_TEXT_BYTES) -> str:
    """Return `text` unchanged if it may be stored as what a response says.

    Args:
        text: The text to check.
        what: Its name in the error message, such as ``"message"``.
        limit: Most bytes in UTF-8.

    Raises:
        InvalidOperationError: It holds U+0000 or a lone surrogate, or is too long.
    """
    zero = text.find("\0")
    if zero >= 0:
        message = f"the {what} holds U+0000 at character {zero}; remove it and try again"
        raise InvalidOperationError(message)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        found = f"U+{ord(text[error.start]):04X} at character {error.start}"
        message = f"the {what} holds half of a surrogate pair ({found}); encode it as valid Unicode"
        raise InvalidOperationError(message) from None
    if size > limit:
        raise text_too_long(what, size, limit)
    return text


def text_too_long(what: str, size: int, limit: int = MAX_TEXT_BYTES) -> InvalidOperationError:
    """Return the error for a text above its limit."""
    message = f"the {what} has {size:,} bytes; the limit is {limit:,}: split it"
    return InvalidOperationError(message, size=size, limit=limit)


def repaired_text(text: str) -> str:
    """Return `text` with what may not be stored replaced by U+FFFD, for text a model produced."""
    if "\0" not in text:
        try:
            text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return text  # nearly every token
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.replace("\0", "\ufffd")
