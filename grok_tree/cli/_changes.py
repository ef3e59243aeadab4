"""Words that differ, as spans: with and without colours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grok_tree.cli._spans import Span, Style
from grok_tree.cli._visible import isolated, visible
from grok_tree.forest import TextChange


def marked(text: str, marks: str, style: Style) -> Iterator[Span]:
    """Yield the words of a visible text between marks, and the gap before them outside."""
    words = text.strip()
    begin, end = marks.split() or ("", "")
    yield Span(text[: len(text) - len(text.lstrip())])
    if words:
        yield Span(f"{begin}{isolated(words)}{end}", style)


def changed_lines(changes: Iterable[TextChange], *, colour: bool) -> Iterator[list[Span]]:
    """Yield the lines of two texts in one, what only one of them has between marks.

    Marks begin and end on every line, so that each can be read by itself.
    """
    line: list[Span] = []
    for change in changes:
        first, *others = visible(change.text).split("\n")
        line += _spans(change, first, colour=colour)
        for text in others:
            yield line
            line = list(_spans(change, text, colour=colour))
    yield line


def _spans(change: TextChange, text: str, *, colour: bool) -> Iterator[Span]:
    if change.kind == "same":
        yield Span(isolated(text))
    elif change.kind == "+":
        yield from marked(text, "" if colour else "{+ +}", "new")
    else:
        yield from marked(text, "{- -}", "faint")
