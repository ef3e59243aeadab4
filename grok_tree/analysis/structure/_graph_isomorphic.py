"""Which parts of a forest are equal to each other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._arrays import Arrays, arrays_of
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import AnyForest, key_of, snapshot_of
from grok_tree.analysis._results import Records, Tabular
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import NO_PARENT, Response, ResponseId, counted

SameBy = Literal["shape", "sender", "text"] | Callable[[Response], Hashable]
"""What must be equal of two responses, beside what hangs below them."""


@dataclass(frozen=True)
class SubtreeClass:
    """Subtrees that are equal to each other.

    Attributes:
        members: The responses that they begin with, in order of creation.
        n_responses: Responses in each subtree, the first included.
        n_tips: Tips in each.
        height: Responses on the longest path in each, from its first one down.
    """

    members: tuple[ResponseId, ...]
    n_responses: int
    n_tips: int
    height: int


@dataclass(frozen=True, repr=False)
class SubtreeClasses(Tabular):
    """Classes of equal subtrees, the largest subtrees first.

    Attributes:
        classes: Those with several members; equal sizes with more members first.
        n_classes: How many different subtrees the forest has in all, those that stand alone and
            those too small to be listed included.
        by: What had to be equal.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "class_number": "int",
        "response_id": "text",
        "n_members": "int",
        "n_responses": "int",
        "n_tips": "int",
        "height": "int",
    }

    classes: tuple[SubtreeClass, ...]
    n_classes: int
    by: str

    def __str__(self) -> str:
        found = f"{counted(self.n_classes, 'different subtree')} by {self.by}"
        return f"{found}, {len(self.classes):,} of them several times"

    def to_records(self) -> Records:
        """Return a row for each member of each class."""
        return [
            {
                "class_number": number,
                "response_id": member,
                "n_members": len(one.members),
                "n_responses": one.n_responses,
                "n_tips": one.n_tips,
                "height": one.height,
            }
            for number, one in enumerate(self.classes)
            for member in one.members
        ]


def isomorphic_subtrees(
    forest: AnyForest, *, by: SameBy = "shape", n_least: int = 2
) -> SubtreeClasses:
    """Return the subtrees that occur several times.

    Two subtrees are equal when their first responses are, and their children can be paired so that
    the subtrees below are equal too; the order of siblings does not matter. Every subtree gets the
    number of its class from the bottom up, by what is compared of its first response and the sorted
    numbers of its children's classes (Aho, Hopcroft and Ullman 1974, 3.2). With n responses and a
    largest fork of k children time is O(n log k), and memory O(n).

    Args:
        forest: Whose.
        by: ``"shape"`` compares nothing of a response and reads none, ``"sender"`` who said it,
            ``"text"`` the sender and the message; a function gives what to compare.
        n_least: Responses in the smallest subtree that is listed, 1 or more.

    Raises:
        InvalidOperationError: There is no such way to compare, a function gives what cannot be
            compared, or `n_least` is below 1.
    """
    if n_least < 1:
        raise InvalidOperationError(f"subtrees of at least {n_least} responses: ask for 1 or more")
    taken = snapshot_of(forest)
    arrays = arrays_of(taken)
    classes = _classes(arrays, labels(taken.responses, by))
    found = _groups(arrays, classes, n_least)
    ids, heights = taken.responses.ids, _heights(arrays)
    listed = [
        SubtreeClass(
            members=tuple(ids[number] for number in members),
            n_responses=int(arrays.sizes[members[0]]),
            n_tips=int(arrays.n_tips_below[members[0]]),
            height=heights[members[0]],
        )
        for members in found
    ]
    n_classes = int(classes.max(initial=-1)) + 1
    return SubtreeClasses(tuple(listed), n_classes, by if isinstance(by, str) else "a function")


def labels(responses: Sequence[Response], by: SameBy) -> Sequence[Hashable]:
    """Return what is compared of each response, in their order.

    Raises:
        InvalidOperationError: There is no such way to compare, or a function gives no key.
    """
    if callable(by):
        return [key_of(by(response), "by=") for response in responses]
    match by:
        case "shape":
            return [None] * len(responses)
        case "sender":
            return [response.sender for response in responses]
        case "text":
            return [(response.sender, response.message) for response in responses]
    raise InvalidOperationError(
        f"responses cannot be compared by {by!r}; give 'shape', 'sender', 'text', or a function"
    )


def _classes(arrays: Arrays, compared: Sequence[Hashable]) -> NDArray[np.int64]:
    """Return the number of the class of each response's subtree."""
    numbers: dict[Hashable, int] = {}
    below: list[list[int]] = [[] for _ in compared]
    classes = np.zeros(len(compared), dtype=np.int64)
    parents = arrays.parents.tolist()
    for number in range(len(compared) - 1, -1, -1):
        key = (compared[number], tuple(sorted(below[number])))
        below[number] = []
        classes[number] = own = numbers.setdefault(key, len(numbers))
        if parents[number] != NO_PARENT:
            below[parents[number]].append(own)
    return classes


def _groups(arrays: Arrays, classes: NDArray[np.int64], n_least: int) -> list[list[int]]:
    """Return the members of each class with several, in the order of `SubtreeClasses`."""
    members: dict[int, list[int]] = {}
    large = np.flatnonzero(arrays.sizes >= n_least)
    for number, one in zip(large.tolist(), classes[large].tolist(), strict=True):
        members.setdefault(one, []).append(number)
    several = [numbers for numbers in members.values() if len(numbers) > 1]
    return sorted(several, key=lambda one: (-int(arrays.sizes[one[0]]), -len(one), one[0]))


def _heights(arrays: Arrays) -> list[int]:
    heights = [1] * len(arrays)
    parents = arrays.parents.tolist()
    for number in range(len(arrays) - 1, -1, -1):
        above = parents[number]
        if above != NO_PARENT:
            heights[above] = max(heights[above], heights[number] + 1)
    return heights
