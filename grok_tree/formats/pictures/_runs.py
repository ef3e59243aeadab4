"""A forest as runs: responses one under another, and others that stand in the place of one.

A run goes on with that child which has most below it, so a tree of n responses nests at most
log2(n) deep, however long its paths are and wherever they fork.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from grok_tree.forest import NO_PARENT, Forest, Response

_TOGETHER = 256


@dataclass(frozen=True, slots=True)
class Member:
    """A response of a run, and what stands in its place."""

    number: int
    others: list[int]


@dataclass(frozen=True, slots=True)
class Run:
    """Responses one under another.

    Attributes:
        number: Counted from 1.
        beside: The response in whose place it stands, None for what begins a conversation.
        first: Its first response.
    """

    number: int
    beside: int | None
    first: int


class Outline:
    """The runs of a forest, or of a part of it that has the parents of all that it has."""

    def __init__(self, parents: Sequence[int], kept: Sequence[int]) -> None:
        """Look at a forest.

        Args:
            parents: The number of each response's parent.
            kept: For each number, whether it is part.
        """
        self._children: dict[int, list[int]] = {}
        sizes = [1] * len(parents)
        for number in range(len(parents) - 1, -1, -1):
            if kept[number] and parents[number] != NO_PARENT:
                sizes[parents[number]] += sizes[number]
        for number, parent in enumerate(parents):
            if kept[number]:
                self._children.setdefault(parent, []).append(number)
        for children in self._children.values():
            if len(children) > 1:
                heaviest = max(children, key=lambda one: (sizes[one], -one))
                children.remove(heaviest)
                children.insert(0, heaviest)

    @property
    def roots(self) -> list[int]:
        """What hangs on nothing, in order of creation."""
        return sorted(self._children.get(NO_PARENT, ()))

    def following(self, number: int) -> int | None:
        """Return what a run goes on with."""
        children = self._children.get(number)
        return children[0] if children else None

    def beside(self, number: int) -> list[int]:
        """Return what stands in the place of the response that a run goes on with after this."""
        return self._children.get(number, [])[1:]

    def members(self, first: int) -> Iterator[Member]:
        """Yield the responses of a run with what stands in the place of each."""
        number: int | None = first
        others: list[int] = []
        while number is not None:
            yield Member(number, others)
            others = self.beside(number)
            number = self.following(number)

    def runs(self) -> Iterator[Run]:
        """Yield all runs, each before those that stand in the place of its responses."""
        waiting: list[tuple[int | None, int]] = [(None, one) for one in self.roots]
        for number, (beside, first) in enumerate(waiting, 1):
            yield Run(number, beside, first)
            for member in self.members(first):
                waiting += [(member.number, other) for other in member.others]


def fetched(
    forest: Forest, steps: Iterable[str | Member]
) -> Iterator[str | tuple[Member, Response, Response | None]]:
    """Yield steps in which each member has its response, and the first in its place.

    Responses are fetched many at a time: they may be far away.
    """
    waiting: list[str | Member] = []
    for step in steps:
        waiting.append(step)
        if len(waiting) >= _TOGETHER:
            yield from _with_responses(forest, waiting)
            waiting = []
    yield from _with_responses(forest, waiting)


def _with_responses(
    forest: Forest, steps: list[str | Member]
) -> Iterator[str | tuple[Member, Response, Response | None]]:
    wanted = {n for one in steps if isinstance(one, Member) for n in (one.number, *one.others[:1])}
    numbers = sorted(wanted)
    known = dict(zip(numbers, forest.responses.several(numbers), strict=True))
    for step in steps:
        if isinstance(step, str):
            yield step
        else:
            beside = known[step.others[0]] if step.others else None
            yield step, known[step.number], beside
