"""Files in, files out, and two stores in one, through real clients and servers."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings

from grok_tree import Client, formats
from grok_tree.errors import (
    FormatNotFound,
    InvalidOperationError,
    MalformedDocument,
    ServerUnavailable,
)
from grok_tree.forest import ConversationId, Forest, Response, ResponseDraft
from grok_tree.testing import server_process
from tests.unit.formats._random_forests import forests

TREES = Path(__file__).parents[1] / "data" / "trees"
CHATGPT = TREES / "chatgpt" / "branching_small.json"


def client_of(database: Path) -> Client:
    return Client(database=database, model="scripted/varied", mirror=False)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with client_of(tmp_path / "here.db") as opened:
        yield opened


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Client]:
    with client_of(tmp_path / "there.db") as opened:
        yield opened


def conversations(folder: Path, number: int) -> Path:
    """Write a file of many conversations with 15 responses each."""
    sound = json.loads(CHATGPT.read_text("utf-8"))[0]
    many = [{**sound, "id": f"c{n}", "conversation_id": f"c{n}"} for n in range(number)]
    file = folder / "conversations.json"
    file.write_text(json.dumps(many), "utf-8")
    return file


def content(client: Client) -> dict[ConversationId, list[Response]]:
    """Return everything that a store shows, without what every store counts for itself."""
    found = {}
    for conversation in client.grok.iter_conversations():
        conversation.load()
        found[conversation.conversation_id] = [
            msgspec.structs.replace(one, revision=0, position=0) for one in conversation.forest
        ]
    return found


def test_an_imported_conversation_goes_on(client: Client) -> None:
    report = client.grok.import_file(CHATGPT)
    conversation = client.grok.get_conversation(report.conversations[0].conversation_id)
    old = next(one for one in conversation.forest if one.sender == "assistant")
    turn = client.grok.get_response(old.response_id)
    turn.select()
    new = turn.resample().result()
    assert (new.parent_response_id, new.sender) == (old.parent_response_id, "assistant")
    conversation.refresh()
    assert {old.response_id, new.response_id} <= set(conversation.forest.responses.ids)
    assert len(conversation.forest) == report.conversations[0].counts.nodes + 1


def test_every_conversation_is_told_of_as_soon_as_it_is_there(client: Client) -> None:
    seen = []
    for outcome in client.grok.iter_import(CHATGPT):
        assert isinstance(outcome, formats.Skipped) is False
        seen.append(len(list(client.grok.iter_conversations())))
    assert seen[0] >= 1
    assert seen[-1] == 2


def test_what_was_read_before_a_file_breaks_is_kept_and_said(
    client: Client, tmp_path: Path
) -> None:
    one, two = json.loads(CHATGPT.read_text("utf-8"))
    broken = tmp_path / "conversations.json"
    broken.write_text(json.dumps([one, two])[:-40], "utf-8")
    told: list[object] = []
    with pytest.raises(MalformedDocument):
        client.grok.import_file(broken, on_progress=told.append)
    assert len(told) == len(content(client)) == 1
    client.grok.import_file(CHATGPT)
    assert len(content(client)) == 2


@pytest.mark.parametrize("ending", ["terminate", "kill"])
def test_an_import_goes_on_when_the_owner_of_the_file_ends(tmp_path: Path, ending: str) -> None:
    file, database = conversations(tmp_path, 300), tmp_path / "forests.db"
    told: list[object] = []

    with server_process(database) as server, client_of(database) as joined:

        def end_the_owner(outcome: object) -> None:
            told.append(outcome)
            if len(told) == 5:
                getattr(server, ending)()

        report = joined.grok.import_file(file, on_progress=end_the_owner)
        kept = content(joined)

    assert [one.index for one in report.conversations] == list(range(300))
    assert not any(one.conflicts for one in report.conversations)
    assert {one.conversation_id for one in report.conversations} == set(kept)
    assert {len(responses) for responses in kept.values()} == {15}


def test_an_import_says_what_to_do_when_a_server_far_away_ends(tmp_path: Path) -> None:
    file = conversations(tmp_path, 300)

    def end(_: object) -> None:
        server.kill()

    with (
        server_process(tmp_path / "forests.db") as server,
        Client(server.host) as client,
        pytest.raises(ServerUnavailable, match=r"went away during the import .* import again"),
    ):
        client.grok.import_file(file, on_progress=end)


def test_an_import_that_is_left_is_no_mistake_of_the_server(
    client: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = conversations(tmp_path, 300)
    for _ in client.grok.iter_import(file):
        break
    client.grok.import_file(file)
    assert not caplog.records
    assert len(content(client)) == 300


def test_what_no_format_knows_is_said(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("just some notes", "utf-8")
    with pytest.raises(FormatNotFound, match=r"notes\.txt"):
        client.grok.import_file(file)


def test_an_archive_of_a_store_has_all_of_it(client: Client, other: Client, tmp_path: Path) -> None:
    picture = client.files.upload(b"not really a picture", name="a.png", media_type="image/png")
    conversation = client.grok.create_conversation()
    asked = ResponseDraft(sender="human", message="look", attachments=(picture,))
    conversation.add_drafts([asked], leaf_index=0)
    answer = conversation.add_response("there", logprobs=True).result()
    answer.star()
    client.grok.import_file(CHATGPT)
    archive = tmp_path / "all.zip"
    client.grok.export(archive, format="archive")
    report = other.grok.import_file(archive)
    assert len(report.conversations) == 3
    assert content(other) == content(client)
    assert other.files.read(picture) == b"not really a picture"
    assert other.grok.get_response(answer.response_id).logprobs() == answer.logprobs() != []


def test_two_stores_become_one(client: Client, other: Client) -> None:
    for one in (client, other):
        one.grok.import_file(CHATGPT)
    shared = next(iter(content(client)))
    first = client.grok.get_conversation(shared).forest.responses[0].response_id
    mine = client.grok.create_conversation(title="mine")
    mine.add_response("here").result()
    theirs = other.grok.create_conversation(title="theirs")
    theirs.add_response("there").result()
    other.grok.get_response(first).tag("theirs")
    client.grok.get_response(first).tag("mine")
    report = client.grok.merge(other)
    assert sum(one.is_new for one in report.conversations) == 1
    assert report.n_added == 2
    assert client.grok.get_response(first).marks.tags == ("mine", "theirs")
    assert client.grok.merge(other).n_added == 0
    other.grok.merge(client)
    assert content(other) == content(client)


def test_a_database_file_is_merged_by_its_path(client: Client, tmp_path: Path) -> None:
    with client_of(tmp_path / "old.db") as old:
        old.grok.import_file(CHATGPT)
        expected = content(old)
    assert client.grok.merge(tmp_path / "old.db").n_added == 25
    assert content(client) == expected


def test_a_forest_is_grafted_below_a_response(client: Client) -> None:
    home = client.grok.create_conversation()
    top = home.add_response("hello").result()
    (tree, *_) = formats.read(CHATGPT)
    for n_added in (len(tree.forest), 0):
        assert home.graft(tree.forest, home.forest.responses[1]).n_added == n_added
    assert home.leaf == top
    assert len(home.forest) == 2 + len(tree.forest)
    grafted = home.forest.children(top.response_id)
    assert [one.message for one in grafted] == [one.message for one in tree.forest.roots]


def test_a_graft_needs_a_place(client: Client) -> None:
    (tree, *_) = formats.read(CHATGPT)
    with pytest.raises(InvalidOperationError, match="has no leaf"):
        client.grok.create_conversation().graft(tree.forest)


@given(forests())
@settings(max_examples=25, deadline=None)
def test_native_files_lose_nothing_on_the_way_through_a_store(forest: Forest) -> None:
    file, out = io.BytesIO(), io.BytesIO()
    formats.write(forest, file)
    (document,) = formats.read(io.BytesIO(file.getvalue()))
    with TemporaryDirectory() as folder, client_of(Path(folder) / "fresh.db") as client:
        client.grok.import_file(io.BytesIO(file.getvalue()))
        client.grok.export(out)
    (back,) = formats.read(io.BytesIO(out.getvalue()))
    assert [msgspec.structs.replace(one, revision=0) for one in back.responses] == [
        msgspec.structs.replace(one, revision=0) for one in document.responses
    ]
    assert back.conversation.title == document.conversation.title
    assert back.conversation.leaf_response_id == document.conversation.leaf_response_id
