"""How many of something there are, in words."""

from __future__ import annotations


def counted(n: int, one: str, several: str = "") -> str:
    """Return a number with its word.

    Args:
        n: The number.
        one: The word for one.
        several: The word for any other number; empty: that for one with an ``s``.
    """
    return f"{n:,} {one if n == 1 else several or one + 's'}"
