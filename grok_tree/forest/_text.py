"""The one rule for text: valid Unicode without U+0000 and lone surrogates, of bounded length.

Both databases, protobuf and JSON agree on exactly this set, so it is enforced once, at the door.
"""

from __future__ import annotations

from grok_tree.errors import InvalidOperationError

MAX_TEXT_BYTES = 900 * 1024
"""Largest text of one response in UTF-8 bytes: it must fit into one message below 1 MiB."""


def checked_text(text: str, what: str) -> str:
    """Return `text` unchanged if it may be stored.

    Args:
        text: The text to check.
        what: Its name in the error message, such as ``"message"``.

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
    if size > MAX_TEXT_BYTES:
        message = f"the {what} has {size:,} bytes; the limit is {MAX_TEXT_BYTES:,}: split it"
        raise InvalidOperationError(message, size=size, limit=MAX_TEXT_BYTES)
    return text


def repaired_text(text: str) -> str:
    """Return `text` with what may not be stored replaced by U+FFFD, for text a model produced."""
    if text.isascii() and "\0" not in text:
        return text  # nearly every token
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return joined.replace("\0", "\ufffd")
