"""A store as a mirror: rows as another database has them, and how far it has come."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from grok_tree.errors import ConversationNotFound
from grok_tree.forest import Conversation, Response
from grok_tree.store import Cursor, Mirrored, Orphan, Reader, Store, Writer
from tests.unit.store._shelf import (
    NOW,
    add,
    add_conversation,
    add_one,
    drafted,
    read,
    select,
    write,
)

EVERYTHING = 1_000_000
BEGINNING = Cursor(0, -1)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "mirror.db")
    yield opened
    opened.close()


def all_changes(store: Store, conversation: str, since: Cursor = BEGINNING) -> list[Response]:
    return read(
        store, lambda r: r.changes(conversation, since, limit=EVERYTHING, max_bytes=1 << 40)
    )


def copy(store: Store, mirror: Store, conversation: str, *, step: int = EVERYTHING) -> None:
    """Copy what changed, in batches of `step` responses."""
    known = read(mirror, lambda reader: reader.mirrored(conversation))
    since = known.cursor if known else BEGINNING
    value = read(store, lambda reader: reader.conversation(conversation))
    changed = all_changes(store, conversation, since)
    batches = [changed[at : at + step] for at in range(0, len(changed), step)] or [[]]
    orphans: list[Orphan] = []
    for number, batch in enumerate(batches):
        last = number == len(batches) - 1
        cursor = (
            Cursor(value.revision, -1) if last else Cursor(batch[-1].revision, batch[-1].position)
        )
        orphans = apply(mirror, value, batch, cursor, orphans)
    assert not orphans


def apply(
    mirror: Store,
    value: Conversation,
    batch: Sequence[Response],
    cursor: Cursor,
    orphans: Sequence[Orphan] = (),
) -> list[Orphan]:
    return write(
        mirror,
        lambda writer: writer.apply_changes(value, batch, cursor, now=NOW, orphans=orphans),
    )


def reached(mirror: Store, conversation: str) -> Mirrored:
    found = read(mirror, lambda reader: reader.mirrored(conversation))
    assert found is not None
    return found


def content(store: Store, conversation: str) -> tuple[Conversation, list[Response]]:
    changed = sorted(all_changes(store, conversation), key=lambda one: one.position)
    return read(store, lambda reader: reader.conversation(conversation)), changed


def found(store: Store, word: str) -> set[str | None]:
    write(store, lambda writer: writer.index_rest())
    rows = read(store, lambda reader: reader.search(word, limit=100))
    return {hit.response_id for hit in rows.hits}


def test_a_copy_equals_the_original(store: Store, mirror: Store) -> None:
    conversation = add_conversation(store, "title")
    root = add_one(store, conversation, "hello")
    child = add_one(store, conversation, "world", parent=root)
    select(store, conversation, child)

    copy(store, mirror, conversation)

    assert content(mirror, conversation) == content(store, conversation)
    assert mirror.check() == []
    assert [one.message for one in read(mirror, lambda r: r.path(child))] == ["hello", "world"]
    revision = read(store, lambda reader: reader.conversation(conversation)).revision
    assert read(mirror, lambda r: r.mirrored(conversation)) == Mirrored(Cursor(revision, -1), NOW)


def test_nothing_is_mirrored_before_it_is_copied(mirror: Store) -> None:
    assert read(mirror, lambda reader: reader.mirrored("0")) is None


def test_a_tombstone_takes_the_text_away_and_a_restored_one_brings_it(
    store: Store, mirror: Store
) -> None:
    conversation = add_conversation(store)
    doomed = add_one(store, conversation, "secret words")
    copy(store, mirror, conversation)
    assert found(mirror, "secret") == {doomed}

    write(store, lambda writer: writer.hide(doomed, NOW))
    copy(store, mirror, conversation)
    assert found(mirror, "secret") == set()
    assert read(mirror, lambda reader: reader.response(doomed)).message == ""

    write(store, lambda writer: writer.unhide(doomed, NOW))
    copy(store, mirror, conversation)
    assert found(mirror, "secret") == {doomed}
    assert content(mirror, conversation) == content(store, conversation)
    assert mirror.check() == []


def test_an_older_state_changes_nothing(store: Store, mirror: Store) -> None:
    conversation = add_conversation(store)
    doomed = add_one(store, conversation, "text")
    old_value, old = content(store, conversation)
    write(store, lambda writer: writer.hide(doomed, NOW))
    copy(store, mirror, conversation)

    apply(mirror, old_value, old, Cursor(old_value.revision, -1))

    assert content(mirror, conversation) == content(store, conversation)
    assert reached(mirror, conversation).cursor.revision == 3


def test_a_child_that_comes_before_its_parent_waits_for_it(store: Store, mirror: Store) -> None:
    conversation = add_conversation(store)
    root = add_one(store, conversation, "root")
    child = add_one(store, conversation, "child", parent=root)
    write(store, lambda writer: writer.hide(root, NOW))
    write(store, lambda writer: writer.unhide(root, NOW))
    marks = read(store, lambda reader: reader.response(root)).marks
    write(store, lambda writer: writer.set_marks(root, marks, now=NOW))
    value, _ = content(store, conversation)
    (first, second) = all_changes(store, conversation)
    assert first.response_id == child

    orphans = apply(mirror, value, [first], Cursor(first.revision, first.position))

    assert len(orphans) == 1
    held = reached(mirror, conversation)
    assert not held.complete
    # A copy that is cut here meets the child again, and then has both.
    assert all_changes(store, conversation, held.cursor) == [first, second]
    assert apply(mirror, value, [first, second], Cursor(value.revision, -1)) == []
    assert content(mirror, conversation) == content(store, conversation)


def test_a_conversation_can_be_known_by_its_fields_alone(store: Store, mirror: Store) -> None:
    conversation = add_conversation(store, "title")
    value = read(store, lambda reader: reader.conversation(conversation))

    write(mirror, lambda writer: writer.keep_conversation(value))

    assert read(mirror, lambda reader: reader.conversation(conversation)) == value
    assert read(mirror, lambda reader: reader.mirrored(conversation)) is None


def test_a_forgotten_conversation_leaves_nothing(store: Store, mirror: Store) -> None:
    gone, stays = add_conversation(store), add_conversation(store)
    kept = add_one(store, stays, "common word")
    add(store, gone, [drafted("common word"), drafted("other")])
    copy(store, mirror, stays)
    copy(store, mirror, gone)
    assert len(found(mirror, "common")) == 2

    write(mirror, lambda writer: writer.forget_conversation(gone))

    assert found(mirror, "common") == {kept}
    with pytest.raises(ConversationNotFound):
        read(mirror, lambda reader: reader.conversation(gone))
    again = add_one(store, stays, "common again")
    copy(store, mirror, stays)
    assert found(mirror, "common") == {kept, again}
    assert mirror.check() == []


def test_a_fact_about_the_mirror_is_kept(mirror: Store) -> None:
    assert read(mirror, lambda reader: reader.meta("mirror_of")) == ""
    write(mirror, lambda writer: writer.set_meta("mirror_of", "one"))
    write(mirror, lambda writer: writer.set_meta("mirror_of", "two"))
    assert read(mirror, lambda reader: reader.meta("mirror_of")) == "two"
    assert len(read(mirror, Reader.database_id)) == 32


@pytest.mark.parametrize("seed", range(6))
def test_any_history_copied_at_any_moment_gives_the_same(
    store: Store, mirror: Store, seed: int
) -> None:
    dice = random.Random(seed)
    conversation = add_conversation(store)
    ids: list[str] = []
    for _ in range(60):
        visible = [one for one in all_changes(store, conversation) if not one.deleted]
        above = dice.choice([None, *visible])
        choice = dice.random()
        if choice < 0.6 or not ids:
            parent = None if above is None else above.response_id
            ids.append(add_one(store, conversation, f"word{len(ids)}", parent=parent))
        elif choice < 0.75 and visible:
            doomed = dice.choice(visible).response_id
            write(store, partial(Writer.hide, response_id=doomed, now=NOW))
        elif choice < 0.85:
            write(store, partial(_restore, response_id=dice.choice(ids)))
        else:
            copy(store, mirror, conversation, step=dice.randint(1, 5))
            assert content(mirror, conversation) == content(store, conversation)
    copy(store, mirror, conversation, step=3)
    assert content(mirror, conversation) == content(store, conversation)
    for number in range(len(ids)):
        assert found(mirror, f"word{number}") == found(store, f"word{number}")
    assert mirror.check() == []


def _restore(writer: Writer, response_id: str) -> None:
    response = writer.response(response_id)
    parent = response.parent_response_id
    if parent is None or not writer.response(parent).deleted:
        writer.unhide(response_id, NOW)
