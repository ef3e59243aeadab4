"""What every store must do: subclass `StoreContract` and run it with pytest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.forest import Conversation, ConversationChange, ConversationId
from grok_tree.store import Store, Writer
from grok_tree.testing.contracts._changes_contract import ChangesContract
from grok_tree.testing.contracts._desk import Desk
from grok_tree.testing.contracts._growing_contract import GrowingContract
from grok_tree.testing.contracts._lookup_contract import LookupContract
from grok_tree.testing.contracts._purge_contract import PurgeContract
from grok_tree.testing.contracts._recorded_contract import RecordedContract
from grok_tree.testing.contracts._stored_contract import StoredContract
from grok_tree.testing.contracts._uniting_contract import UnitingContract

OpenStore = Callable[[], AbstractContextManager[Store]]
"""Opens an empty store, and closes it when the block is left."""


class StoreContract(
    StoredContract,
    GrowingContract,
    ChangesContract,
    LookupContract,
    PurgeContract,
    RecordedContract,
    UnitingContract,
):
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

    def test_a_sound_store_has_no_problems(self, desk: Desk) -> None:
        conversation = desk.conversation("title")
        root = desk.add(conversation, "text")
        desk.add(conversation, "other", parent=root)

        assert desk.store.check() == []
