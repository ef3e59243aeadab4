"""What every store must do: subclass `StoreContract` and run it with pytest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial

import pytest

from grok_tree.errors import (
    ConflictError,
    ConversationNotFound,
    InvalidOperationError,
    ResponseNotFound,
    ShareNotFound,
)
from grok_tree.forest import (
    Conversation,
    ConversationChange,
    ConversationId,
    Marks,
    Response,
    ResponseDraft,
    ResponseId,
    TokenAlternative,
    TokenLogprob,
    Usage,
)
from grok_tree.store import Cursor, Finish, NewResponse, Store, Writer
from grok_tree.testing.contracts._desk import Desk
from grok_tree.testing.contracts._purge_contract import PurgeContract
from grok_tree.testing.contracts._recorded_contract import RecordedContract
from grok_tree.testing.contracts._uniting_contract import UnitingContract

START = -1
"""Position of a cursor that stands after all of its revision."""

OpenStore = Callable[[], AbstractContextManager[Store]]
"""Opens an empty store, and closes it when the block is left."""


class StoreContract(PurgeContract, RecordedContract, UnitingContract):
    """Scenarios for one store; a subclass gives the fixture `open_store`."""

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """Return what opens an empty store."""
        raise NotImplementedError("give the fixture open_store in the subclass")

    @pytest.fixture
    def desk(self, open_store: OpenStore) -> Iterator[Desk]:
        """An empty store with shorthands."""
        with open_store() as store:
            yield Desk(store)

    # Transactions

    def test_work_that_fails_changes_nothing(self, desk: Desk) -> None:
        conversation = desk.conversation("kept")

        def work(writer: Writer) -> None:
            change = ConversationChange(title="lost")
            writer.update_conversation(conversation, change, desk.clock.now())
            raise InvalidOperationError("on purpose")

        with pytest.raises(InvalidOperationError, match="on purpose"):
            desk.write(work)
        assert desk.see(conversation).title == "kept"

    def test_failing_work_does_not_harm_its_neighbours(self, desk: Desk) -> None:
        conversation = desk.conversation()
        now = desk.clock.now()

        def rename(title: str) -> Callable[[Writer], Conversation]:
            change = ConversationChange(title=title)
            return lambda writer: writer.update_conversation(conversation, change, now)

        def fail(writer: Writer) -> None:
            writer.response(desk.ids.new_id())

        jobs = [desk.store.submit(rename(str(number))) for number in range(20)]
        failing = [desk.store.submit(fail) for _ in range(3)]
        jobs += [desk.store.submit(rename(str(number))) for number in range(20, 40)]

        assert [job.result().title for job in jobs] == [str(number) for number in range(40)]
        for job in failing:
            with pytest.raises(ResponseNotFound):
                job.result()
        assert desk.see(conversation).revision == 41

    def test_a_reader_sees_one_instant(self, desk: Desk) -> None:
        conversation = desk.conversation()
        with desk.store.read() as reader:
            before = reader.conversation(conversation)
            desk.add(conversation)
            after = reader.conversation(conversation)

        assert after == before
        assert desk.see(conversation).n_responses == 1

    # Conversations

    def test_a_conversation_comes_back_whole(self, desk: Desk) -> None:
        now = desk.clock.now() + timedelta(microseconds=123_457)
        made = Conversation(
            conversation_id=ConversationId(desk.ids.new_id()),
            create_time=now,
            modify_time=now,
            title="title",
            starred=True,
            model_name="scripted/echo",
            system_prompt="Be brief.",
            system_prompt_name="fun",
            revision=1,
        )
        desk.write(lambda writer: writer.insert_conversation(made))

        assert desk.see(made.conversation_id) == made

    def test_a_change_touches_only_what_it_sets(self, desk: Desk) -> None:
        conversation = desk.conversation("title")
        change = ConversationChange(starred=True)
        now = desk.clock.now() + timedelta(seconds=9)
        changed = desk.write(lambda writer: writer.update_conversation(conversation, change, now))

        assert (changed.title, changed.starred) == ("title", True)
        assert (changed.revision, changed.modify_time) == (2, now)

    def test_pages_of_conversations_hold_all_of_them_once(self, desk: Desk) -> None:
        made = [desk.conversation(str(number)) for number in range(7)]
        found, token = [], ""
        while True:
            page = desk.read(lambda reader, token=token: reader.conversations(limit=3, after=token))  # type: ignore[misc]
            found += [conversation.conversation_id for conversation in page.conversations]
            token = page.next_token
            if not token:
                break

        assert found == made[::-1]

    def test_a_foreign_page_token_is_refused(self, desk: Desk) -> None:
        with pytest.raises(InvalidOperationError, match="is not a page token"):
            desk.read(lambda reader: reader.conversations(limit=3, after="nonsense"))

    def test_deleted_and_starred_conversations_can_be_listed_apart(self, desk: Desk) -> None:
        plain, deleted, starred = (desk.conversation() for _ in range(3))
        now = desk.clock.now()
        star = ConversationChange(starred=True)
        desk.write(lambda w: w.set_conversation_deleted(deleted, deleted=True, now=now))
        desk.write(lambda w: w.update_conversation(starred, star, now))

        def listed(*, deleted: bool = False, starred: bool | None = None) -> set[str]:
            rows = desk.read(
                lambda reader: reader.conversations(limit=9, deleted=deleted, starred=starred)
            )
            return {conversation.conversation_id for conversation in rows.conversations}

        assert listed() == {plain, starred}
        assert listed(deleted=True) == {deleted}
        assert listed(starred=True) == {starred}
        assert listed(starred=False) == {plain}

    # Responses

    def test_positions_are_dense_and_revisions_grow(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = [desk.response(desk.add(conversation)) for _ in range(3)]

        assert [response.position for response in made] == [0, 1, 2]
        assert [response.revision for response in made] == [2, 3, 4]

    def test_a_batch_is_one_revision_and_may_refer_to_itself(self, desk: Desk) -> None:
        conversation = desk.conversation()
        drafts = [
            ResponseDraft(sender="human", message="root"),
            ResponseDraft(sender="assistant", message="answer", parent_index=0),
            ResponseDraft(sender="assistant", message="other", parent_index=0),
        ]
        new = [NewResponse(ResponseId(desk.ids.new_id()), draft) for draft in drafts]
        now = desk.clock.now()
        stored = desk.write(
            lambda writer: writer.add_responses(conversation, new, now=now, leaf_index=1)
        )

        assert {response.revision for response in stored} == {2}
        assert [r.parent_response_id for r in stored] == [None, *[new[0].response_id] * 2]
        assert desk.see(conversation).leaf_response_id == new[1].response_id
        assert stored == desk.read(lambda r: r.responses([n.response_id for n in new]))

    def test_a_batch_with_an_unknown_parent_stores_nothing(self, desk: Desk) -> None:
        conversation = desk.conversation()
        new = [
            NewResponse(ResponseId(desk.ids.new_id()), ResponseDraft(sender="human", message="a")),
            NewResponse(
                ResponseId(desk.ids.new_id()),
                ResponseDraft(
                    sender="human", message="b", parent_response_id=ResponseId(desk.ids.new_id())
                ),
            ),
        ]

        with pytest.raises(ResponseNotFound):
            desk.write(lambda w: w.add_responses(conversation, new, now=desk.clock.now()))
        assert desk.see(conversation).n_responses == 0

    def test_a_parent_of_another_conversation_is_refused(self, desk: Desk) -> None:
        elsewhere = desk.add(desk.conversation())
        here = desk.conversation()

        with pytest.raises(InvalidOperationError, match="another conversation"):
            desk.add(here, parent=elsewhere)

    def test_responses_come_in_the_order_asked_for(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = [desk.add(conversation, str(number)) for number in range(4)]
        asked = [made[2], made[0], made[2], made[3]]

        found = desk.read(lambda reader: reader.responses(asked))
        assert [response.response_id for response in found] == asked

    def test_a_path_runs_from_the_root(self, desk: Desk) -> None:
        conversation = desk.conversation()
        root = desk.add(conversation)
        middle = desk.add(conversation, parent=root)
        desk.add(conversation, parent=root)
        end = desk.add(conversation, parent=middle)

        path = desk.read(lambda reader: reader.path(end))
        assert [response.response_id for response in path] == [root, middle, end]

    def test_unknown_ids_are_named(self, desk: Desk) -> None:
        unknown = desk.ids.new_id()

        with pytest.raises(ConversationNotFound) as no_conversation:
            desk.see(unknown)
        with pytest.raises(ResponseNotFound) as no_response:
            desk.read(lambda reader: reader.responses([unknown]))
        assert no_conversation.value.conversation_id == unknown
        assert no_response.value.response_id == unknown

    def test_marks_are_replaced_and_raise_the_revision(self, desk: Desk) -> None:
        made = desk.add(desk.conversation())
        now = desk.clock.now()
        marks = Marks(starred=True, tags=("a",), scores={"s": 0.5}, times={"starred": now})
        marked = desk.write(lambda writer: writer.set_marks(made, marks, now=now))

        assert marked.marks == marks
        assert marked == desk.response(made)
        assert marked.revision == 3

    # Growing responses

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

    # Hiding

    def test_hidden_responses_travel_without_their_texts(self, desk: Desk) -> None:
        conversation = desk.conversation()
        root = desk.add(conversation, "secret")
        child = desk.add(conversation, "secret", parent=root)
        desk.write(lambda writer: writer.hide(root, desk.clock.now()))

        hidden = desk.read(lambda reader: reader.responses([root, child]))
        assert [(r.deleted, r.message) for r in hidden] == [(True, "")] * 2
        assert desk.see(conversation).n_responses == 0

    def test_unhiding_shows_exactly_what_that_hiding_hid(self, desk: Desk) -> None:
        conversation = desk.conversation()
        root = desk.add(conversation)
        first, second = (desk.add(conversation, parent=root) for _ in range(2))
        now = desk.clock.now()

        assert desk.write(lambda writer: writer.hide(first, now)) == 1
        assert desk.write(lambda writer: writer.hide(root, now)) == 2
        assert desk.write(lambda writer: writer.unhide(root, now)) == 2
        shown = desk.read(lambda reader: reader.responses([root, first, second]))
        assert [response.deleted for response in shown] == [False, True, False]
        assert desk.see(conversation).n_responses == 2

    def test_a_hidden_leaf_moves_to_its_nearest_visible_ancestor(self, desk: Desk) -> None:
        conversation = desk.conversation()
        root = desk.add(conversation)
        middle = desk.add(conversation, parent=root)
        end = desk.add(conversation, parent=middle)
        now = desk.clock.now()
        leaf = ConversationChange(leaf_response_id=end)
        desk.write(lambda writer: writer.update_conversation(conversation, leaf, now))

        desk.write(lambda writer: writer.hide(middle, now))
        assert desk.see(conversation).leaf_response_id == root
        desk.write(lambda writer: writer.hide(root, now))
        assert desk.see(conversation).leaf_response_id is None

    # Changes

    def test_pages_of_changes_hold_every_response_once(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = [desk.add(conversation, str(number)) for number in range(7)]
        found = changes(desk, conversation, Cursor(0, START), limit=3)

        assert [response.response_id for response in found] == made

    def test_changes_after_a_revision_are_only_later_ones(self, desk: Desk) -> None:
        conversation = desk.conversation()
        old = desk.add(conversation)
        held = desk.see(conversation).revision
        new = desk.add(conversation, parent=old)
        desk.write(lambda w: w.set_marks(old, Marks(note="later"), now=desk.clock.now()))

        found = changes(desk, conversation, Cursor(held, START), limit=9)
        assert [response.response_id for response in found] == [new, old]

    def test_a_page_of_changes_ends_before_it_is_too_long(self, desk: Desk) -> None:
        conversation = desk.conversation()
        for _ in range(4):
            desk.add(conversation, "x" * 400)

        page = desk.read(
            lambda reader: reader.changes(conversation, Cursor(0, START), max_bytes=1_000)
        )
        assert len(page) == 2

    def test_a_response_longer_than_a_page_is_a_page_of_its_own(self, desk: Desk) -> None:
        conversation = desk.conversation()
        desk.add(conversation, "x" * 4_000)
        desk.add(conversation, "y")

        page = desk.read(
            lambda reader: reader.changes(conversation, Cursor(0, START), max_bytes=1_000)
        )
        assert [len(response.message) for response in page] == [4_000]

    def test_hidden_responses_are_changes_too(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = desk.add(conversation)
        held = desk.see(conversation).revision
        desk.write(lambda writer: writer.hide(made, desk.clock.now()))

        (tombstone,) = changes(desk, conversation, Cursor(held, START), limit=9)
        assert (tombstone.response_id, tombstone.deleted) == (made, True)

    # Shares, search, ids, requests

    def test_a_share_is_found_until_it_is_removed(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = desk.add(conversation)
        now = desk.clock.now()
        for share_id in ("one", "two"):
            desk.write(lambda w, share_id=share_id: w.add_share(share_id, made, now))  # type: ignore[misc]

        assert desk.read(lambda reader: reader.share("one")).response_id == made
        listed = desk.read(lambda reader: reader.shares(conversation))
        assert [share.share_id for share in listed] == ["one", "two"]
        assert desk.write(lambda w: w.remove_shares(share_id="one", now=now)) == 1
        assert desk.response(made).shared
        assert desk.write(lambda w: w.remove_shares(response_id=made, now=now)) == 1
        assert not desk.response(made).shared
        with pytest.raises(ShareNotFound):
            desk.read(lambda reader: reader.share("one"))

    def test_pages_of_hits_are_newest_first_and_hold_all_of_them(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = [desk.add(conversation, f"walnut {number}") for number in range(5)]
        desk.add(conversation, "hazel")
        desk.write(lambda writer: writer.index_rest())
        found, token = [], ""
        while True:
            page = desk.read(lambda r, token=token: r.search("walnut", limit=2, after=token))  # type: ignore[misc]
            found += [hit.response_id for hit in page.hits]
            token = page.next_token
            if not token:
                break

        assert found == made[::-1]

    def test_search_can_stay_in_one_conversation(self, desk: Desk) -> None:
        here, elsewhere = desk.conversation("walnut"), desk.conversation("walnut")
        made = desk.add(here, "walnut")
        desk.add(elsewhere, "walnut")
        desk.write(lambda writer: writer.index_rest())

        page = desk.read(lambda r: r.search("walnut", limit=9, conversation_id=here))
        assert {(hit.conversation_id, hit.response_id) for hit in page.hits} == {
            (here, None),
            (here, made),
        }

    def test_the_beginning_of_an_id_finds_it(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = desk.add(conversation)

        whole = desk.read(lambda reader: reader.resolve(made))
        assert (whole.conversation_ids, whole.response_ids) == ([], [made])
        both = desk.read(lambda reader: reader.resolve(made.replace("-", "")[:20]))
        assert (both.conversation_ids, both.response_ids) == ([conversation], [made])

    @pytest.mark.parametrize("prefix", ["", "-", "xyz", "0" * 33])
    def test_what_begins_no_id_is_refused(self, desk: Desk, prefix: str) -> None:
        with pytest.raises(InvalidOperationError, match="not the beginning of an id"):
            desk.read(lambda reader: reader.resolve(prefix))

    def test_the_first_result_of_a_request_is_remembered(self, desk: Desk) -> None:
        now = desk.clock.now()
        assert desk.read(lambda reader: reader.recall("r")) is None
        desk.write(
            lambda w: w.remember("r", method="m", fingerprint=b"f", result=b"result", now=now)
        )

        remembered = desk.read(lambda reader: reader.recall("r"))
        assert remembered is not None
        assert (remembered.method, remembered.fingerprint) == ("m", b"f")
        assert remembered.result == b"result"
        assert desk.write(lambda w: w.forget_requests(now)) == 0
        assert desk.write(lambda w: w.forget_requests(now + timedelta(seconds=1))) == 1
        assert desk.read(lambda reader: reader.recall("r")) is None

    def test_a_sound_store_has_no_problems(self, desk: Desk) -> None:
        conversation = desk.conversation("title")
        root = desk.add(conversation, "text")
        desk.add(conversation, "other", parent=root)

        assert desk.store.check() == []


def changes(desk: Desk, conversation_id: str, since: Cursor, *, limit: int) -> list[Response]:
    """Read all changes after a cursor, page by page."""
    found: list[Response] = []
    while True:
        page = desk.read(
            lambda reader, since=since: reader.changes(conversation_id, since, limit=limit)  # type: ignore[misc]
        )
        if not page:
            return found
        found += page
        since = Cursor(page[-1].revision, page[-1].position)
