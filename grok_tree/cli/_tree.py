"""A forest drawn in lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from grok_tree.cli._changes import marked
from grok_tree.cli._layout import Layout, Note, Row
from grok_tree.cli._rows import forest_heading
from grok_tree.cli._short_ids import short_ids
from grok_tree.cli._spans import Span, Style, paint, wrap
from grok_tree.cli._visible import isolated, visible_line
from grok_tree.forest import Forest, Response, diff_texts

_LEVEL = 3
_TEXT_COLUMNS = 40
"""So many columns are left to the text, however deep it stands."""

_COMPARED = 4_000
"""So many characters of two siblings are compared."""


@dataclass(frozen=True)
class TreeStyle:
    """How a forest is drawn.

    Attributes:
        width: Columns of a line.
        colour: With the colours of a terminal.
        lines: Most lines of one response.
        everything: Also the middle of long runs and the end of wide forks.
        differences: Show in which words each sibling differs from the first.
    """

    width: int = 100
    colour: bool = False
    lines: int = 1
    everything: bool = False
    differences: bool = False


class TreeDrawing:
    """The lines that show a forest; responses are fetched as their lines are asked for."""

    def __init__(self, forest: Forest, style: TreeStyle) -> None:
        self._forest = forest
        self._style = style
        self._ids = forest.responses.ids
        self._short = short_ids([*self._ids, forest.conversation.conversation_id])

    def heading(self) -> str:
        """Return the line above the tree."""
        conversation = self._forest.conversation
        short = self._short[conversation.conversation_id]
        return self._paint(
            forest_heading(
                conversation, short, n_responses=len(self._forest), n_tips=len(self._forest.tips)
            )
        )

    def lines(self, *, top: str | None = None) -> Iterator[str]:
        """Yield the lines of the tree.

        Args:
            top: Id of the only response to draw, with what is below it.

        Raises:
            ResponseNotFound: The forest has no response `top`.
        """
        leaf, style = self._forest.leaf, self._style
        layout = Layout(
            self._forest.parent_numbers,
            leaf=None if leaf is None else self._ids.index(leaf.response_id),
            max_levels=max(1, (style.width - _TEXT_COLUMNS) // _LEVEL),
            everything=style.everything,
        )
        first = None if top is None else self._ids.index(self._forest[top].response_id)
        for row in layout.rows(first):
            yield from self._note(row) if isinstance(row, Note) else self._row(row)

    def _note(self, note: Note) -> Iterator[str]:
        short = "" if note.number is None else self._short[self._ids[note.number]]
        yield self._paint([Span(note.lead), Span(note.text.format(short), "faint")])

    def _row(self, row: Row) -> Iterator[str]:
        response = self._forest.responses[row.number]
        spans = [*self._label(response), *self._text(response, row)]
        width = max(2, self._style.width - len(row.rest))
        lead = row.lead
        for line in wrap(spans, width, max_lines=self._style.lines):
            yield self._paint([Span(lead), *line]).rstrip()
            lead = row.rest

    def _label(self, response: Response) -> Iterator[Span]:
        style: Style = "model" if response.sender == "assistant" else "human"
        yield Span(response.sender, style)
        yield Span(f" {self._short[response.response_id]} ", "faint")
        if marks := _marks(response, self._forest.conversation.leaf_response_id):
            yield Span(f"{marks} ", "mark")
        if facts := _facts(response):
            yield Span(f"{facts} ", "faint")

    def _text(self, response: Response, row: Row) -> Iterator[Span]:
        message = visible_line(response.message)
        if not self._style.differences or row.twin is None:
            yield Span(isolated(message))
            return
        twin = visible_line(self._forest.responses[row.twin].message)
        if message == twin:
            yield Span("(the same words as its first sibling)", "faint")
            return
        yield from _differences(twin, message, colour=self._style.colour)

    def _paint(self, spans: Iterable[Span]) -> str:
        return paint(spans, colour=self._style.colour)


def _marks(response: Response, leaf: str | None) -> str:
    partial = f"partial: {response.finish_reason or 'growing'}"
    words = {
        "leaf": response.response_id == leaf,
        partial: response.partial,
        "by hand": response.manual,
        "shared": response.shared,
    }
    named = ", ".join(word for word, holds in words.items() if holds)
    star = "★" if response.marks.starred else ""
    return " ".join(mark for mark in (star, f"[{named}]" if named else "") if mark)


def _facts(response: Response) -> str:
    """Return what was asked of the model, as far as it was asked."""
    settings = response.settings
    asked = {"T": settings.temperature, "seed": settings.seed}
    return " ".join(f"{name}={value}" for name, value in asked.items() if value is not None)


def _differences(first: str, text: str, *, colour: bool) -> Iterator[Span]:
    """Yield `text` with the words marked that `first` does not have, and where words are gone."""
    changes = diff_texts(first[:_COMPARED], text[:_COMPARED])
    for change, after in zip_longest(changes, changes[1:]):
        if change.kind == "same":
            yield Span(isolated(change.text))
        elif change.kind == "+":
            yield from marked(change.text, "" if colour else "{+ +}", "new")
        elif after is None or after.kind != "+":
            yield from marked(change.text, "{- -}", "faint")
