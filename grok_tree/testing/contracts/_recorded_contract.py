"""What every store must remember of recorded paths and groups; part of `StoreContract`."""

from __future__ import annotations

from functools import partial

from grok_tree.store import Writer
from grok_tree.testing.contracts._desk import Desk

PATH, OTHER = b"a" * 16, b"b" * 16


class RecordedContract:
    """Scenarios for one store; the subclass gives the fixture `desk`."""

    def test_recorded_paths_are_found_by_their_hashes_oldest_first(self, desk: Desk) -> None:
        first, second = desk.conversation(), desk.conversation()
        ends = [desk.add(first, "a"), desk.add(second, "a")]
        desk.write(lambda w: w.note_paths(dict.fromkeys(ends, PATH)))

        assert desk.read(lambda r: r.recorded_paths([OTHER, PATH])) == {PATH: ends}
        within = desk.read(lambda r: r.recorded_paths([PATH], conversation_id=second))
        assert within == {PATH: ends[1:]}
        assert desk.read(lambda r: r.recorded_hash(ends[0])) == PATH

    def test_thousands_of_hashes_can_be_looked_for_at_once(self, desk: Desk) -> None:
        end = desk.add(desk.conversation(), "a")
        desk.write(lambda w: w.note_paths({end: PATH}))
        hashes = [number.to_bytes(16, "big") for number in range(2_000)]

        assert desk.read(lambda r: r.recorded_paths([*hashes, PATH])) == {PATH: [end]}

    def test_what_is_hidden_is_on_no_recorded_path(self, desk: Desk) -> None:
        conversation = desk.conversation()
        end = desk.add(conversation, "a")
        desk.write(lambda w: w.note_paths({end: PATH}))
        now = desk.clock.now()

        desk.write(lambda w: w.hide(end, now))
        assert desk.read(lambda r: r.recorded_paths([PATH])) == {}
        desk.write(lambda w: w.unhide(end, now))
        desk.write(lambda w: w.set_conversation_deleted(conversation, deleted=True, now=now))
        assert desk.read(lambda r: r.recorded_paths([PATH])) == {}

    def test_children_are_found_by_what_they_say(self, desk: Desk) -> None:
        conversation = desk.conversation()
        tops = [desk.add(conversation, "top") for _ in range(2)]
        same = [desk.add(conversation, "same", top) for top in tops]
        desk.add(conversation, "other", tops[0])
        hidden = desk.add(conversation, "same", tops[0])
        desk.write(lambda w: w.hide(hidden, desk.clock.now()))

        found = desk.read(lambda r: r.children_saying(tops, "human", "same"))
        assert [one.response_id for one in found] == same
        assert desk.read(lambda r: r.children_saying(tops, "assistant", "same")) == []

    def test_a_group_is_the_conversation_that_was_noted_last(self, desk: Desk) -> None:
        first, second = desk.conversation(), desk.conversation()
        assert desk.read(lambda r: r.recorded_group(PATH)) is None
        for conversation in (first, second):
            desk.write(partial(Writer.note_group, group_hash=PATH, conversation_id=conversation))

        assert desk.read(lambda r: r.recorded_group(PATH)) == second

    def test_a_purge_forgets_paths_and_groups(self, desk: Desk) -> None:
        conversation = desk.conversation()
        end = desk.add(conversation, "a")
        desk.write(lambda w: w.note_paths({end: PATH}))
        desk.write(lambda w: w.note_group(PATH, conversation))
        now = desk.clock.now()
        desk.write(lambda w: w.set_conversation_deleted(conversation, deleted=True, now=now))
        desk.write(lambda w: w.purge_conversation(conversation))

        assert desk.read(lambda r: r.recorded_paths([PATH])) == {}
        assert desk.read(lambda r: r.recorded_group(PATH)) is None
