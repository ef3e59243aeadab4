"""What differs between two paths, response by response and word by word."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import AnyForest, OneResponse, forest_around, id_of
from grok_tree.analysis._results import Records, Tabular
from grok_tree.analysis.structure._pairing import paired
from grok_tree.forest import Response, TextChange, counted, diff_texts

Change = Literal["same", "changed", "-", "+"]
"""The same words in both, other words, only in the first path, only in the second."""

_MOST_SHOWN = 50
"""Pairs that a notebook or a terminal shows at once."""

_MARKS = {"same": ("", ""), "-": ("{-", "-}"), "+": ("{+", "+}")}
_TAGS = {"same": ("", ""), "-": ("<del>", "</del>"), "+": ("<ins>", "</ins>")}


@dataclass(frozen=True, repr=False)
class DiffPair:
    """What stands beside each other in two paths.

    Attributes:
        first: Of the first path, None where the second alone has something.
        second: Of the second path, None where the first alone has something.
    """

    first: Response | None
    second: Response | None

    def __repr__(self) -> str:
        return f"<DiffPair {self.kind}: {_line(self)[:80]}>"

    @property
    def kind(self) -> Change:
        """What happened from the first to the second."""
        if self.first is None or self.second is None:
            return "+" if self.first is None else "-"
        return "same" if self.first.message == self.second.message else "changed"

    @property
    def sender(self) -> str:
        """Who said it, the same on both sides."""
        one = self.first or self.second
        return one.sender if one else ""

    @cached_property
    def words(self) -> tuple[TextChange, ...]:
        """The words that are in both messages, in the first, or in the second, in order."""
        texts = [one.message if one else "" for one in (self.first, self.second)]
        return tuple(diff_texts(*texts))

    def n_words(self, kind: Literal["same", "-", "+"]) -> int:
        """Return how many words are in both, only in the first, or only in the second."""
        return sum(len(change.text.split()) for change in self.words if change.kind == kind)


@dataclass(frozen=True, eq=False, repr=False)
class Diff(Tabular):
    """Two paths of one forest, after the last response that they share.

    Attributes:
        divergence: The last response that they share, None for different roots.
        n_common: How many they share.
        pairs: What each has after it, side by side.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "kind": "text",
        "sender": "text",
        "first_id": "text",
        "second_id": "text",
        "n_words_same": "int",
        "n_words_removed": "int",
        "n_words_added": "int",
    }

    divergence: Response | None
    n_common: int
    pairs: Sequence[DiffPair]

    def count(self, kind: Change) -> int:
        """Return how many pairs are of one kind."""
        return sum(pair.kind == kind for pair in self.pairs)

    def __repr__(self) -> str:
        return f"<Diff: {self.summary}>"

    def __str__(self) -> str:
        return "\n".join([self.summary, *map(_line, self.pairs[:_MOST_SHOWN]), *self._hidden()])

    @property
    def summary(self) -> str:
        """One line of counts."""
        return (
            f"{self.n_common:,} shared; after them {self.count('same'):,} the same,"
            f" {self.count('changed'):,} changed, {self.count('-'):,} only in the first,"
            f" {self.count('+'):,} only in the second"
        )

    def to_records(self) -> Records:
        """Return a row for each pair; words are what stands between white space."""
        return [
            {
                "kind": pair.kind,
                "sender": pair.sender,
                "first_id": pair.first and pair.first.response_id,
                "second_id": pair.second and pair.second.response_id,
                "n_words_same": pair.n_words("same"),
                "n_words_removed": pair.n_words("-"),
                "n_words_added": pair.n_words("+"),
            }
            for pair in self.pairs
        ]

    def _repr_html_(self) -> str:
        shown = "".join(f"<li>{_html(pair)}</li>" for pair in self.pairs[:_MOST_SHOWN])
        hidden = "".join(f"<p>{line}</p>" for line in self._hidden())
        return (
            f"<details open><summary><b>Diff</b> · {html.escape(self.summary)}</summary>"
            f"<ul>{shown}</ul>{hidden}</details>"
        )

    def _hidden(self) -> Iterator[str]:
        if len(self.pairs) > _MOST_SHOWN:
            yield f"… {counted(len(self.pairs) - _MOST_SHOWN, 'more pair')}; to_records() has them"


def _line(pair: DiffPair) -> str:
    texts = (_marked(_visible(change.text), *_MARKS[change.kind]) for change in pair.words)
    return f"{pair.sender}: {''.join(texts)}"


def _html(pair: DiffPair) -> str:
    texts = (
        _marked(html.escape(_visible(change.text)), *_TAGS[change.kind]) for change in pair.words
    )
    words = f'<span style="white-space: pre-wrap">{"".join(texts)}</span>'
    return f"<b>{html.escape(pair.sender)}</b> {words}"


def _marked(text: str, begin: str, end: str) -> str:
    """Return the words between marks, and the gap before them outside."""
    words = text.lstrip()
    return f"{text[: len(text) - len(words)]}{begin}{words}{end}" if words else text


def _visible(text: str) -> str:
    """Return a text that can neither act on what shows it nor rearrange it."""
    return "".join(
        one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode()
        for one in text
    )


def diff(first: OneResponse, second: OneResponse, *, forest: AnyForest | None = None) -> Diff:
    """Return what differs between two paths, response by response and word by word.

    After the last response that both share, the two rests are laid side by side so that what is
    alike stands together: a response more in one of them does not shift what follows. See
    `grok_tree.analysis.structure._pairing.paired` for how, and for its bound. Words are compared
    when they are asked for.

    Args:
        first: The end of the first path: a handle, or a value or an id together with `forest`.
        second: The end of the second.
        forest: Where both are.

    Raises:
        InvalidOperationError: Nothing says where they are.
        ResponseNotFound: One of them is not there.
    """
    paths = forest_around((first, second), forest).diff(id_of(first), id_of(second))
    pairs = paired(list(paths.first), list(paths.second))
    return Diff(paths.divergence, len(paths.common), [DiffPair(*pair) for pair in pairs])
