"""What texts begin with together, and how those without ink are shown."""

from __future__ import annotations

from collections.abc import Sequence

from grok_tree.forest import Response, on_one_line

_BEGINNING = 60
"""Characters that tell one response from another."""

_MARKS = {"\n": "⏎", "\r": "↵", "\t": "⇥"}


def n_shared(rows: Sequence[str] | Sequence[list[str]]) -> int:
    """Return how many characters, or words, all of some texts begin with.

    Args:
        rows: Texts, or lists of words; one or more.
    """
    # What the least and the greatest begin with, all between them do.
    first: Sequence[str] = min(rows)
    last: Sequence[str] = max(rows)
    pairs = enumerate(zip(first, last, strict=False))
    return next((n for n, (one, other) in pairs if one != other), min(len(first), len(last)))


def inked(text: str) -> str:
    """Return a text of white space alone as a mark for each character, an empty one as ``∅``.

    Any other stays as it is.
    """
    return text if text.strip() else "".join(_MARKS.get(one, "␣") for one in text) or "∅"


def beginning(response: Response) -> str:
    """Return how the text of a response begins, for a row of a table."""
    return on_one_line(response.message, _BEGINNING)
