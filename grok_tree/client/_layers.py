"""One snapshot over a base: the mirror's responses below, what came since above."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from grok_tree import forest
from grok_tree.client._base import Base
from grok_tree.forest import NO_PARENT, ResponseId
from grok_tree.wire import pb, response_from_wire

Slot = pb.Response | forest.Response

_UNSEEN = -2
"""The number of a response that is hidden, or that hangs below one that is not here."""


class Layers:
    """The responses of one snapshot, by their place in it.

    While nothing is hidden, places are positions, and the arrays of the base are used as they are.

    Attributes:
        parents: The number of each response's parent.
    """

    def __init__(self, base: Base, slots: dict[int, Slot], positions: dict[str, int]) -> None:
        """Take a view.

        Args:
            base: Below.
            slots: Above, by position; this snapshot's own.
            positions: Of what is above, by id.
        """
        self._base = base
        self._slots = slots
        self._positions = positions
        self._places: array[int] | None = None
        self._numbers: array[int] | None = None
        above = None if base.hidden else self._shape_above()
        if above is None:
            self._places, self._numbers, self.parents = self._numbered()
        else:
            self.parents = base.parents + above if above else base.parents

    def response_ids(self, numbers: Sequence[int]) -> list[ResponseId]:
        """Return ids, in the order asked for."""
        places = self._positions_of(numbers)
        below = [place for place in places if place not in self._slots]
        if len(below) == len(places):
            return self._base.ids(places)
        found = dict(zip(below, self._base.ids(below), strict=True))
        return [
            found[place] if place in found else ResponseId(self._slots[place].response_id)
            for place in places
        ]

    def number(self, response_id: str) -> int | None:
        """Return the number of an id, None if the snapshot has no such response."""
        place = self._positions.get(response_id)
        if place is None:
            place = self._base.position(response_id)
        if place is None or self._numbers is None:
            return place
        number = self._numbers[place]
        return None if number == _UNSEEN else number

    def responses(self, numbers: Sequence[int]) -> list[forest.Response]:
        """Return responses, in the order asked for."""
        places = self._positions_of(numbers)
        below = [place for place in places if place not in self._slots]
        if len(below) == len(places):
            return self._base.responses(places)
        found = dict(zip(below, self._base.responses(below), strict=True))
        return [found[place] if place in found else self._decoded(place) for place in places]

    def _positions_of(self, numbers: Sequence[int]) -> Sequence[int]:
        places = self._places
        return numbers if places is None else [places[number] for number in numbers]

    def _decoded(self, place: int) -> forest.Response:
        slot = self._slots[place]
        if not isinstance(slot, forest.Response):
            slot = self._slots[place] = response_from_wire(slot)
        return slot

    def _shape_above(self) -> array[int] | None:
        """Return the parents of what follows on the base; None when it is not that simple."""
        above = array("i")
        for place in sorted(self._slots):
            slot = self._slots[place]
            if slot.deleted:
                return None
            if place < len(self._base):
                continue
            parent = self._parent(slot)
            if place != len(self._base) + len(above) or parent == _UNSEEN:
                return None
            above.append(parent)
        return above

    def _parent(self, slot: Slot) -> int:
        """Return the position of a parent."""
        above = slot.parent_response_id
        if not above:
            return NO_PARENT
        place = self._positions.get(above)
        if place is None:
            place = self._base.position(above)
        return _UNSEEN if place is None else place

    def _numbered(self) -> tuple[array[int], array[int], array[int]]:
        """Count what is visible: its positions, the number of each position, and the parents."""
        end = max([len(self._base), *(place + 1 for place in self._slots)])
        hidden = set(self._base.hidden) - self._slots.keys()
        numbers = array("i", [_UNSEEN]) * end
        places, parents = array("i"), array("i")
        for place in range(end):
            slot = self._slots.get(place)
            if place in hidden or (slot is None and place >= len(self._base)):
                continue
            if slot is not None and slot.deleted:
                continue
            above = self._base.parents[place] if place < len(self._base) else self._parent(slot)  # type: ignore[arg-type]
            number = above if above < 0 else numbers[above]
            # Without what is above it a response would pass for a root, and its path be cut.
            if number == _UNSEEN:
                continue
            numbers[place] = len(places)
            places.append(place)
            parents.append(number)
        return places, numbers, parents
