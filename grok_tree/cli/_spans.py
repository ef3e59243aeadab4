"""Pieces of styled text: measuring, wrapping and painting them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import click

Style = Literal["", "faint", "human", "model", "mark", "new", "title"]

_COLOURS: Mapping[Style, Mapping[str, Any]] = {
    "faint": {"dim": True},
    "human": {"fg": "cyan"},
    "model": {"fg": "magenta"},
    "mark": {"fg": "yellow"},
    "new": {"fg": "green", "bold": True},
    "title": {"bold": True},
}
_WORDS = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class Span:
    """Some text in one style."""

    text: str
    style: Style = ""


def paint(spans: Iterable[Span], *, colour: bool) -> str:
    """Return spans as one text, with terminal colours if there are any."""
    if not colour:
        return "".join(span.text for span in spans)
    return "".join(
        click.style(text, **_COLOURS[style]) if style and text else text
        for style, text in _merged(spans)
    )


def cells(text: str) -> int:
    """Return how many columns of a terminal a line of text takes."""
    return len(text) if text.isascii() else sum(map(_cell, text))


def wrap(spans: Iterable[Span], width: int, *, max_lines: int) -> list[list[Span]]:
    """Break spans into lines between words; what does not fit ends in an ellipsis.

    Args:
        spans: The text, on one line.
        width: Columns of a line, 2 or more.
        max_lines: Most lines.
    """
    lines: list[list[Span]] = [[]]
    used = 0
    for piece in _pieces(spans, width):
        taken = cells(piece.text)
        if used + taken > width:
            if len(lines) == max_lines:
                lines[-1] = _with_ellipsis(lines[-1], width)
                return lines
            lines.append([])
            used = 0
        # A gap where a line was broken is not a new line's indentation.
        if used or len(lines) == 1 or not piece.text.isspace():
            lines[-1].append(piece)
            used += taken
    return lines


def _merged(spans: Iterable[Span]) -> Iterator[tuple[Style, str]]:
    """Yield the text of neighbours in one style as one piece."""
    for style, group in groupby(spans, key=lambda span: span.style):
        yield style, "".join(span.text for span in group)


def _cell(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    return 0 if unicodedata.category(character) in ("Mn", "Me", "Cf") else 1


def _pieces(spans: Iterable[Span], width: int) -> Iterator[Span]:
    """Yield words and gaps, none wider than a line."""
    for span in spans:
        for word in _WORDS.findall(span.text):
            for part in _parts(word, width):
                yield Span(part, span.style)


def _parts(word: str, width: int) -> Iterator[str]:
    begin = used = 0
    for place, character in enumerate(word):
        cell = _cell(character)
        if used + cell > width:
            yield word[begin:place]
            begin, used = place, 0
        used += cell
    yield word[begin:]


def _with_ellipsis(line: Sequence[Span], width: int) -> list[Span]:
    """Return a line that ends in an ellipsis and is no wider than before."""
    room = width - 1
    kept: list[Span] = []
    for span in line:
        part = next(_parts(span.text, room)) if room else ""
        kept.append(Span(part, span.style))
        room -= cells(part)
        if part != span.text:
            break
    return [*kept, Span("…")]
