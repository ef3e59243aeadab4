"""What a client knows of one conversation: its responses as they came, decoded when looked at."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import msgspec

from grok_tree import forest
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.forest import NO_PARENT, Forest, ResponseId
from grok_tree.wire import pb, response_from_wire

Slot = pb.Response | forest.Response


class Cache:
    """Responses by position, and the conversation's own fields.

    Holds every response as the message it came in until somebody looks at it. A snapshot shares
    the slots; since a slot is only ever replaced by a newer one in a new list, snapshots stay.
    """

    def __init__(self) -> None:
        self.conversation: forest.Conversation | None = None
        self.revision = 0
        self._slots: dict[int, Slot] = {}
        self._positions: dict[str, int] = {}
        self._snapshot: Forest | None = None

    def __contains__(self, response_id: str) -> bool:
        return response_id in self._positions

    def known(self) -> forest.Conversation:
        """Return the conversation.

        Raises:
            InvalidOperationError: Nothing was loaded yet.
        """
        if self.conversation is None:
            raise InvalidOperationError(
                "nothing is known of this conversation yet; load() it, or add a response first"
            )
        return self.conversation

    def set_conversation(self, conversation: forest.Conversation) -> None:
        """Take newer fields; older ones, which may come late, are ignored."""
        if self.conversation is None or conversation.revision >= self.conversation.revision:
            self.conversation = conversation
            self._snapshot = None

    def set_leaf(self, response_id: ResponseId | None) -> None:
        """Move the leaf here; the server learns of it from somebody else."""
        if self.conversation is not None:
            self.conversation = msgspec.structs.replace(
                self.conversation, leaf_response_id=response_id
            )
            self._snapshot = None

    def put(self, slot: Slot) -> None:
        """Take a response, unless a newer state of it is here."""
        old = self._slots.get(slot.position)
        if old is None or slot.revision >= old.revision:
            self._slots[slot.position] = slot
            self._positions[slot.response_id] = slot.position
            self._snapshot = None

    def response(self, response_id: str) -> forest.Response:
        """Return a response.

        Raises:
            ResponseNotFound: It is not here; the message says how to get it.
        """
        position = self._positions.get(response_id)
        if position is None:
            raise ResponseNotFound(
                f"response {response_id} is not known here; refresh() the conversation,"
                " or fetch_response() it",
                response_id=response_id,
            )
        return self._decoded(position)

    def snapshot(self) -> Forest:
        """Return all visible responses as a forest; taking it again without change is free."""
        if self._snapshot is None:
            self._snapshot = self._new_snapshot()
        return self._snapshot

    def _new_snapshot(self) -> Forest:
        conversation = self.known()
        slots = [self._slots[position] for position in sorted(self._slots)]
        visible = [slot for slot in slots if not slot.deleted]
        numbers: dict[str, int] = {slot.response_id: number for number, slot in enumerate(visible)}
        parents = array(
            "i", (numbers.get(slot.parent_response_id or "", NO_PARENT) for slot in visible)
        )
        return Forest(conversation, parents, _Source(visible, numbers))

    def _decoded(self, position: int) -> forest.Response:
        slot = self._slots[position]
        if not isinstance(slot, forest.Response):
            slot = self._slots[position] = response_from_wire(slot)
        return slot


class _Source:
    """The responses of one snapshot, by their place in it."""

    def __init__(self, slots: list[Slot], numbers: dict[str, int]) -> None:
        self._slots = slots
        self._numbers = numbers

    def response_id(self, number: int) -> ResponseId:
        return ResponseId(self._slots[number].response_id)

    def number(self, response_id: str) -> int | None:
        return self._numbers.get(response_id)

    def responses(self, numbers: Sequence[int]) -> list[forest.Response]:
        return [self._decoded(number) for number in numbers]

    def _decoded(self, number: int) -> forest.Response:
        slot = self._slots[number]
        if not isinstance(slot, forest.Response):
            slot = self._slots[number] = response_from_wire(slot)
        return slot
