"""What a client knows of one conversation: what the mirror has, and what came since.

What came is kept as it came, and decoded when somebody looks at it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import msgspec

from grok_tree import forest
from grok_tree.client._base import Base
from grok_tree.client._layers import Layers, Slot
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.forest import NO_PARENT, Beside, Forest, ResponseId
from grok_tree.wire import response_from_wire

_UNKNOWN = -2
"""The number of a parent that is not here, or hidden."""


@dataclass(frozen=True)
class _Pin:
    """A leaf that holds here although the server has not confirmed it."""

    leaf: ResponseId | None


class Cache:
    """Responses by position, and the conversation's own fields.

    Over a base, which is the conversation as the mirror has it, or over nothing. What is newer is
    in slots; a snapshot has its own view of them, and a base never changes, so snapshots stay.
    """

    def __init__(self, beside: Beside) -> None:
        """Begin with nothing.

        Args:
            beside: Where snapshots find what does not come with responses.
        """
        self.revision = 0
        self._beside = beside
        self._stored: forest.Conversation | None = None
        self._leaf_revision = 0
        self._pin: _Pin | None = None
        self._base: Base | None = None
        self._slots: dict[int, Slot] = {}
        self._positions: dict[str, int] = {}
        self._n_changes = 0
        self._snapshot: tuple[int, Forest] | None = None

    def __contains__(self, response_id: str) -> bool:
        return self._position(response_id) is not None

    @property
    def base(self) -> Base | None:
        """What the mirror had, None when nothing was taken from there."""
        return self._base

    def stand_on(self, base: Base) -> None:
        """Take everything from a mirror; what is here and newer stays."""
        newer = [slot for slot in self._slots.values() if slot.revision > base.revision]
        self._base = base
        self._slots = {slot.position: slot for slot in newer}
        self._positions = {slot.response_id: slot.position for slot in newer}
        self.revision = max(self.revision, base.revision)
        self._n_changes += 1

    @property
    def conversation(self) -> forest.Conversation | None:
        """The conversation's own fields, None before the first were read."""
        stored, pin = self._stored, self._pin
        if stored is None or pin is None or stored.leaf_response_id == pin.leaf:
            return stored
        return msgspec.structs.replace(stored, leaf_response_id=pin.leaf)

    def known(self) -> forest.Conversation:
        """Return the conversation.

        Raises:
            InvalidOperationError: Nothing was loaded yet.
        """
        conversation = self.conversation
        if conversation is None:
            raise InvalidOperationError(
                "nothing is known of this conversation yet; load() it, or add a response first"
            )
        return conversation

    def set_conversation(self, conversation: forest.Conversation) -> None:
        """Take newer fields; older ones, which may come late, are ignored."""
        old = self._stored
        if old is not None and conversation.revision < old.revision:
            return
        if old is not None and conversation.revision < self._leaf_revision:
            conversation = _with_leaf(conversation, old.leaf_response_id)
        else:
            self._leaf_revision = conversation.revision
        self._stored = conversation
        self._n_changes += 1

    def set_leaf(self, response_id: ResponseId, revision: int) -> None:
        """Take a leaf that the server has moved at a revision."""
        if self._stored is not None and revision >= self._leaf_revision:
            self._stored = _with_leaf(self._stored, response_id)
            self._leaf_revision = revision
            self._n_changes += 1

    def clear(self) -> None:
        """Forget everything, because it is of another database."""
        self.revision = self._leaf_revision = 0
        self._stored = self._base = None
        self._slots, self._positions = {}, {}
        self._n_changes += 1

    def pin_leaf(self, response_id: ResponseId | None) -> None:
        """Let a leaf hold here, whatever the server says, until it was told."""
        self._pin = _Pin(response_id)
        self._n_changes += 1

    def unpin_leaf(self) -> None:
        """Let the server's leaf hold again."""
        self._pin = None
        self._n_changes += 1

    def put(self, slot: Slot) -> None:
        """Take a response, unless a newer state of it is here."""
        old = self._slots.get(slot.position)
        known = self._base_revision(slot.position) if old is None else old.revision
        if slot.revision >= known:
            self._slots[slot.position] = slot
            self._positions[slot.response_id] = slot.position
            self._n_changes += 1

    def response(self, response_id: str) -> forest.Response:
        """Return a response.

        Raises:
            ResponseNotFound: It is not here; the message says how to get it.
        """
        position = self._position(response_id)
        if position is None:
            raise ResponseNotFound(
                f"response {response_id} is not known here; refresh() the conversation,"
                " or fetch_response() it",
                response_id=response_id,
            )
        return self._decoded(position)

    def snapshot(self) -> Forest:
        """Return the visible responses that are known up to their roots, as a forest.

        Taking it again without change is free.
        May be called in another thread than changes the cache.
        """
        taken = self._snapshot
        if taken is None or taken[0] != self._n_changes:
            # Counted before it is taken: what changes meanwhile makes the next look take it anew.
            taken = self._snapshot = (self._n_changes, self._new_snapshot())
        return taken[1]

    def _new_snapshot(self) -> Forest:
        conversation = self.known()
        # In this order: what is put meanwhile has its slot before its position.
        positions = dict(self._positions)
        base, slots = self._base, dict(self._slots)
        if base is None:
            return _forest_of_slots(conversation, slots, positions, self._beside)
        layers = Layers(base, slots, positions)
        return Forest(conversation, layers.parents, layers, self._beside)

    def _base_revision(self, position: int) -> int:
        """Return a revision that is not before the base's response there; -1 if it has none."""
        base = self._base
        return -1 if base is None or position >= len(base) else base.revision

    def _position(self, response_id: str) -> int | None:
        position = self._positions.get(response_id)
        if position is None and self._base is not None:
            position = self._base.position(response_id)
        return position

    def _decoded(self, position: int) -> forest.Response:
        slot = self._slots.get(position)
        if slot is None:
            assert self._base is not None
            return self._base.responses([position])[0]
        if not isinstance(slot, forest.Response):
            slot = self._slots[position] = response_from_wire(slot)
        return slot


