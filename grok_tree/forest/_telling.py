"""How numbers of things and long texts are told in a line."""

from __future__ import annotations


def counted(n: int, one: str, several: str = "") -> str:
    """Return a number with its word.

    Args:
        n: The number.
        one: The word for one.
        several: The word for any other number; empty: that for one with an ``s``.
    """
    return f"{n:,} {one if n == 1 else several or one + 's'}"


def on_one_line(text: str, most: int) -> str:
    """Return a text on one line, cut where it is longer than so many characters.

    What stands far behind its beginning is not looked at.
    """
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most and len(text) <= 4 * most else f"{line[: most - 1]}…"
