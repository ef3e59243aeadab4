"""Which responses of two forests stand in the same place.

What people, systems and tools said stands where the same was said below the same. What a model said
is a sample of its place: all samples below one place are one group, whatever they say. So a place
is known by what was said to the model on the way to it, and the second question of a talk is the
same place whichever answer it followed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from grok_tree.analysis._samples import is_sampled
from grok_tree.forest import NO_PARENT, Forest, Response

TOP = 0
"""The place above all roots."""

SAMPLED = None
"""The key of what a model said."""


@dataclass(frozen=True)
class Place:
    """A place of two forests.

    Attributes:
        above: The place that it is below; `TOP` is below itself.
        depth: Responses on the way to it, itself included.
        holds_samples: Whether a model spoke there.
        numbers: The responses of each forest that stand there, by number.
    """

    above: int
    depth: int
    holds_samples: bool
    numbers: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))

    @property
    def is_shared(self) -> bool:
        """Whether both forests have responses there."""
        return all(self.numbers)


def is_whole(response: Response) -> bool:
    """Return whether it is a sample of what the model says there: not cut, not begun by another."""
    return not response.partial and not response.origin.sampled_from


def places_of(before: Forest, after: Forest) -> list[Place]:
    """Return the places of two forests, each above those below it."""
    places = [Place(TOP, 0, holds_samples=False)]
    known: dict[tuple[int, Hashable], int] = {}
    for side, forest in enumerate((before, after)):
        _sort_in(forest, side, places, known)
    return places


def _sort_in(
    forest: Forest, side: int, places: list[Place], known: dict[tuple[int, Hashable], int]
) -> None:
    stands: list[int] = []
    responses: Iterable[Response] = forest
    for number, (parent, response) in enumerate(zip(forest.parent_numbers, responses, strict=True)):
        above = TOP if parent == NO_PARENT else stands[parent]
        key = _key(response)
        place = known.get((above, key))
        if place is None:
            place = known[above, key] = len(places)
            places.append(Place(above, places[above].depth + 1, key is SAMPLED))
        places[place].numbers[side].append(number)
        stands.append(place)


def _key(response: Response) -> Hashable:
    """Return what tells a response from its siblings; ids and times say nothing."""
    if is_sampled(response):
        return SAMPLED
    files = tuple(one.file_id or one.url for one in response.attachments)
    return response.sender, response.message, files


def only_in(places: Sequence[Place], side: int) -> list[int]:
    """Return the responses of one forest that have no place in the other, but whose parent has."""
    return [
        number
        for place in places[1:]
        if not place.numbers[1 - side] and (place.above == TOP or places[place.above].is_shared)
        for number in place.numbers[side]
    ]
