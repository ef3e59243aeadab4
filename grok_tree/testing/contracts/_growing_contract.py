"""What every store must do with responses that still grow; part of `StoreContract`."""

from __future__ import annotations

from functools import partial

import pytest

from grok_tree.errors import ConflictError
from grok_tree.forest import TokenAlternative, TokenLogprob, Usage
from grok_tree.store import Finish, Writer
from grok_tree.testing.contracts._desk import Desk


class GrowingContract:
    """Scenarios for one store; the subclass gives the fixture `desk`."""

    def test_a_growing_response_is_partial_until_it_is_finished(self, desk: Desk) -> None:
        conversation = desk.conversation()
        growing = desk.add(conversation, "", sender="assistant", growing=True)
        now = desk.clock.now()
        desk.write(lambda w: w.grow(growing, message="half", reasoning="because", now=now))
        half = desk.response(growing)
        finish = Finish(
            message="whole",
            reasoning="because",
            finish_reason="stop",
            usage=Usage(completion_tokens=3, cost_usd=0.25),
            provenance={"sampler": "scripted"},
        )
        whole = desk.write(lambda w: w.finish(growing, finish, now=now, move_leaf=True))

        assert (half.message, half.partial, half.finish_reason) == ("half", True, None)
        assert (whole.message, whole.partial, whole.finish_reason) == ("whole", False, "stop")
        assert (whole.usage, whole.origin.provenance) == (finish.usage, finish.provenance)
        assert desk.see(conversation).leaf_response_id == growing
        assert whole == desk.response(growing)

    def test_the_newest_answers_are_found_also_when_they_are_hidden(self, desk: Desk) -> None:
        conversation = desk.conversation()
        desk.add(conversation, "?")
        answers = [desk.add(conversation, "", sender="assistant", growing=True) for _ in range(4)]
        finish = Finish(message="!", reasoning="", finish_reason="stop")
        now = desk.clock.now()
        for answer in answers[:3]:
            end = partial(Writer.finish, response_id=answer, finish=finish, now=now)
            desk.write(partial(end, move_leaf=False))
        desk.write(lambda writer: writer.hide(answers[2], desk.clock.now()))
        found = desk.read(lambda reader: reader.newest_answers(2))
        assert [one.response_id for one in found] == [answers[2], answers[1]]

    def test_a_response_is_finished_once(self, desk: Desk) -> None:
        growing = desk.add(desk.conversation(), "", sender="assistant", growing=True)
        now = desk.clock.now()
        finish = Finish(message="first", finish_reason="stop")
        desk.write(lambda w: w.finish(growing, finish, now=now, move_leaf=False))

        again = Finish(message="second", finish_reason="stop")
        with pytest.raises(ConflictError):
            desk.write(lambda w: w.finish(growing, again, now=now, move_leaf=False))
        desk.write(lambda w: w.grow(growing, message="third", reasoning="", now=now))
        assert desk.response(growing).message == "first"

    def test_what_grew_when_the_process_ended_becomes_partial(self, desk: Desk) -> None:
        conversation = desk.conversation()
        growing = desk.add(conversation, "", sender="assistant", growing=True)
        desk.add(conversation)
        now = desk.clock.now()
        desk.write(lambda w: w.grow(growing, message="half", reasoning="", now=now))

        assert desk.write(lambda w: w.interrupt_growing(now)) == 1
        kept = desk.response(growing)
        assert (kept.message, kept.partial, kept.finish_reason) == ("half", True, "failed")
        assert desk.write(lambda w: w.interrupt_growing(now)) == 0

    def test_log_probabilities_are_kept_apart(self, desk: Desk) -> None:
        growing = desk.add(desk.conversation(), "", sender="assistant", growing=True)
        kept = [
            TokenLogprob("one", -0.5, (TokenAlternative("two", -1.5),), 0),
            TokenLogprob(" two", -0.25, (), 3),
        ]
        finish = Finish(message="one two", finish_reason="stop", logprobs=kept)
        now = desk.clock.now()
        desk.write(lambda w: w.finish(growing, finish, now=now, move_leaf=False))

        assert desk.read(lambda reader: reader.logprobs(growing)) == kept
        assert desk.read(lambda reader: reader.logprobs(desk.add(desk.conversation()))) == []
