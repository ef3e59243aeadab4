"""What every way to reach forests must do: subclass `ForestContract` and run it with pytest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from grok_tree.errors import (
    ConversationDeletedError,
    ConversationNotFound,
    GrokTreeError,
    InvalidOperationError,
    ResponseNotFound,
)
from grok_tree.forest import MAX_TEXT_BYTES, MarkChange
from grok_tree.testing._seen import SeenResponse
from grok_tree.testing.contracts._backend import Backend, OpenBackend
from grok_tree.testing.contracts._machine import history_machine
from grok_tree.testing.contracts._sampling_contract import SamplingContract
from grok_tree.testing.contracts._watch_contract import WatchContract

UNKNOWN_ID = "01900000-0000-7000-8000-00000000dead"

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


class ForestContract(SamplingContract, WatchContract):
    """Scenarios and random histories for one backend.

    A subclass gives the fixture `open_backend`; the tests get a fresh backend each.
    """

    max_histories = 3
    """How many random histories the quick test tries."""

    max_long_histories = 64
    """How many the slow test tries."""

    @pytest.fixture
    def open_backend(self) -> OpenBackend:
        """Return what opens a backend over an empty database."""
        raise NotImplementedError("give the fixture open_backend in the subclass")

    @pytest.fixture
    def backend(self, open_backend: OpenBackend) -> Iterator[Backend]:
        """A backend over an empty database."""
        with open_backend() as backend:
            yield backend

    def test_any_history_is_that_of_the_model(self, open_backend: OpenBackend) -> None:
        # Short histories need no shrinking, which would open hundreds of backends.
        quick = settings(
            max_examples=self.max_histories, stateful_step_count=40, phases=[Phase.generate]
        )
        run_state_machine_as_test(history_machine(open_backend), settings=quick)

    @pytest.mark.slow
    def test_any_long_history_is_that_of_the_model(self, open_backend: OpenBackend) -> None:
        thorough = settings(
            max_examples=self.max_long_histories,
            stateful_step_count=50,
            derandomize=False,
            phases=[Phase.generate],
        )
        run_state_machine_as_test(history_machine(open_backend), settings=thorough)

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

    def test_conversations_are_listed_last_modified_first(self, backend: Backend) -> None:
        first, second, third = (backend.create(title=title) for title in "abc")
        backend.turn(first, "hello", None)
        backend.set_deleted(second, deleted=True)

        assert backend.listed() == [first, third]
        assert backend.listed(deleted=True) == [second]

    def test_a_title_is_changed_without_touching_the_star(self, backend: Backend) -> None:
        conversation = backend.create(title="old")
        backend.set_starred(conversation, starred=True)
        backend.set_title(conversation, "new")

        seen = backend.seen(conversation)
        assert (seen.title, seen.starred) == ("new", True)

    def test_the_model_writes_the_title(self, backend: Backend) -> None:
        conversation = backend.create()
        backend.turn(conversation, "hello", None)
        title = backend.generate_title(conversation)

        assert title
        assert backend.seen(conversation).title == title

    def test_an_empty_conversation_has_nothing_to_take_a_title_from(self, backend: Backend) -> None:
        conversation = backend.create(title="kept")

        with pytest.raises(InvalidOperationError, match="title"):
            backend.generate_title(conversation)
        assert backend.seen(conversation).title == "kept"

    def test_a_shared_response_says_so_until_it_is_unshared(self, backend: Backend) -> None:
        conversation = backend.create()
        made = backend.add_by_hand(conversation, "text", None)

        urls = {backend.share(made), backend.share(made)}
        assert len(urls) == 2
        assert all(url.startswith("http") and "/s/" in url for url in urls)
        assert backend.seen(conversation).responses[0].shared
        assert backend.unshare(made) == 2
        assert not backend.seen(conversation).responses[0].shared

    def test_search_finds_words_in_titles_and_responses(self, backend: Backend) -> None:
        conversation = backend.create(title="Walnut trees")
        made = backend.add_by_hand(conversation, "A walnut, Juglans regia.", None)

        assert backend.found("walnut") == {(conversation, None), (conversation, made)}
        assert backend.found("juglans") == {(conversation, made)}
        assert backend.found("hazel") == set()

    def test_search_does_not_find_what_is_deleted(self, backend: Backend) -> None:
        conversation, other = backend.create(title="walnut"), backend.create()
        made = backend.add_by_hand(other, "walnut", None)

        backend.set_deleted(conversation, deleted=True)
        backend.delete(made)
        assert backend.found("walnut") == set()

    @pytest.mark.parametrize("text", ['"', "*", "a AND", "NEAR(", "-", "col:x", "'; drop"])
    def test_search_takes_any_text_as_words(self, backend: Backend, text: str) -> None:
        assert backend.found(text) == set()

    def test_an_empty_search_is_refused(self, backend: Backend) -> None:
        with pytest.raises(InvalidOperationError, match="the search is empty"):
            backend.found(" ")


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