def _forest_of_slots(
    conversation: forest.Conversation,
    slots: dict[int, Slot],
    positions: dict[str, int],
    beside: Beside,
) -> Forest:
    visible: list[Slot] = []
    numbers: dict[str, int] = {}
    parents = array("i")
    # Ids from the cache: a message makes a new text each time it is asked for one.
    for response_id, position in sorted(positions.items(), key=itemgetter(1)):
        slot = slots[position]
        parent = slot.parent_response_id
        number = numbers.get(parent, _UNKNOWN) if parent else NO_PARENT
        # Without what is above it a response would pass for a root, and its path be cut.
        if number != _UNKNOWN and not slot.deleted:
            parents.append(number)
            numbers[response_id] = len(visible)
            visible.append(slot)
    return Forest(conversation, parents, _Source(visible, numbers), beside)


def _with_leaf(conversation: forest.Conversation, leaf: ResponseId | None) -> forest.Conversation:
    return msgspec.structs.replace(conversation, leaf_response_id=leaf)


class _Source:
    """The responses of one snapshot, by their place in it."""

    def __init__(self, slots: list[Slot], numbers: dict[str, int]) -> None:
        self._slots = slots
        self._numbers = numbers

    def response_ids(self, numbers: Sequence[int]) -> list[ResponseId]:
        return [ResponseId(self._slots[number].response_id) for number in numbers]

    def number(self, response_id: str) -> int | None:
        return self._numbers.get(response_id)

    def responses(self, numbers: Sequence[int]) -> list[forest.Response]:
        return [self._decoded(number) for number in numbers]

    def _decoded(self, number: int) -> forest.Response:
        slot = self._slots[number]
        if not isinstance(slot, forest.Response):
            slot = self._slots[number] = response_from_wire(slot)
        return slot
