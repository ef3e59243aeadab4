"""What every backend must do with any text, and with marks; part of `ForestContract`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import MAX_TEXT_BYTES, MarkChange
from grok_tree.testing.contracts._backend import Backend

HOSTILE_TEXTS = {
    "astral": "\U0001f333 \U0001f469‍\U0001f4bb",
    "bidi": "abc ‮ def ⁦ ghi ⁩",
    "controls": "\x01\x1b[31m red \x7f\x85",
    "newlines": "one\r\ntwo\n\n\nthree\u2028four",
    "spaces": "  leading and trailing \t ",
    "noncharacter": "\ufffe\uffff \ufdd0",
    "markup": "<script>alert('x')</script> & \"quotes\" \\ %s {} ';--",
    "combining": "Zürich Zu\u0308rich",
}

UNSTORABLE_TEXTS = {
    "zero": "a\0b",
    "surrogate": "a\ud83d",
    "too long": "x" * (MAX_TEXT_BYTES + 1),
}


class TextsContract:
    """Scenarios for one backend; the subclass gives the fixture `backend`."""

    @pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
    def test_text_comes_back_as_it_went_in(self, backend: Backend, text: str) -> None:
        conversation = backend.create(title=text)
        made = backend.add_by_hand(conversation, text, None)
        backend.mark(made, MarkChange(note=text, add_tags=(text,), scores={text: 0.1}))

        seen = backend.seen(conversation)
        (response,) = seen.responses
        assert seen.title == response.message == response.note == text
        assert (response.tags, response.scores) == ((text,), ((text, 0.1),))

    def test_the_longest_text_comes_back(self, backend: Backend) -> None:
        conversation = backend.create()
        longest = "x" * MAX_TEXT_BYTES
        backend.add_by_hand(conversation, longest, None)

        assert backend.seen(conversation).responses[0].message == longest

    @pytest.mark.parametrize("text", UNSTORABLE_TEXTS.values(), ids=UNSTORABLE_TEXTS.keys())
    def test_a_text_that_cannot_be_stored_is_refused_everywhere(
        self, backend: Backend, text: str
    ) -> None:
        conversation = backend.create(title="kept")
        made = backend.add_by_hand(conversation, "kept", None)
        before = backend.seen(conversation)

        for operation in text_operations(backend, conversation, made, text):
            with pytest.raises(InvalidOperationError, match=r"the \w+ (holds|has)"):
                operation()
        assert backend.seen(conversation) == before

    def test_marks_are_kept_and_taken_away(self, backend: Backend) -> None:
        conversation = backend.create()
        made = backend.add_by_hand(conversation, "text", None)

        backend.mark(made, MarkChange(starred=True, add_tags=("a", "b"), scores={"s": 1.5}))
        backend.mark(made, MarkChange(starred=False, remove_tags=("a",), note="n"))
        (response,) = backend.seen(conversation).responses
        assert not response.starred
        assert (response.tags, response.note) == (("b",), "n")
        assert response.scores == (("s", 1.5),)


def text_operations(
    backend: Backend, conversation_id: str, response_id: str, text: str
) -> list[Callable[[], object]]:
    """Return every operation that stores a text."""
    return [
        lambda: backend.create(title=text),
        lambda: backend.set_title(conversation_id, text),
        lambda: backend.turn(conversation_id, text, None),
        lambda: backend.add_by_hand(conversation_id, text, None),
        lambda: backend.replace(response_id, text),
        lambda: backend.mark(response_id, MarkChange(note=text)),
        lambda: backend.mark(response_id, MarkChange(add_tags=(text,))),
    ]
