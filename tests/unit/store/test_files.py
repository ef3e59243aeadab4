"""Files are kept once under the hash of their contents, and go with the last response."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import msgspec
import pytest

from grok_tree.errors import AttachmentNotFound, ConflictError
from grok_tree.forest import Attachment, ResponseDraft, ResponseId
from grok_tree.store import NewResponse, Store, Writer
from grok_tree.testing import CountingIds
from tests.unit.store._shelf import add_conversation, read

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IDS = CountingIds()


def keep(store: Store, data: bytes, name: str = "one.png") -> Attachment:
    return store.submit(
        lambda writer: writer.add_file(data, name=name, media_type="image/png", now=NOW)
    ).result()


def attach(store: Store, conversation_id: str, *attachments: Attachment) -> str:
    """Add a response with attachments and return its id."""
    response_id = ResponseId(IDS.new_id())
    draft = ResponseDraft(sender="human", message="look", attachments=attachments)

    def work(writer: Writer) -> None:
        writer.add_responses(conversation_id, [NewResponse(response_id, draft)], now=NOW)

    store.submit(work).result()
    return response_id


def purge(store: Store, response_id: str) -> None:
    def work(writer: Writer) -> None:
        writer.hide(response_id, NOW)
        writer.purge(response_id, NOW)

    store.submit(work).result()


def test_a_file_is_found_by_the_hash_of_its_contents(store: Store) -> None:
    kept = keep(store, b"pixels")
    assert kept == Attachment(
        file_id=hashlib.sha256(b"pixels").hexdigest(),
        media_type="image/png",
        name="one.png",
        n_bytes=6,
    )
    assert read(store, lambda reader: reader.file(kept.file_id)) == b"pixels"


def test_the_same_contents_are_kept_once(store: Store) -> None:
    assert keep(store, b"pixels", "one.png") == keep(store, b"pixels", "two.png")
    assert len(read(store, lambda reader: reader.files())) == 1


@pytest.mark.parametrize("unknown", ["", "no hash", "0" * 64])
def test_an_unknown_file_says_what_to_do(store: Store, unknown: str) -> None:
    with pytest.raises(AttachmentNotFound, match="upload"):
        read(store, lambda reader: reader.file(unknown))


def test_a_file_goes_with_the_last_response_that_had_it(store: Store) -> None:
    kept = keep(store, b"pixels")
    conversation_id = add_conversation(store, "one")
    first, second = (attach(store, conversation_id, kept) for _ in range(2))
    purge(store, first)
    assert read(store, lambda reader: reader.file(kept.file_id)) == b"pixels"
    purge(store, second)
    assert read(store, lambda reader: reader.files()) == []


def test_a_file_goes_with_a_conversation_that_is_purged(store: Store) -> None:
    kept = keep(store, b"pixels")
    conversation_id = add_conversation(store, "one")
    attach(store, conversation_id, kept)

    def work(writer: Writer) -> None:
        writer.set_conversation_deleted(conversation_id, deleted=True, now=NOW)
        writer.purge_conversation(conversation_id)

    store.submit(work).result()
    assert read(store, lambda reader: reader.files()) == []


def test_a_file_that_a_response_has_cannot_be_deleted(store: Store) -> None:
    kept, free = keep(store, b"pixels"), keep(store, b"others")
    attach(store, add_conversation(store, "one"), kept)
    with pytest.raises(ConflictError, match="1 responses"):
        store.submit(lambda writer: writer.delete_file(kept.file_id)).result()
    store.submit(lambda writer: writer.delete_file(free.file_id)).result()
    assert read(store, lambda reader: reader.files()) == [kept]


def test_a_response_may_name_a_file_that_is_not_here(store: Store) -> None:
    away = Attachment(file_id="0" * 64, name="away.png")
    response_id = attach(store, add_conversation(store, "one"), away)
    assert read(store, lambda reader: reader.response(response_id)).attachments == (away,)


def test_every_field_of_a_draft_comes_back(store: Store) -> None:
    from grok_tree.forest import Citation, ToolCall

    draft = ResponseDraft(
        sender="assistant",
        message="found",
        query="sky\nsea",
        query_type="web\nx",
        attachments=(Attachment(url="https://example.org/a.png", media_type="image/png"),),
        tool_calls=(ToolCall(call_id="1", name="look", arguments="{}"),),
        tool_call_id="0",
        citations=(Citation(url="https://example.org", title="a page", begin=0, end=5),),
        encrypted_reasoning="opaque",
    )
    conversation_id = add_conversation(store, "one")
    response_id = ResponseId(IDS.new_id())

    def work(writer: Writer) -> None:
        writer.add_responses(conversation_id, [NewResponse(response_id, draft)], now=NOW)

    store.submit(work).result()
    found = msgspec.structs.asdict(read(store, lambda reader: reader.response(response_id)))
    for name in ("query", "query_type", "attachments", "tool_calls", "tool_call_id", "citations"):
        assert found[name] == getattr(draft, name)
    assert found["encrypted_reasoning"] == "opaque"


def test_what_is_hidden_shows_nothing_that_was_said(store: Store) -> None:
    away = Attachment(url="https://example.org/a.png", name="secret.png")
    response_id = attach(store, add_conversation(store, "one"), away)
    store.submit(lambda writer: writer.hide(response_id, NOW)).result()
    hidden = read(store, lambda reader: reader.response(response_id))
    assert (hidden.deleted, hidden.message, hidden.attachments) == (True, "", ())
    store.submit(lambda writer: writer.unhide(response_id, NOW)).result()
    assert read(store, lambda reader: reader.response(response_id)).attachments == (away,)
