"""Random histories, done by a backend and by the model, that must look alike after every step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from grok_tree.errors import GrokTreeError
from grok_tree.forest import MarkChange
from grok_tree.testing._model import ModelForest
from grok_tree.testing._seen import TurnIds
from grok_tree.testing.contracts._backend import OpenBackend

T = TypeVar("T")

MAX_CONVERSATIONS = 3
WORDS = ("amber", "birch", "cedar", "dune")

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
picks = st.integers(min_value=0, max_value=1_000)
"""Stands for one of several things that exist when the rule runs."""


def history_machine(open_backend: OpenBackend) -> type[RuleBasedStateMachine]:
    """Return a state machine that compares backends opened by `open_backend` with the model."""

    class History(HistoryMachine):
        def __init__(self) -> None:
            super().__init__(open_backend)

    return History


class HistoryMachine(RuleBasedStateMachine):
    """Every rule does one operation on both sides and compares results, or classes of errors."""

    def __init__(self, open_backend: OpenBackend) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.backend = self._stack.enter_context(open_backend())
        self.model = ModelForest()

    def teardown(self) -> None:
        self._stack.close()

    # Conversations

    @initialize(message=texts)
    def begin(self, message: str) -> None:
        """Have something to act on from the first step: a question with two answers."""
        conversation_id = self.backend.create()
        self.model.create(conversation_id)
        ids = self.backend.turn(conversation_id, message, None, n=2)
        self.model.turn(conversation_id, message, None, ids=ids)

    @precondition(lambda self: len(self.model.conversations) < MAX_CONVERSATIONS)
    @rule(title=texts)
    def create(self, title: str) -> None:
        self.model.create(self.backend.create(title=title), title=title)

    @precondition(lambda self: self.model.conversations)
    @rule(pick=picks, title=texts)
    def set_title(self, pick: int, title: str) -> None:
        conversation_id = self._conversation(pick)
        self._both(
            lambda: self.backend.set_title(conversation_id, title),
            lambda _: self.model.set_title(conversation_id, title),
        )

    @precondition(lambda self: self.model.conversations)
    @rule(pick=picks, starred=st.booleans())
    def set_starred(self, pick: int, starred: bool) -> None:  # noqa: FBT001
        conversation_id = self._conversation(pick)
        self._both(
            lambda: self.backend.set_starred(conversation_id, starred=starred),
            lambda _: self.model.set_starred(conversation_id, starred=starred),
        )

    @precondition(lambda self: self.model.conversations)
    @rule(pick=picks, deleted=st.sampled_from([True, False, False]))
    def set_deleted(self, pick: int, deleted: bool) -> None:  # noqa: FBT001
        conversation_id = self._conversation(pick)
        self.backend.set_deleted(conversation_id, deleted=deleted)
        self.model.set_deleted(conversation_id, deleted=deleted)

    # Turns

    @precondition(lambda self: self.model.conversations)
    @rule(pick=picks, below=picks, message=texts | st.just(""), n=st.sampled_from([1, 1, 3]))
    def turn(self, pick: int, below: int, message: str, n: int) -> None:
        conversation_id = self._conversation(pick)
        parent = self._anything_in(conversation_id, below)
        if parent is None:
            message = message or WORDS[0]
        self._both(
            lambda: self.backend.turn(conversation_id, message, parent, n=n),
            lambda ids: self.model.turn(conversation_id, message, parent, ids=ids),
        )

    @precondition(lambda self: self._visible())
    @rule(pick=picks, n=st.sampled_from([1, 2]))
    def resample(self, pick: int, n: int) -> None:
        response_id = self._response(pick)
        self._both(
            lambda: self.backend.resample(response_id, n=n),
            lambda ids: self.model.resample(response_id, ids=ids),
        )

    @precondition(lambda self: self._visible())
    @rule(pick=picks, text=texts)
    def replace(self, pick: int, text: str) -> None:
        response_id = self._response(pick)
        self._both(
            lambda: self.backend.replace(response_id, text),
            lambda ids: self.model.replace(response_id, text, ids=ids),
        )

    @precondition(lambda self: self.model.conversations)
    @rule(pick=picks, below=picks, text=texts)
    def add_by_hand(self, pick: int, below: int, text: str) -> None:
        conversation_id = self._conversation(pick)
        parent = self._anything_in(conversation_id, below)
        self._both(
            lambda: self.backend.add_by_hand(conversation_id, text, parent),
            lambda made: self.model.add_by_hand(conversation_id, text, parent, response_id=made),
        )

    @precondition(lambda self: self.model.conversations)
    @rule(pick=picks, at=picks)
    def select(self, pick: int, at: int) -> None:
        conversation_id = self._conversation(pick)
        leaf = self._anything_in(conversation_id, at)
        self._both(
            lambda: self.backend.select(conversation_id, leaf),
            lambda _: self.model.select(conversation_id, leaf),
        )

    # Responses

    @precondition(lambda self: self._visible())
    @rule(pick=picks, starred=st.booleans(), note=texts)
    def mark(self, pick: int, starred: bool, note: str) -> None:  # noqa: FBT001
        response_id = self._response(pick)
        change = MarkChange(starred=starred, note=note)
        self._both(
            lambda: self.backend.mark(response_id, change),
            lambda _: self.model.mark(response_id, starred=starred, note=note),
        )

    @precondition(lambda self: self._visible())
    @rule(pick=picks)
    def delete(self, pick: int) -> None:
        response_id = self._response(pick)
        assert self.backend.delete(response_id) == self.model.delete(response_id)

    @precondition(lambda self: self._deleted())
    @rule(pick=picks)
    def restore(self, pick: int) -> None:
        deleted = self._deleted()
        response_id = deleted[pick % len(deleted)]
        self._both(
            lambda: self.backend.restore(response_id),
            lambda _: self.model.restore(response_id),
        )

    @precondition(lambda self: self._visible())
    @rule(pick=picks)
    def share(self, pick: int) -> None:
        response_id = self._response(pick)
        self.backend.share(response_id)
        self.model.share(response_id)

    @precondition(lambda self: self._visible())
    @rule(pick=picks)
    def unshare(self, pick: int) -> None:
        response_id = self._response(pick)
        assert self.backend.unshare(response_id) == self.model.unshare(response_id)

    @rule(word=st.sampled_from(WORDS))
    def search(self, word: str) -> None:
        assert self.backend.found(word) == self.model.found(word)

    @rule(deleted=st.booleans())
    def list_conversations(self, deleted: bool) -> None:  # noqa: FBT001
        assert self.backend.listed(deleted=deleted) == self.model.listed(deleted=deleted)

    @invariant()
    def everything_visible_is_the_same(self) -> None:
        """The heart of it: after every step both sides show the same forests."""
        for conversation_id in self.model.listed():
            assert self.backend.seen(conversation_id) == self.model.seen(conversation_id)

    # What the rules are made of

    def _both(self, on_backend: Callable[[], T], on_model: Callable[[T], object]) -> None:
        """Do an operation on both sides; both return the same count, or fail the same way."""
        try:
            result = on_backend()
        except GrokTreeError as error:
            self._model_fails_like(error, on_model)
            return
        expected = on_model(result)
        assert expected is None or expected == result

    def _model_fails_like(self, error: GrokTreeError, on_model: Callable[[T], object]) -> None:
        with pytest.raises(type(error)):
            on_model(TurnIds("none", ("none",)))  # type: ignore[arg-type]

    def _conversation(self, pick: int) -> str:
        known = list(self.model.conversations)
        return known[pick % len(known)]

    def _anything_in(self, conversation_id: str, pick: int) -> str | None:
        """Return a response of a conversation, also a hidden one, or None."""
        known = [None, *self.model.conversations[conversation_id].responses]
        return known[pick % len(known)]

    def _visible(self) -> list[str]:
        return [r.response_id for c in self.model.listed() for r in self.model.seen(c).responses]

    def _deleted(self) -> list[str]:
        """Return the responses that were deleted themselves, not only hidden with another."""
        live = [self.model.conversations[c] for c in self.model.listed()]
        return sorted({by for conversation in live for by in conversation.hidden_by.values()})

    def _response(self, pick: int) -> str:
        visible = self._visible()
        return visible[pick % len(visible)]
