"""Snapshots over a mirror stay what they were, whatever happens to the mirror."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from grok_tree import Client
from grok_tree.client import SyncConversation, mirror_folder
from grok_tree.errors import ResponseNotFound, StaleSnapshot
from grok_tree.forest import ResponseDraft
from grok_tree.testing import running_server


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with running_server(tmp_path / "server.db") as server, Client(server.address) as client:
        yield client


@pytest.fixture
def conversation(client: Client) -> SyncConversation:
    made = client.grok.create_conversation()
    first = made.add_drafts([ResponseDraft(sender="human", message="root")])[0]
    drafts = [
        ResponseDraft(sender="human", message=f"child {n}", parent_response_id=first.response_id)
        for n in range(9)
    ]
    made.add_drafts(drafts)
    return client.grok.get_conversation(made.conversation_id)


def another(client: Client, conversation: SyncConversation) -> SyncConversation:
    return client.grok.get_conversation(conversation.conversation_id)


def texts(conversation: SyncConversation) -> list[str]:
    return [response.message for response in conversation.forest]


def test_an_old_snapshot_keeps_what_another_handle_saw_change(
    client: Client, conversation: SyncConversation
) -> None:
    snapshot = conversation.forest
    changed = another(client, conversation)
    last = changed.get_response(snapshot.responses.ids[-1])
    last.star()
    last.delete()
    changed.refresh()

    assert len(changed.forest) == 9
    assert len(snapshot) == 10
    assert snapshot[last.response_id].message == "child 8"
    assert not snapshot[last.response_id].marks.starred


def test_what_was_added_later_is_not_in_an_old_snapshot(
    client: Client, conversation: SyncConversation
) -> None:
    snapshot = conversation.forest
    added = another(client, conversation).add_model_response("later")
    another(client, conversation)  # now the mirror has it

    assert added.response_id not in snapshot
    with pytest.raises(ResponseNotFound):
        conversation.get_response(added.response_id)
    conversation.refresh()
    assert conversation.get_response(added.response_id).message == "later"


def test_numbers_stay_right_around_what_is_hidden(
    client: Client, conversation: SyncConversation
) -> None:
    ids = conversation.forest.responses.ids
    conversation.get_response(ids[3]).delete()
    loaded = another(client, conversation)
    child = loaded.add_model_response("below", parent=ids[4])

    assert loaded.forest.responses.ids == [*ids[:3], *ids[4:], child.response_id]
    assert loaded.forest.path(child.response_id).ids == [ids[0], ids[4], child.response_id]
    assert ids[3] not in loaded.forest
    loaded.get_response(ids[4]).delete()
    assert len(loaded.forest) == 8


def test_a_purged_conversation_stays_in_snapshots(
    client: Client, conversation: SyncConversation
) -> None:
    snapshot = conversation.forest
    file = client._client._mirror._file  # type: ignore[union-attr]
    assert file is not None
    file.forget(conversation.conversation_id)

    assert [response.message for response in snapshot][:2] == ["root", "child 0"]
    assert len(snapshot.responses.ids) == 10
    assert snapshot.responses.ids[4] in snapshot


def test_a_snapshot_that_another_program_made_unreadable_says_so(
    client: Client, conversation: SyncConversation
) -> None:
    snapshot = conversation.forest
    client.close()
    (path,) = mirror_folder().glob("*.db")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE response SET revision = revision + 100 WHERE position = 5")
    connection.commit()
    connection.close()

    assert snapshot.responses[4].message == "child 3"
    with pytest.raises(StaleSnapshot, match="load the conversation again"):
        snapshot.responses[5]


def test_handles_read_many_attributes_at_the_cost_of_one(conversation: SyncConversation) -> None:
    assert texts(conversation) == ["root", *(f"child {n}" for n in range(9))]
    one = conversation.root_responses[0]
    assert one.value is one.value
