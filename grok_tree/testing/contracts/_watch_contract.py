"""What every backend must tell those who watch; part of `ForestContract`."""

from __future__ import annotations

from grok_tree.forest import MarkChange
from grok_tree.testing.contracts._backend import Backend


class WatchContract:
    """Scenarios for one backend; the subclass gives the fixture `backend`."""

    def test_a_watcher_is_told_of_every_response_once_in_order(self, backend: Backend) -> None:
        conversation = backend.create()
        first = backend.turn(conversation, "one", None)
        second = backend.turn(conversation, "two", first.answers[0], n=3)
        told = backend.watched(conversation, 6)

        ids = [one.response_id for one in told]
        assert set(ids) == {first.human, *first.answers, second.human, *second.answers}
        assert len(ids) == len(set(ids))
        assert [one.revision for one in told] == sorted(one.revision for one in told)

    def test_a_watcher_is_told_the_newest_state(self, backend: Backend) -> None:
        conversation = backend.create()
        marked, other = (backend.add_by_hand(conversation, text, None) for text in ("a", "b"))
        backend.mark(marked, MarkChange(note="later"))

        assert [one.response_id for one in backend.watched(conversation, 2)] == [other, marked]

    def test_a_watcher_is_told_of_deletion_and_of_restoring(self, backend: Backend) -> None:
        conversation = backend.create()
        kept, gone = (backend.add_by_hand(conversation, text, None) for text in ("a", "b"))
        backend.delete(gone)
        states = {one.response_id: one.deleted for one in backend.watched(conversation, 2)}
        assert states == {kept: False, gone: True}
        backend.restore(gone)
        states = {one.response_id: one.deleted for one in backend.watched(conversation, 2)}
        assert states == {kept: False, gone: False}
