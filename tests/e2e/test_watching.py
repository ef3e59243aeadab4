"""Watching a conversation through both clients, while others change it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from grok_tree import AsyncClient, Client, Conversation
from grok_tree.client import Change, Watch
from grok_tree.errors import (
    ConversationDeletedError,
    ServerUnavailable,
    StaleSnapshot,
)
from grok_tree.forest import ResponseDraft
from grok_tree.server import RunningServer
from grok_tree.testing import running_server
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

NOWHERE = "127.0.0.1:1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "forests.db") as running:
        yield running


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(server.address) as opened:
        yield opened


@pytest.fixture
async def conversation(client: AsyncClient) -> Conversation:
    made = client.grok.create_conversation(title="watched")
    await made.create()
    return made


@pytest.fixture
async def other(server: RunningServer, conversation: Conversation) -> AsyncIterator[Conversation]:
    """The same conversation, in the hands of another client."""
    async with AsyncClient(server.address) as opened:
        yield await opened.grok.get_conversation(conversation.conversation_id)


async def next_change(watch: Watch) -> Change:
    with anyio.fail_after(PATIENCE_S):
        return await anext(watch)


async def to_the_end(watch: Watch) -> None:
    while True:
        await next_change(watch)


async def no_watcher_left(server: RunningServer) -> None:
    with anyio.fail_after(PATIENCE_S):
        while server.forests.n_watchers:
            await anyio.lowlevel.checkpoint()


async def test_what_another_client_adds_is_in_the_forest_when_it_is_told(
    conversation: Conversation, other: Conversation
) -> None:
    async with conversation.watch() as watch:
        added = await other.add_model_response("by hand")
        change = await next_change(watch)

        assert change.response is conversation.get_response(added.response_id)
        assert change.response.message == "by hand"
        assert [one.response_id for one in conversation.forest] == [added.response_id]
        assert (change.revision, change.deleted) == (added.value.revision, False)


async def test_fields_of_the_conversation_are_told_by_name(
    conversation: Conversation, other: Conversation
) -> None:
    async with conversation.watch() as watch:
        await other.set_title("new")
        change = await next_change(watch)
        assert (change.response, change.fields) == (None, ("title",))
        assert conversation.title == "new"
        await other.star()
        assert (await next_change(watch)).fields == ("starred",)
        await other.add_model_response("by hand")
        assert (await next_change(watch)).response is not None
        assert (await next_change(watch)).fields == ("leaf_response_id",)
        assert conversation.leaf is not None


async def test_deleted_responses_are_told_as_deleted(
    conversation: Conversation, other: Conversation
) -> None:
    added = await other.add_model_response("by hand")
    await conversation.load()
    async with conversation.watch() as watch:
        await added.delete()
        change = await next_change(watch)
        assert (change.deleted, change.response) == (True, conversation._handle(added.response_id))
        assert len(conversation.forest) == 0


async def test_a_watch_goes_on_while_the_conversation_is_deleted(
    conversation: Conversation, other: Conversation
) -> None:
    async with conversation.watch() as watch:
        await other.delete()
        change = await next_change(watch)
        assert (change.fields, change.deleted) == (("deleted",), True)
        with pytest.raises(ConversationDeletedError):
            conversation.add_response("hello")
        await other.restore()
        change = await next_change(watch)
        assert (change.fields, change.deleted) == (("deleted",), False)
        await conversation.add_response("hello")


async def test_a_growing_answer_is_told_with_its_text_so_far(
    conversation: Conversation, other: Conversation
) -> None:
    async with conversation.watch() as watch:
        async with other.add_response("hello", model_name="scripted/hang") as sampling:
            tokens = aiter(sampling)
            await anext(tokens)
            while True:
                change = await next_change(watch)
                assert change.response is not None
                if change.response.message == "waiting":
                    break
            assert change.response.partial
            assert change.response.finish_reason is None
        while change.response is None or change.response.finish_reason is None:
            change = await next_change(watch)
        assert change.response.finish_reason == "cancelled"


async def test_a_watch_begins_after_what_is_known_or_after_any_cursor(
    conversation: Conversation,
) -> None:
    drafts = [ResponseDraft(sender="human", message=str(number)) for number in range(4)]
    added = await conversation.add_drafts(drafts)
    await conversation.refresh()
    async with conversation.watch(since=0) as watch:
        changes = [await next_change(watch) for _ in range(4)]
    assert [c.response.message for c in changes if c.response] == ["0", "1", "2", "3"]
    async with conversation.watch(since=changes[1].cursor) as watch:
        assert (await next_change(watch)).response is added[2]
    async with conversation.watch() as watch:
        await added[0].star()
        assert (await next_change(watch)).response is added[0]


async def test_a_cursor_ahead_of_what_is_known_leaves_no_gap_in_the_forest(
    conversation: Conversation, other: Conversation
) -> None:
    await other.add_model_response("one")
    await other.refresh()
    async with conversation.watch(since=other.revision) as watch:
        await other.add_model_response("two")
        assert (await next_change(watch)).response is not None
    assert [one.message for one in conversation.forest] == ["one", "two"]


async def test_long_texts_come_with_their_responses(
    conversation: Conversation, other: Conversation
) -> None:
    text = "x" * (1 << 21)
    async with conversation.watch() as watch:
        await other.add_model_response(text)
        change = await next_change(watch)
        assert change.response is not None
        assert change.response.message == text


async def test_those_who_leave_are_forgotten_by_the_server(
    server: RunningServer, conversation: Conversation, other: Conversation
) -> None:
    await other.add_model_response("something")
    closed, left, dropped = (conversation.watch() for _ in range(3))
    await next_change(closed)
    await closed.aclose()
    async with left:
        await next_change(left)
    await next_change(dropped)
    del dropped
    async for _ in conversation.watch(since=0):
        break
    with anyio.move_on_after(0.5):
        async for _ in conversation.watch():
            pass
    await no_watcher_left(server)


async def test_a_watch_is_left_at_once_while_somebody_waits_for_its_next_change(
    server: RunningServer, conversation: Conversation
) -> None:
    watch = conversation.watch()
    ended = []

    async def wait() -> None:
        async for _ in watch:
            pass
        ended.append(True)

    with anyio.fail_after(PATIENCE_S):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            while not server.forests.n_watchers:
                await anyio.lowlevel.checkpoint()
            await watch.aclose()
    assert ended
    await no_watcher_left(server)


async def test_a_watch_without_a_server_says_so() -> None:
    options = [("grpc.enable_retries", 0)]
    async with AsyncClient(NOWHERE, mirror=False, channel_options=options) as client:
        conversation = client.grok.create_conversation()
        with pytest.raises(ServerUnavailable):
            await next_change(conversation.watch())


async def test_a_watch_goes_on_after_the_server_was_restarted(tmp_path: Path) -> None:
    database, socket = tmp_path / "forests.db", f"unix:{tmp_path / 'socket'}"
    async with AsyncClient(socket) as client:
        with running_server(database, address=socket):
            conversation = client.grok.create_conversation()
            await conversation.add_model_response("one")
            watch = conversation.watch(since=0)
            assert (await next_change(watch)).response is not None
        with running_server(database, address=socket):
            added = await conversation.add_model_response("two")
            while (change := await next_change(watch)).response is None:
                pass
            assert change.response is added
            await watch.aclose()


async def test_a_restored_backup_ends_a_watch(tmp_path: Path) -> None:
    socket = f"unix:{tmp_path / 'socket'}"
    async with AsyncClient(socket) as client:
        with running_server(tmp_path / "one.db", address=socket):
            conversation = client.grok.create_conversation()
            await conversation.add_model_response("one")
            watch = conversation.watch(since=0)
            await next_change(watch)
        with (
            running_server(tmp_path / "other.db", address=socket),
            pytest.raises(StaleSnapshot, match="a backup was restored"),
        ):
            await to_the_end(watch)


# The blocking client


def test_the_blocking_client_watches_too(server: RunningServer) -> None:
    with Client(server.address) as client, Client(server.address) as another:
        conversation = client.grok.create_conversation()
        conversation.create()
        other = another.grok.get_conversation(conversation.conversation_id)
        with conversation.watch() as watch:
            added = other.add_model_response("by hand")
            other.set_title("new")
            changes = list(islice(watch, 2))
        assert changes[0].response is conversation.get_response(added.response_id)
        assert changes[0].cursor == (added.value.revision, 0)
        assert [change.fields for change in changes] == [(), ("leaf_response_id", "title")]
        assert conversation.title == "new"


def test_a_blocking_watcher_that_leaves_is_forgotten(server: RunningServer) -> None:
    with Client(server.address) as client:
        conversation = client.grok.create_conversation()
        conversation.add_model_response("something")
        for _ in conversation.watch(since=0):
            break
        with conversation.watch(since=0) as watch:
            next(watch)
        gone = threading.Event()
        for _ in range(int(PATIENCE_S * 100)):
            if not server.forests.n_watchers:
                break
            gone.wait(0.01)
        assert server.forests.n_watchers == 0
