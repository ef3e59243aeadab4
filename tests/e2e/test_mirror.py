"""The mirror: little travels twice, and everything stays readable while the server is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from grok_tree import Client
from grok_tree.client import SamplingOptions
from grok_tree.errors import ConversationNotFound, ServerUnavailable
from grok_tree.testing import ServerProcess, running_server, server_process


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "server.db"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "mirrors"


def mirrors(cache: Path) -> list[Path]:
    return sorted(cache.glob("*.db"))


def impatient(host: str, *, mirror: bool = True, api_key: str | None = None) -> Client:
    """Return a client that does not wait for a server to come back."""
    retries = [("grpc.enable_retries", 0)]
    return Client(host, mirror=mirror, api_key=api_key, channel_options=retries)


@contextmanager
def restarted(server: ServerProcess, database: Path) -> Iterator[ServerProcess]:
    """Run a server at the address where another one was."""
    with server_process(database, port=int(server.host.rpartition(":")[2])) as again:
        yield again


def test_what_was_loaded_is_read_without_the_server(database: Path) -> None:
    with server_process(database) as server, impatient(server.host) as client:
        conversation = client.grok.create_conversation(title="Sky")
        answer = conversation.add_response("Why is the sky blue?").result()
        conversation.refresh()
        assert conversation.stale_since is None
        server.kill()

        for reader in (client, impatient(server.host)):
            with nullcontext() if reader is client else reader:
                found = reader.grok.get_conversation(conversation.conversation_id)
                assert found.stale_since is not None
                assert found.stale_since >= answer.create_time
                assert found.title == "Sky"
                assert [one.message for one in found.get_response(answer.response_id).path] == [
                    one.message for one in answer.path
                ]
                assert reader.grok.get_response(answer.response_id).value == answer.value
                (listed,) = reader.grok.list_conversations()
                assert listed.conversation_id == conversation.conversation_id
                (hit,) = reader.grok.search("blue")[:1]
                assert hit.conversation_id == conversation.conversation_id
                resolved = reader.grok.resolve_id(answer.response_id[:18])
                assert answer.response_id in resolved.response_ids
                with pytest.raises(ServerUnavailable):
                    found.star()
                with pytest.raises(ServerUnavailable):
                    found.add_response("and now?").result()


def test_a_later_program_reads_without_the_server_and_is_fresh_when_it_is_back(
    database: Path,
) -> None:
    with server_process(database) as server:
        with Client(server.host) as client:
            conversation = client.grok.create_conversation(title="Sky")
            conversation.add_response("hello").result()
            conversation.refresh()
        server.kill()
    with Client(server.host) as client:
        found = client.grok.get_conversation(conversation.conversation_id)
        assert len(found.forest) == 2
        assert found.stale_since is not None
        with restarted(server, database):
            found.refresh()
            assert found.stale_since is None
            found.add_response("again").result()
            assert len(found.forest) == 4


def test_a_conversation_that_was_only_listed_has_no_responses_without_the_server(
    database: Path,
) -> None:
    with server_process(database) as server:
        with impatient(server.host, mirror=False) as other:
            made = other.grok.create_conversation(title="Unread")
            made.add_response("hello").result()
        with impatient(server.host) as client:
            assert [one.title for one in client.grok.list_conversations()] == ["Unread"]
            server.kill()
            (listed,) = client.grok.list_conversations()
            assert listed.title == "Unread"
            with pytest.raises(ServerUnavailable, match="never loaded"):
                listed.load()


def test_without_a_mirror_nothing_is_kept(database: Path, cache: Path) -> None:
    with server_process(database) as server, impatient(server.host, mirror=False) as client:
        conversation = client.grok.create_conversation()
        conversation.add_response("hello").result()
        conversation.refresh()
        server.kill()
        with pytest.raises(ServerUnavailable):
            conversation.refresh()
    assert not cache.exists()


def test_the_embedded_server_has_no_mirror(database: Path, cache: Path) -> None:
    with Client(database=database, model="scripted/echo") as client:
        client.grok.create_conversation().add_response("hello").result()
        client.grok.list_conversations()
    assert not cache.exists()


def test_the_key_is_in_no_file_of_the_mirror(database: Path, cache: Path) -> None:
    key = "canary-key-0123456789abcdef"
    with (
        running_server(database, api_key=key) as server,
        Client(server.address, api_key=key) as client,
    ):
        conversation = client.grok.create_conversation()
        conversation.add_response("hello").result()
        conversation.refresh()
        files = [path for path in cache.rglob("*") if path.is_file()]
        assert len(files) >= 3
        assert not [path for path in files if key.encode() in path.read_bytes()]


def test_another_key_reads_nothing_of_the_mirror(database: Path) -> None:
    key = "0123456789abcdef"
    with server_process(database, environment={"GROK_TREE_API_KEY": key}) as server:
        with impatient(server.host, api_key=key) as client:
            made = client.grok.create_conversation()
            made.create()
            made.load()
        server.kill()
    with impatient(server.host, api_key="another") as client, pytest.raises(ServerUnavailable):
        client.grok.get_conversation(made.conversation_id)
    with impatient(server.host, api_key=key) as client:
        assert client.grok.get_conversation(made.conversation_id).stale_since is not None


def test_another_database_behind_the_address_begins_another_mirror(
    tmp_path: Path, cache: Path
) -> None:
    with server_process(tmp_path / "one.db") as server:
        with impatient(server.host) as client:
            made = client.grok.create_conversation(title="of the first")
            made.create()
            made.load()
        server.kill()
    with restarted(server, tmp_path / "two.db"), impatient(server.host) as client:
        with (
            pytest.warns(UserWarning, match="another database"),
            pytest.raises(ConversationNotFound),
        ):
            client.grok.get_conversation(made.conversation_id)
        assert list(client.grok.list_conversations()) == []
    assert len(list(cache.glob("*.aside-1"))) == 1


def test_what_the_server_lists_no_more_is_gone_from_the_mirror(database: Path) -> None:
    with server_process(database) as server, impatient(server.host) as client:
        kept, gone = (client.grok.create_conversation(title=title) for title in ("kept", "gone"))
        for one in (kept, gone):
            one.create()
            one.load()
        with impatient(server.host, mirror=False) as other:
            other.grok.get_conversation(gone.conversation_id).delete()
        assert len(client.grok.list_conversations()) == 1
        server.kill()
        assert [one.title for one in client.grok.list_conversations()] == ["kept"]
        assert [one.title for one in client.grok.list_conversations(deleted=True)] == ["gone"]


def test_pages_of_the_mirror_and_of_the_server_are_not_mixed_up(database: Path) -> None:
    with server_process(database) as server, impatient(server.host) as client:
        for _ in range(3):
            client.grok.create_conversation().create()
        first = client.grok.list_conversations(page_size=2)
        rest = client.grok.list_conversations(page_size=2, page_token=first.next_page_token)
        wanted = [one.conversation_id for one in (*first, *rest)]
        server.kill()
        with pytest.raises(ServerUnavailable, match="begin again"):
            client.grok.list_conversations(page_size=2, page_token=first.next_page_token)
        first = client.grok.list_conversations(page_size=2)
        rest = client.grok.list_conversations(page_size=2, page_token=first.next_page_token)
        assert [one.conversation_id for one in (*first, *rest)] == wanted


def test_logprobs_and_shares_are_read_again_without_the_server(database: Path) -> None:
    with server_process(database) as server, impatient(server.host) as client:
        conversation = client.grok.create_conversation()
        options: SamplingOptions = {"model_name": "scripted/logprobs", "logprobs": True}
        read = conversation.add_response("one two", **options).result()
        unread = conversation.add_response("three", **options).result()
        without = conversation.add_response("four").result()
        read.share()
        conversation.refresh()
        logprobs, shares = read.logprobs(), conversation.list_shares()
        assert logprobs
        assert shares
        server.kill()

        with impatient(server.host) as later:
            found = later.grok.get_conversation(conversation.conversation_id)
            assert found.get_response(read.response_id).logprobs() == logprobs
            assert found.get_response(without.response_id).logprobs() == []
            assert found.list_shares() == shares
            with pytest.raises(ServerUnavailable, match="never read"):
                found.get_response(unread.response_id).logprobs()


def test_shares_that_were_never_listed_are_not_known_without_the_server(database: Path) -> None:
    with server_process(database) as server, impatient(server.host) as client:
        conversation = client.grok.create_conversation()
        conversation.add_response("hello").result().share()
        conversation.refresh()
        server.kill()
        with pytest.raises(ServerUnavailable, match="never read"):
            conversation.list_shares()
