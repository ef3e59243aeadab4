"""Where each response of a forest stands in a drawn tree.

A run of responses with one child each stays at its indentation; only forks indent. What would grow
without bound is cut short: the middle of long runs, the end of wide forks, and what lies too deep
(which is drawn on, at the margin, when everything is asked for). Nothing here recurses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from grok_tree.forest import NO_PARENT

_LONG_RUN = 24
_RUN_END = 8
"""Of a longer run, so many responses are drawn at each end."""

_WIDE = 12
_WIDE_SHOWN = 10
"""Of a wider fork, so many branches are drawn, and the one that leads to the leaf."""

_MIDDLE, _LAST, _PASS, _GAP = "├─ ", "└─ ", "│  ", "   "


@dataclass(frozen=True, slots=True)
class Row:
    """One response.

    Attributes:
        number: Its place in the forest.
        lead: What stands before its first line.
        rest: What stands before its other lines.
        twin: The first of its siblings, None if it is that or alone.
    """

    number: int
    lead: str
    rest: str
    twin: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A line about responses that are not drawn here.

    Attributes:
        lead: What stands before it.
        text: With ``{}`` where the short id of `number` belongs.
        number: The response it is about.
    """

    lead: str
    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class _Branch:
    """A response to be drawn, with all below it."""

    number: int
    lead: str
    rest: str
    twin: int | None = None


class Layout:
    """Walks a forest and says what is drawn where."""

    def __init__(
        self,
        parents: Sequence[int],
        *,
        leaf: int | None = None,
        max_levels: int = 12,
        everything: bool = False,
    ) -> None:
        """Look at a shape.

        Args:
            parents: The number of each response's parent; a parent's is smaller.
            leaf: The number of the leaf, whose branch is always drawn.
            max_levels: How many forks may indent.
            everything: Draw every response.
        """
        self._children: list[list[int]] = [[] for _ in parents]
        self._roots: list[int] = []
        for number, parent in enumerate(parents):
            (self._roots if parent == NO_PARENT else self._children[parent]).append(number)
        self._below = _n_below(parents)
        self._to_leaf = _path(parents, leaf)
        self._max_levels = max_levels
        self._everything = everything
        self._later: deque[int] = deque()

    def rows(self, top: int | None = None) -> Iterator[Row | Note]:
        """Yield what is drawn, from top to bottom.

        Args:
            top: Draw only this response and what is below it.
        """
        tops = self._roots if top is None else [top]
        yield from self._drawn(
            [_Branch(tops[0], "", "")] if len(tops) == 1 else self._fork(tops, "")
        )
        while self._later:
            number = self._later.popleft()
            yield Note("", "")
            yield Note("", "below {}:", number)
            yield from self._drawn(self._fork(self._children[number], ""))

    def _drawn(self, branches: Iterable[_Branch | Note]) -> Iterator[Row | Note]:
        waiting = list(branches)[::-1]
        while waiting:
            branch = waiting.pop()
            if isinstance(branch, Note):
                yield branch
                continue
            run = self._run(branch.number)
            yield from self._run_rows(run, branch)
            waiting += list(self._after(run[-1], branch.rest))[::-1]

    def _run(self, number: int) -> list[int]:
        """Return a response, its only child, that one's only child and so on."""
        run = [number]
        while len(self._children[run[-1]]) == 1:
            run += self._children[run[-1]]
        return run

    def _run_rows(self, run: list[int], branch: _Branch) -> Iterator[Row | Note]:
        hidden = range(0)
        if len(run) > _LONG_RUN and not self._everything:
            hidden = range(_RUN_END, len(run) - _RUN_END)
        last = run[-1]
        for place, number in enumerate(run):
            if place in hidden:
                if place == hidden.start:
                    yield self._run_note(run[hidden.start : hidden.stop], branch.rest)
                continue
            forks = number == last and self._children[last]
            rest = branch.rest + (_PASS if forks else _GAP)
            first = place == 0
            lead, twin = (branch.lead, branch.twin) if first else (branch.rest, None)
            yield Row(number, lead, rest, twin)

    def _run_note(self, hidden: Sequence[int], rest: str) -> Note:
        leaf = ", the leaf among them" if self._leaf_in(hidden) else ""
        return Note(rest, f"⋮ {len(hidden):,} more{leaf} (--all draws them)")

    def _after(self, number: int, rest: str) -> Iterator[_Branch | Note]:
        """Yield what comes below the end of a run."""
        children = self._children[number]
        if not children:
            return
        if len(rest) // len(_GAP) < self._max_levels:
            yield from self._fork(children, rest)
            return
        below = self._below[number]
        if self._everything:
            self._later.append(number)
            yield Note(rest + _LAST, f"… {below:,} more, drawn further down")
        else:
            yield Note(rest + _LAST, f"… {below:,} more: grok-tree show {{}}", number)

    def _fork(self, children: Sequence[int], rest: str) -> Iterator[_Branch | Note]:
        shown = self._shown(children)
        hidden = len(children) - len(shown)
        for number in shown:
            last = not hidden and number == shown[-1]
            twin = None if number == children[0] else children[0]
            lead, below = (_LAST, _GAP) if last else (_MIDDLE, _PASS)
            yield _Branch(number, rest + lead, rest + below, twin)
        if hidden:
            yield Note(rest + _LAST, f"... and {hidden:,} more (--all draws them)")

    def _shown(self, children: Sequence[int]) -> Sequence[int]:
        if self._everything or len(children) <= _WIDE:
            return children
        first, others = children[:_WIDE_SHOWN], children[_WIDE_SHOWN:]
        return [*first, *(number for number in others if number in self._to_leaf)]

    def _leaf_in(self, numbers: Sequence[int]) -> bool:
        return bool(self._to_leaf) and max(self._to_leaf) in numbers


def _n_below(parents: Sequence[int]) -> list[int]:
    below = [0] * len(parents)
    for number in range(len(parents) - 1, -1, -1):
        if parents[number] != NO_PARENT:
            below[parents[number]] += below[number] + 1
    return below


def _path(parents: Sequence[int], number: int | None) -> frozenset[int]:
    path = set()
    while number is not None and number != NO_PARENT:
        path.add(number)
        number = parents[number]
    return frozenset(path)
