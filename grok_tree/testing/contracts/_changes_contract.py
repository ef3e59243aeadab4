"""What every store must tell of changes, page by page; part of `StoreContract`."""

from __future__ import annotations

from grok_tree.forest import Marks, Response
from grok_tree.store import Cursor
from grok_tree.testing.contracts._desk import Desk

START = -1
"""Position of a cursor that stands after all of its revision."""


class ChangesContract:
    """Scenarios for one store; the subclass gives the fixture `desk`."""

    def test_pages_of_changes_hold_every_response_once(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = [desk.add(conversation, str(number)) for number in range(7)]
        found = changes(desk, conversation, Cursor(0, START), limit=3)

        assert [response.response_id for response in found] == made

    def test_changes_after_a_revision_are_only_later_ones(self, desk: Desk) -> None:
        conversation = desk.conversation()
        old = desk.add(conversation)
        held = desk.see(conversation).revision
        new = desk.add(conversation, parent=old)
        desk.write(lambda w: w.set_marks(old, Marks(note="later"), now=desk.clock.now()))

        found = changes(desk, conversation, Cursor(held, START), limit=9)
        assert [response.response_id for response in found] == [new, old]

    def test_a_page_of_changes_ends_before_it_is_too_long(self, desk: Desk) -> None:
        conversation = desk.conversation()
        for _ in range(4):
            desk.add(conversation, "x" * 400)

        page = desk.read(
            lambda reader: reader.changes(conversation, Cursor(0, START), max_bytes=1_000)
        )
        assert len(page) == 2

    def test_a_response_longer_than_a_page_is_a_page_of_its_own(self, desk: Desk) -> None:
        conversation = desk.conversation()
        desk.add(conversation, "x" * 4_000)
        desk.add(conversation, "y")

        page = desk.read(
            lambda reader: reader.changes(conversation, Cursor(0, START), max_bytes=1_000)
        )
        assert [len(response.message) for response in page] == [4_000]

    def test_hidden_responses_are_changes_too(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = desk.add(conversation)
        held = desk.see(conversation).revision
        desk.write(lambda writer: writer.hide(made, desk.clock.now()))

        (tombstone,) = changes(desk, conversation, Cursor(held, START), limit=9)
        assert (tombstone.response_id, tombstone.deleted) == (made, True)


def changes(desk: Desk, conversation_id: str, since: Cursor, *, limit: int) -> list[Response]:
    """Read all changes after a cursor, page by page."""
    found: list[Response] = []
    while True:
        page = desk.read(
            lambda reader, since=since: reader.changes(conversation_id, since, limit=limit)  # type: ignore[misc]
        )
        if not page:
            return found
        found += page
        since = Cursor(page[-1].revision, page[-1].position)
