"""What every backend must do in a turn, and when one is taken again; part of `ForestContract`."""

from __future__ import annotations

import pytest

from grok_tree.errors import InvalidOperationError
from grok_tree.testing._seen import SeenResponse
from grok_tree.testing.contracts._backend import Backend


class TurnsContract:
    """Scenarios for one backend; the subclass gives the fixture `backend`."""

    def test_a_new_conversation_is_empty(self, backend: Backend) -> None:
        seen = backend.seen(backend.create(title="new"))

        assert (seen.title, seen.starred, seen.leaf, seen.responses) == ("new", False, None, ())

    def test_a_turn_stores_the_question_and_its_answer(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "hello there", None)

        question, answer = backend.seen(conversation).responses
        assert question == SeenResponse(str(ids.human), None, "human", "hello there")
        assert answer == SeenResponse(
            ids.answers[0],
            question.response_id,
            "assistant",
            "echo: hello there",
            finish_reason="stop",
            origin=("sampled", None),
        )

    def test_the_leaf_is_the_answer_of_the_last_turn(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "hello", None)

        assert backend.seen(conversation).leaf == ids.answers[0]

    def test_siblings_answer_one_question(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "hello", None, n=5)

        question, *answers = backend.seen(conversation).responses
        assert [answer.response_id for answer in answers] == list(ids.answers)
        assert {answer.parent for answer in answers} == {question.response_id}

    def test_a_turn_without_a_parent_is_another_root(self, backend: Backend) -> None:
        conversation = backend.create()
        backend.turn(conversation, "first", None)
        second = backend.turn(conversation, "second", None)

        roots = [r.response_id for r in backend.seen(conversation).responses if r.parent is None]
        assert roots[1] == second.human

    def test_an_empty_message_samples_below_an_answer(self, backend: Backend) -> None:
        conversation = backend.create()
        answer = backend.turn(conversation, "hello", None).answers[0]
        ids = backend.turn(conversation, "", answer)

        assert ids.human is None
        assert backend.seen(conversation).responses[-1].parent == answer

    def test_an_empty_message_without_a_parent_is_refused(self, backend: Backend) -> None:
        conversation = backend.create()

        with pytest.raises(InvalidOperationError, match="an empty message"):
            backend.turn(conversation, "", None)
        assert backend.seen(conversation).responses == ()

    def test_a_stream_that_is_left_keeps_what_came(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.cut(conversation, "hello", model_name="scripted/hang", after=1)

        seen = backend.seen(conversation)
        question, kept = seen.responses
        assert (question.response_id, kept.response_id) == (ids.human, *ids.answers)
        assert (kept.message, kept.partial) == ("waiting", True)
        assert kept.finish_reason in ("cancelled", "disconnected")
        assert seen.leaf is None

    @pytest.mark.parametrize("after", [1, 2, 3])
    def test_a_stream_may_be_left_at_any_moment(self, backend: Backend, after: int) -> None:
        """Also between the last token and the moment when the answer is stored."""
        conversation = backend.create()
        backend.cut(conversation, "hello", model_name="scripted/words-3", after=after)

        kept = backend.seen(conversation).responses[1]
        whole = (kept.message, kept.finish_reason) == ("word1 word2 word3", "stop")
        cut = kept.finish_reason in ("cancelled", "disconnected")
        assert kept.message.startswith("word1")
        assert (whole and not kept.partial) or (cut and kept.partial)

    def test_a_resample_is_a_sibling_and_overwrites_nothing(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "hello", None)
        before = backend.seen(conversation).responses
        again = backend.resample(ids.answers[0])

        after = backend.seen(conversation)
        assert after.responses[:2] == before
        assert after.responses[2].parent == ids.human
        assert after.responses[2].origin == ("resampled", ids.answers[0])
        assert after.leaf == again.answers[0]

    def test_a_human_response_cannot_be_resampled(self, backend: Backend) -> None:
        ids = backend.turn(backend.create(), "hello", None)

        with pytest.raises(InvalidOperationError, match="cannot be resampled") as caught:
            backend.resample(str(ids.human))
        assert caught.value.response_id == ids.human

    def test_replacing_a_question_asks_the_other_one_beside_it(self, backend: Backend) -> None:
        conversation = backend.create()
        asked = backend.turn(conversation, "hello", None).human
        ids = backend.replace(str(asked), "goodbye")

        seen = backend.seen(conversation)
        question, answer = seen.responses[2:]
        assert (question.parent, question.message) == (None, "goodbye")
        assert question.origin == ("replaced", asked)
        assert (answer.parent, answer.message) == (ids.human, "echo: goodbye")
        assert seen.leaf == answer.response_id

    def test_replacing_an_answer_writes_a_sibling_by_hand(self, backend: Backend) -> None:
        conversation = backend.create()
        ids = backend.turn(conversation, "hello", None)
        by_hand = backend.replace(ids.answers[0], "better").answers[0]

        seen = backend.seen(conversation)
        assert seen.leaf == by_hand
        assert seen.responses[2] == SeenResponse(
            by_hand,
            ids.human,
            "assistant",
            "better",
            manual=True,
            origin=("replaced", ids.answers[0]),
        )

    def test_a_models_response_can_be_written_by_hand(self, backend: Backend) -> None:
        conversation = backend.create()
        made = backend.add_by_hand(conversation, "once upon a time", None)

        seen = backend.seen(conversation)
        assert seen.leaf == made
        assert seen.responses == (
            SeenResponse(made, None, "assistant", "once upon a time", manual=True),
        )

    def test_the_leaf_goes_where_it_is_told(self, backend: Backend) -> None:
        conversation = backend.create()
        human = backend.turn(conversation, "hello", None).human

        backend.select(conversation, human)
        assert backend.seen(conversation).leaf == human
        backend.select(conversation, None)
        assert backend.seen(conversation).leaf is None
