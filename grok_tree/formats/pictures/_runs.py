"""A forest as runs: responses one under another, and others that stand in the place of one.

A run goes on with that child which has most below it, so a tree of n responses nests at most
log2(n) deep, however long its paths are and wherever they fork.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grok_tree.forest import NO_PARENT


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

    def members(self, first: int) -> Iterator[tuple[int, list[int]]]:
        """Yield the responses of a run with what stands in the place of each."""
        number: int | None = first
        others: list[int] = []
        while number is not None:
            yield number, others
            others = self.beside(number)
            number = self.following(number)

    def runs(self) -> Iterator[Run]:
        """Yield all runs, each before those that stand in the place of its responses."""
        waiting: list[tuple[int | None, int]] = [(None, one) for one in self.roots]
        for number, (beside, first) in enumerate(waiting, 1):
            yield Run(number, beside, first)
            for member, others in self.members(first):
                waiting += [(member, other) for other in others]
