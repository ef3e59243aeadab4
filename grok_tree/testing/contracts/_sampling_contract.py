"""What every backend must do with samplings that are left, followed again, cut and resumed."""

from __future__ import annotations

from contextlib import suppress

import pytest

from grok_tree.errors import InvalidOperationError, ResponseNotFound, SamplingError
from grok_tree.testing.contracts._backend import Backend

_SIX_WORDS = "one two three four five"


class SamplingContract:
    """Scenarios that `ForestContract` is made of; the fixture `backend` is its."""

    def test_a_detached_sampling_is_followed_to_its_end(self, backend: Backend) -> None:
        conversation = backend.create()
        growing = backend.begin(conversation, _SIX_WORDS, model_name="scripted/slow")
        text, answer = backend.attached(growing)

        assert text == answer.message == f"echo: {_SIX_WORDS}"
        assert (answer.response_id, answer.finish_reason) == (growing, "stop")
        seen = backend.seen(conversation)
        assert seen.leaf == growing
        assert seen.responses[1] == answer

    def test_an_ended_answer_is_followed_as_well(self, backend: Backend) -> None:
        ids = backend.turn(backend.create(), "hello", None, n=2)

        for answer in ids.answers:
            text, stored = backend.attached(answer)
            assert text == stored.message == "echo: hello"
            assert stored.response_id == answer

    def test_following_a_failed_answer_says_so_and_what_was_kept(self, backend: Backend) -> None:
        conversation = backend.create()
        cut = failed(backend, conversation)

        with pytest.raises(SamplingError) as caught:
            backend.attached(cut)
        assert caught.value.response_id == cut
        assert caught.value.partial == "word1 word2"

    def test_only_answers_can_be_followed(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "hello", None)

        with pytest.raises(InvalidOperationError, match="of the human"):
            backend.attached(str(ids.human))
        backend.delete(ids.answers[0])
        with pytest.raises(ResponseNotFound):
            backend.attached(ids.answers[0])

    def test_a_resumed_answer_is_a_sibling_that_begins_with_its_text(
        self, backend: Backend
    ) -> None:
        conversation = backend.create()
        ids = backend.cut(conversation, "hello", model_name="scripted/hang", after=1)
        before = backend.seen(conversation).responses
        resumed = backend.resume(ids.answers[0], model_name="scripted/echo").answers[0]

        seen = backend.seen(conversation)
        assert seen.responses[:2] == before
        whole = seen.responses[2]
        assert (whole.response_id, whole.parent) == (resumed, ids.human)
        assert whole.message == "waiting echo: hello"
        assert (whole.partial, whole.finish_reason) == (False, "stop")
        assert whole.origin == ("resumed", ids.answers[0])
        assert seen.leaf == resumed
        assert backend.attached(resumed)[0] == whole.message

    def test_a_resumed_answer_goes_on_where_its_model_has_come(self, backend: Backend) -> None:
        conversation = backend.create()
        cut = failed(backend, conversation)

        resumed = backend.resume(cut, model_name="scripted/words-4").answers[0]
        assert backend.attached(resumed)[0] == "word1 word2 word3 word4"

    def test_an_answer_can_fail_again_and_be_resumed_again(self, backend: Backend) -> None:
        conversation = backend.create()
        cut = failed(backend, conversation)

        with pytest.raises(SamplingError) as caught:
            backend.resume(cut)  # its own model fails again
        assert caught.value.partial == "word1 word2"
        again = backend.resume(str(caught.value.response_id), model_name="scripted/words-3")
        message = backend.seen(conversation).responses[-1].message
        assert message == "word1 word2 word3"
        assert backend.seen(conversation).leaf == again.answers[0]

    def test_what_is_complete_or_human_cannot_be_resumed(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "hello", None)
        before = backend.seen(conversation)

        with pytest.raises(InvalidOperationError, match="is complete"):
            backend.resume(ids.answers[0])
        with pytest.raises(InvalidOperationError, match="cannot be resumed"):
            backend.resume(str(ids.human))
        assert backend.seen(conversation) == before

    def test_what_still_grows_cannot_be_resumed(self, backend: Backend) -> None:
        growing = backend.begin(backend.create(), _SIX_WORDS, model_name="scripted/slow")

        with pytest.raises(InvalidOperationError, match="still grows"):
            backend.resume(growing)
        backend.attached(growing)

    def test_a_fork_keeps_the_beginning_and_the_words_that_are_forced(
        self, backend: Backend
    ) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "héllo 🌳 there", None)
        before = backend.seen(conversation).responses
        forked = backend.fork(ids.answers[0], len("echo: héllo 🌳"), " wide", n=2).answers

        seen = backend.seen(conversation)
        assert seen.responses[:2] == before
        for response in seen.responses[2:]:
            assert response.response_id in forked
            assert response.parent == ids.human
            assert response.message == "echo: héllo 🌳 wide echo: héllo 🌳 there"
            assert (response.partial, response.finish_reason) == (False, "stop")
            assert response.origin == ("forked", ids.answers[0])
        assert backend.attached(forked[1])[0] == seen.responses[3].message

    def test_a_fork_without_other_words_goes_on_where_the_model_has_come(
        self, backend: Backend
    ) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "hello there", None)
        for offset in (0, 1, len("echo: hello")):
            forked = backend.fork(ids.answers[0], offset, "").answers[0]
            assert backend.attached(forked)[0] == "echo: hello there"

    def test_only_places_of_an_answer_can_be_forked(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "hello", None)
        before = backend.seen(conversation)

        for response_id, offset in (
            (str(ids.human), 1),
            (ids.answers[0], -1),
            (ids.answers[0], len("echo: hello") + 1),
        ):
            with pytest.raises(InvalidOperationError, match="cannot be forked"):
                backend.fork(response_id, offset, "")
        assert backend.seen(conversation) == before


def failed(backend: Backend, conversation: str) -> str:
    """Let a model fail after two words and return the response that was kept."""
    cut = backend.begin(conversation, "hello", model_name="scripted/fail-2")
    with suppress(SamplingError):
        backend.attached(cut)
    return cut
