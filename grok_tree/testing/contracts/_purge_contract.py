"""What every store must do when deleted things are purged; part of `StoreContract`."""

from __future__ import annotations

import pytest

from grok_tree.errors import ConversationNotFound, InvalidOperationError, ShareNotFound
from grok_tree.forest import ConversationId, Marks, ResponseId, TokenLogprob
from grok_tree.store import Cursor, Finish
from grok_tree.testing.contracts._desk import Desk


class PurgeContract:
    """Scenarios for one store; the subclass gives the fixture `desk`."""

    def test_a_purge_leaves_a_tombstone_and_nothing_else(self, desk: Desk) -> None:
        conversation = desk.conversation()
        kept = desk.add(conversation, "kept walnut")
        gone = _finished(desk, conversation, kept, "gone walnut")
        below = desk.add(conversation, "below walnut", gone)
        now = desk.clock.now()
        desk.write(lambda w: w.set_marks(gone, Marks(starred=True, note="secret"), now=now))
        desk.write(lambda w: w.add_share("share", gone, now))
        desk.write(lambda w: w.index_rest())
        desk.write(lambda w: w.hide(gone, now))
        before = desk.see(conversation).revision

        assert desk.write(lambda w: w.purge(gone, now)) == 2
        changed = desk.read(
            lambda r: r.changes(conversation, Cursor(before, -1), limit=9, max_bytes=999)
        )
        assert [one.response_id for one in changed] == [gone, below]
        for one in changed:
            assert (one.message, one.reasoning, one.deleted) == ("", "", True)
            assert one.marks == Marks()
        assert desk.read(lambda r: r.logprobs(gone)) == []
        with pytest.raises(ShareNotFound):
            desk.read(lambda r: r.share("share"))
        desk.write(lambda w: w.index_rest())
        hits = desk.read(lambda r: r.search("walnut", limit=9)).hits
        assert [hit.response_id for hit in hits] == [kept]
        assert desk.store.check() == []

    def test_only_what_is_deleted_can_be_purged(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = desk.add(conversation, "text")
        now = desk.clock.now()
        with pytest.raises(InvalidOperationError, match="is not deleted"):
            desk.write(lambda w: w.purge(made, now))
        with pytest.raises(InvalidOperationError, match="is not deleted"):
            desk.write(lambda w: w.purge_conversation(conversation))
        assert desk.response(made).message == "text"

    def test_what_was_purged_does_not_come_back(self, desk: Desk) -> None:
        conversation = desk.conversation()
        top = desk.add(conversation, "top")
        purged = desk.add(conversation, "purged", top)
        now = desk.clock.now()
        desk.write(lambda w: w.hide(top, now))
        desk.write(lambda w: w.purge(purged, now))
        with pytest.raises(InvalidOperationError, match="was purged"):
            desk.write(lambda w: w.unhide(purged, now))
        assert desk.write(lambda w: w.unhide(top, now)) == 1
        assert desk.response(purged).deleted
        assert desk.see(conversation).n_responses == 1

    def test_purging_twice_removes_nothing_more(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = desk.add(conversation, "text")
        now = desk.clock.now()
        desk.write(lambda w: w.hide(made, now))
        assert [desk.write(lambda w: w.purge(made, now)) for _ in range(2)] == [1, 0]

    def test_a_purged_conversation_is_not_there_any_more(self, desk: Desk) -> None:
        conversation, other = desk.conversation("gone walnut"), desk.conversation()
        desk.add(other, "other walnut")
        _finished(desk, conversation, desk.add(conversation, "one walnut"), "two walnut")
        desk.write(lambda w: w.index_rest())
        now = desk.clock.now()
        desk.write(lambda w: w.set_conversation_deleted(conversation, deleted=True, now=now))

        assert desk.write(lambda w: w.purge_conversation(conversation)) == 2
        with pytest.raises(ConversationNotFound):
            desk.see(conversation)
        late = desk.add(other, "late walnut")
        desk.write(lambda w: w.index_rest())
        hits = desk.read(lambda r: r.search("walnut", limit=9)).hits
        assert [hit.snippet for hit in hits] == ["late [walnut]", "other [walnut]"]
        assert hits[0].response_id == late

    def test_what_grows_is_not_purged(self, desk: Desk) -> None:
        conversation = desk.conversation()
        growing = desk.add(conversation, "", sender="assistant", growing=True)
        now = desk.clock.now()
        desk.write(lambda w: w.hide(growing, now))
        desk.write(lambda w: w.set_conversation_deleted(conversation, deleted=True, now=now))
        with pytest.raises(InvalidOperationError, match="still being sampled"):
            desk.write(lambda w: w.purge(growing, now))
        with pytest.raises(InvalidOperationError, match="still being sampled"):
            desk.write(lambda w: w.purge_conversation(conversation))


def _finished(
    desk: Desk, conversation: ConversationId, parent: ResponseId, message: str
) -> ResponseId:
    """Store an answer that has ended, with all that an answer may have."""
    made = desk.add(conversation, "", parent, sender="assistant", growing=True)
    finish = Finish(
        message=message,
        finish_reason="stop",
        reasoning="because",
        logprobs=[TokenLogprob(message, -0.5)],
    )
    now = desk.clock.now()
    desk.write(lambda w: w.finish(made, finish, now=now, move_leaf=False))
    return made
