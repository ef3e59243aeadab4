"""After each commit, listeners learn which conversations changed, and to which revision."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping

import pytest

from grok_tree.errors import ResponseNotFound
from grok_tree.forest import ConversationId, Marks
from grok_tree.store import Finish, Store, Writer
from tests.patience import PATIENCE_S
from tests.unit.store._shelf import NOW, add, add_conversation, add_one, drafted, new_id, write

News = Mapping[ConversationId, int]


class Heard:
    """What a listener was told, one commit after the other."""

    def __init__(self) -> None:
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()

    def __call__(self, news: News) -> None:
        self._news.put(news)

    def next(self) -> News:
        return self._news.get(timeout=PATIENCE_S)

    @property
    def is_empty(self) -> bool:
        return self._news.empty()


def revision_of(store: Store, conversation: str) -> int:
    with store.read() as reader:
        return reader.conversation(conversation).revision


CHANGES: dict[str, Callable[[Writer, str], object]] = {
    "marks": lambda writer, it: writer.set_marks(it, Marks(starred=True), now=NOW),
    "hide": lambda writer, it: writer.hide(it, NOW),
    "share": lambda writer, it: writer.add_share("share", it, NOW),
    "delete": lambda writer, it: writer.set_conversation_deleted(
        writer.response(it).conversation_id, deleted=True, now=NOW
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_is_told_with_its_revision(
    store: Store, change: Callable[[Writer, str], object]
) -> None:
    conversation = add_conversation(store)
    response = add_one(store, conversation)
    heard = Heard()
    store.listen(heard)
    write(store, lambda writer: change(writer, response))
    assert heard.next() == {conversation: revision_of(store, conversation)}


def test_a_growing_response_is_told_at_each_save_and_at_its_end(store: Store) -> None:
    conversation = add_conversation(store)
    heard = Heard()
    store.listen(heard)
    (growing,) = add(store, conversation, [drafted(growing=True)])
    write(store, lambda writer: writer.grow(growing, message="a", reasoning="", now=NOW))
    end = Finish(message="ab", finish_reason="stop")
    write(store, lambda writer: writer.finish(growing, end, now=NOW, move_leaf=True))
    revisions = [heard.next()[conversation] for _ in range(3)]
    assert revisions == sorted(set(revisions))
    assert revisions[-1] == revision_of(store, conversation)


def test_what_was_rolled_back_is_not_told(store: Store) -> None:
    conversation = add_conversation(store)
    heard = Heard()
    store.listen(heard)

    def fail(writer: Writer) -> None:
        writer.add_responses(conversation, [drafted()], now=NOW)
        writer.response(new_id())

    with pytest.raises(ResponseNotFound):
        write(store, fail)
    add_one(store, conversation)
    assert heard.next() == {conversation: revision_of(store, conversation)}
    assert heard.is_empty


def test_a_listener_that_fails_harms_nobody(store: Store) -> None:
    def broken(_news: News) -> None:
        raise RuntimeError("broken")

    conversation = add_conversation(store)
    heard = Heard()
    store.listen(broken)
    store.listen(heard)
    add_one(store, conversation)
    assert heard.next()
    add_one(store, conversation)
    assert heard.next()


def test_a_listener_that_was_taken_away_hears_nothing(store: Store) -> None:
    conversation = add_conversation(store)
    heard, other = Heard(), Heard()
    stop = store.listen(heard)
    store.listen(other)
    stop()
    add_one(store, conversation)
    assert other.next()
    assert heard.is_empty
