"""What every backend must refuse, naming the id; part of `ForestContract`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grok_tree.errors import (
    ConversationDeletedError,
    ConversationNotFound,
    GrokTreeError,
    InvalidOperationError,
    ResponseNotFound,
)
from grok_tree.forest import MarkChange
from grok_tree.testing.contracts._backend import Backend

UNKNOWN_ID = "01900000-0000-7000-8000-00000000dead"


class RefusingContract:
    """Scenarios for one backend; the subclass gives the fixture `backend`."""

    def test_a_deleted_conversation_refuses_all_but_its_return(self, backend: Backend) -> None:
        conversation = backend.create(title="gone")
        backend.turn(conversation, "hello", None)
        before = backend.seen(conversation)
        backend.set_deleted(conversation, deleted=True)

        for operation in conversation_operations(backend, conversation):
            with pytest.raises(ConversationDeletedError) as caught:
                operation()
            assert caught.value.conversation_id == conversation
        backend.set_deleted(conversation, deleted=False)
        assert backend.seen(conversation) == before

    def test_an_unknown_conversation_is_named(self, backend: Backend) -> None:
        for operation in conversation_operations(backend, UNKNOWN_ID):
            with pytest.raises(ConversationNotFound) as caught:
                operation()
            assert caught.value.conversation_id == UNKNOWN_ID

    def test_an_unknown_response_is_named(self, backend: Backend) -> None:
        for operation in response_operations(backend, UNKNOWN_ID):
            with pytest.raises(ResponseNotFound) as caught:
                operation()
            assert caught.value.response_id == UNKNOWN_ID

    def test_a_response_of_another_conversation_is_no_parent(self, backend: Backend) -> None:
        elsewhere = backend.add_by_hand(backend.create(), "elsewhere", None)
        here = backend.create()

        with pytest.raises((InvalidOperationError, ResponseNotFound)) as caught:
            backend.turn(here, "hello", elsewhere)
        assert caught.value.response_id == elsewhere

    def test_what_is_no_id_is_refused(self, backend: Backend) -> None:
        with pytest.raises(GrokTreeError, match="not an id"):
            backend.seen("not an id")


def conversation_operations(backend: Backend, conversation_id: str) -> list[Callable[[], object]]:
    """Return every operation that needs a live conversation."""
    return [
        lambda: backend.seen(conversation_id),
        lambda: backend.turn(conversation_id, "hello", None),
        lambda: backend.add_by_hand(conversation_id, "hello", None),
        lambda: backend.select(conversation_id, None),
        lambda: backend.set_title(conversation_id, "title"),
        lambda: backend.set_starred(conversation_id, starred=True),
        lambda: backend.generate_title(conversation_id),
    ]


def response_operations(backend: Backend, response_id: str) -> list[Callable[[], object]]:
    """Return every operation on a response that must exist."""
    return [
        lambda: backend.resample(response_id),
        lambda: backend.replace(response_id, "text"),
        lambda: backend.mark(response_id, MarkChange(starred=True)),
        lambda: backend.delete(response_id),
        lambda: backend.restore(response_id),
        lambda: backend.share(response_id),
    ]
