"""Text from elsewhere, made harmless for a terminal: nothing in it may act, hide or rearrange."""

from __future__ import annotations

import re
import unicodedata

_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, except tab and line feed
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible, bidi
    "\ud800-\udfff\U000e0000-\U000e0fff]"  # halves of pairs, tags
)
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def visible(text: str) -> str:
    r"""Return `text` with every control character as a visible escape such as ``\x1b``.

    Tabs and line feeds stay; ``\r\n`` counts as a line feed.
    """
    return _ACTING.sub(_escape, text.replace("\r\n", "\n"))


def isolated(line: str) -> str:
    """Return one visible line, kept from rearranging its surroundings if it is right to left."""
    if line.isascii() or not any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in line):
        return line
    return f"{_FIRST_STRONG_ISOLATE}{line}{_POP_ISOLATE}"


def visible_line(text: str, *, limit: int = 10_000) -> str:
    """Return the beginning of `text` on one line, for a title or a preview.

    Args:
        text: Any text.
        limit: How many characters are looked at.
    """
    cut = text[:limit]
    line = " ".join(visible(cut).split())
    return line + "…" if len(cut) < len(text) else line


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")
