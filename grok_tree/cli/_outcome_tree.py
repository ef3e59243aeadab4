"""Outcomes drawn as a tree of forks, with a bar for every branch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from grok_tree.cli._spans import Span, wrap
from grok_tree.cli._visible import isolated, visible_line
from grok_tree.forest import counted

if TYPE_CHECKING:
    from grok_tree.analysis import DecidingForks, Distribution, Estimate, Outcomes

_FILLS = "█▓▒░"
_OTHER = "·"
_BAR = 20
_MOST_BRANCHES = 10
_MOST_ROWS = 200
_DEEPEST = 12
"""Levels of indentation; what is deeper stands as deep as this."""

_NARROW = 60
"""Columns below which no bars are drawn, and ids come first: they are needed to go on."""

_RANKED = 10


class OutcomeTree:
    """The lines that show where branches lead."""

    def __init__(self, found: Outcomes, short: Mapping[str, str], *, width: int) -> None:
        self._found = found
        self._short = short
        self._width = width
        self._is_narrow = width < _NARROW

    def legend(self) -> Sequence[Span]:
        """Return the line that says which part of a bar is which outcome."""
        found = self._found
        if not found.kinds:
            return [Span("means with their intervals", "faint")]
        parts = [
            f"{fill} {visible_line(str(kind))}"
            for fill, kind in zip(_fills(), found.kinds, strict=False)
        ]
        return wrap([Span("  ".join(parts), "faint")], self._width, max_lines=2)[0]

    def lines(self, top: str | None) -> Iterator[Sequence[Span]]:
        """Yield the line of a response, None for the whole forest, and of all forks below it."""
        rows: list[tuple[int, str, str | None]] = [(0, "", top)]
        for _ in range(_MOST_ROWS):
            if not rows:
                return
            level, note, response_id = rows.pop()
            if note:
                yield [Span("   " * min(level, _DEEPEST)), Span(note, "faint")]
                continue
            yield self._line(level, response_id)
            below = [one for one in self._found.branch_ids(response_id) if self._forks(one)]
            hidden = len(below) - _MOST_BRANCHES
            if hidden > 0:
                more = counted(hidden, "more branch", "more branches")
                rows.append((level + 1, f"… {more}", None))
            rows += [(level + 1, "", one) for one in reversed(below[:_MOST_BRANCHES])]
        if rows:
            yield [Span("… more; --json has all forks", "faint")]

    def _forks(self, response_id: str) -> bool:
        return self._found.at(response_id).n > 1

    def _line(self, level: int, response_id: str | None) -> Sequence[Span]:
        at = self._found.at(response_id)
        name, text = "the whole forest", ""
        if response_id is not None:
            response = self._found.forest[response_id]
            name, text = self._short[response_id], visible_line(response.message[: self._width])
        indent, n = Span("   " * min(level, _DEEPEST)), f"n {at.n:,}"
        if self._is_narrow:
            spans = [indent, Span(name, "faint"), Span(f"  {figures(at)} "), Span(n, "faint")]
        else:
            drawn = f"{bar(at)} " if at.shares else ""
            spans = [indent, Span(f"{drawn}{figures(at)} "), Span(f"{n}  {name}", "faint")]
        spans += [Span(f" {isolated(text)}")] if text else []
        return wrap(spans, self._width, max_lines=1)[0]

    def ranking(self, deciding: DecidingForks) -> Iterator[Sequence[Span]]:
        """Yield a line for each of the forks where most is decided."""
        told = [fork for fork in deciding.forks if fork.n_units > fork.n_branches]
        if not told:
            yield [
                Span(
                    "no fork has children with several outcomes each, so none can be told from"
                    " chance",
                    "faint",
                )
            ]
            return
        for place, fork in enumerate(told[:_RANKED], 1):
            name = "the roots" if fork.response_id is None else self._short[fork.response_id]
            part = fork.decided / deciding.uncertainty if deciding.uncertainty else 0.0
            drawn = "" if self._is_narrow else f"{meter(part)} "
            found = fork.beyond_chance
            gain = f"{found.value:.2g} [{found.low:.2g}, {found.high:.2g}] {deciding.unit}"
            spans = [
                Span(f"{place:>2}. {drawn}{part:>4.0%}  "),
                Span(name, "faint"),
                Span(f"  p {fork.p_adjusted:.2g}, n {fork.n:,}, {gain} beyond chance"),
            ]
            yield wrap(spans, self._width, max_lines=1)[0]
        if len(told) > _RANKED:
            yield [Span(f"    … {counted(len(told) - _RANKED, 'more fork')}", "faint")]


def bar(at: Distribution) -> str:
    """Return shares side by side, one character for each part of the bar."""
    drawn, until, done = "", 0.0, 0
    for fill, share in zip(_fills(), at.shares.values(), strict=False):
        until += 0.0 if math.isnan(share.value) else share.value
        end = min(_BAR, round(until * _BAR))
        drawn += fill * (end - done)
        done = max(done, end)
    return drawn.ljust(_BAR, _OTHER)


def figures(at: Distribution) -> str:
    """Return shares with their intervals: the largest, of two the first, or the mean."""
    if at.mean is not None:
        return f"{at.mean.value:.4g} [{at.mean.low:.4g}, {at.mean.high:.4g}]"
    shares = list(at.shares.items())
    shares = shares[:1] if len(shares) == 2 else sorted(shares, key=lambda pair: -pair[1].value)
    return ", ".join(f"{visible_line(str(kind))} {_percent(share)}" for kind, share in shares[:2])


def meter(part: float) -> str:
    """Return a bar that is filled to a part of its length."""
    return ("█" * round(part * 10)).ljust(10, _OTHER)


def _percent(share: Estimate) -> str:
    return f"{share.value:.0%} [{share.low:.0%}, {share.high:.0%}]"


def _fills() -> Iterator[str]:
    """Yield what the parts of a bar are drawn with; all further parts look the same."""
    yield from _FILLS
    while True:
        yield _OTHER
