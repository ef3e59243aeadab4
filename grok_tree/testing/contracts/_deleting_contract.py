"""What every backend must do when something is deleted; part of `ForestContract`."""

from __future__ import annotations

import pytest

from grok_tree.errors import GrokTreeError, InvalidOperationError, ResponseNotFound
from grok_tree.testing.contracts._backend import Backend


class DeletingContract:
    """Scenarios for one backend; the subclass gives the fixture `backend`."""

    def test_a_deleted_response_hides_what_is_below_it(self, backend: Backend) -> None:
        conversation = backend.create()
        first = backend.turn(conversation, "one", None)
        second = backend.turn(conversation, "two", first.answers[0])

        assert backend.delete(str(second.human)) == 2
        seen = backend.seen(conversation)
        assert [r.response_id for r in seen.responses] == [first.human, first.answers[0]]
        assert seen.leaf == first.answers[0]

    def test_a_deletion_can_be_undone(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "one", None)
        before = backend.seen(conversation).responses

        backend.delete(str(ids.human))
        assert backend.restore(str(ids.human)) == 2
        assert backend.seen(conversation).responses == before

    def test_undoing_a_deletion_leaves_an_earlier_one_below_it(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "one", None, n=2)

        backend.delete(ids.answers[1])
        backend.delete(str(ids.human))
        assert backend.restore(str(ids.human)) == 2
        visible = [r.response_id for r in backend.seen(conversation).responses]
        assert visible == [ids.human, ids.answers[0]]

    def test_what_was_purged_cannot_be_restored(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "one", None, n=2)
        with pytest.raises(InvalidOperationError, match="is not deleted"):
            backend.purge(ids.answers[1])
        backend.delete(ids.answers[1])
        assert backend.purge(ids.answers[1]) == 1
        with pytest.raises(InvalidOperationError, match="was purged"):
            backend.restore(ids.answers[1])
        visible = [r.response_id for r in backend.seen(conversation).responses]
        assert visible == [ids.human, ids.answers[0]]

    def test_a_purged_conversation_is_gone(self, backend: Backend) -> None:
        conversation = backend.create()
        backend.turn(conversation, "one", None)
        with pytest.raises(InvalidOperationError, match="is not deleted"):
            backend.purge_conversation(conversation)
        backend.set_deleted(conversation, deleted=True)
        assert backend.purge_conversation(conversation) == 2
        with pytest.raises(GrokTreeError):
            backend.seen(conversation)
        assert conversation not in backend.listed(deleted=True)

    def test_nothing_comes_back_below_a_deleted_parent(self, backend: Backend) -> None:
        ids = backend.turn(backend.create(), "one", None)

        backend.delete(ids.answers[0])
        backend.delete(str(ids.human))
        with pytest.raises(InvalidOperationError, match="restore that first"):
            backend.restore(ids.answers[0])

    def test_nothing_attaches_to_a_deleted_response(self, backend: Backend) -> None:
        conversation = backend.create()
        answer = backend.turn(conversation, "one", None).answers[0]

        backend.delete(answer)
        with pytest.raises(ResponseNotFound) as caught:
            backend.turn(conversation, "two", answer)
        assert caught.value.response_id == answer

    def test_a_deleted_response_cannot_be_selected(self, backend: Backend) -> None:
        conversation = backend.create()
        first = backend.turn(conversation, "one", None).answers[0]
        second = backend.turn(conversation, "two", first).answers[0]

        backend.delete(second)
        before = backend.seen(conversation)
        with pytest.raises(ResponseNotFound) as caught:
            backend.select(conversation, second)
        assert caught.value.response_id == second
        assert backend.seen(conversation) == before
