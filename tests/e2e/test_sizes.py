"""Conversations 10,000 deep and 10,000 wide are ordinary, through the public client over gRPC.

Every client here refuses messages above 1 MiB in both directions, so an operation that needs one
fails. Python's recursion limit of 1,000 stands as it is, so an operation that recurses over a
chain fails too. For both, conversations of 2,000 are large enough, whose responses are long enough
to need several messages; those of 10,000 are for the slow suite.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Literal

import anyio.to_thread
import pytest
from sqlalchemy import Engine, event

from grok_tree import AsyncClient, Client, Conversation
from grok_tree.forest import MAX_TEXT_BYTES, ResponseDraft
from grok_tree.testing import running_server
from tests.e2e.conftest import grok_tree
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

MIB = 1 << 20
LONG = " and more" * 80
"""What makes 2,000 responses larger than a message."""

LIMITS = [("grpc.max_receive_message_length", MIB), ("grpc.max_send_message_length", MIB)]

Shape = Literal["chain", "star"]


def drafts_of(
    shape: Shape, first: int, n: int, *, parent: str | None, rest: str
) -> list[ResponseDraft]:
    """Return n responses: each below the one before, or all below `parent`."""
    drafts = []
    for number in range(n):
        draft = ResponseDraft(
            sender="human" if (first + number) % 2 == 0 else "assistant",
            message=f"r{first + number}{rest}",
            parent_response_id=parent if shape == "star" or number == 0 else None,  # type: ignore[arg-type]
            parent_index=number - 1 if shape == "chain" and number else None,
        )
        drafts.append(draft)
    return drafts


def grow(client: Client, shape: Shape, size: int, *, rest: str = "") -> str:
    """Make a conversation of `size` responses, a thousand a call, and return its id."""
    conversation = client.grok.create_conversation(title=shape)
    (root,) = conversation.add_drafts(drafts_of(shape, 0, 1, parent=None, rest=rest), leaf_index=0)
    parent = root.response_id
    for first in range(1, size, 1_000):
        n = min(1_000, size - first)
        batch = drafts_of(shape, first, n, parent=parent, rest=rest)
        added = conversation.add_drafts(batch, leaf_index=n - 1)
        if shape == "chain":
            parent = added[-1].response_id
    return conversation.conversation_id


@dataclass(frozen=True)
class Grown:
    """A database with one large conversation."""

    database: Path
    conversation_id: str
    size: int


SHAPES = [
    pytest.param((shape, size), id=f"{shape}-{size}", marks=marks)
    for shape in ("chain", "star")
    for size, marks in ((2_000, ()), (10_000, pytest.mark.slow))
]


@pytest.fixture(scope="module", params=SHAPES)
def grown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    shape, size = request.param
    database = tmp_path_factory.mktemp(shape) / "forests.db"
    with (
        running_server(database) as server,
        Client(server.address, channel_options=LIMITS) as client,
    ):
        return Grown(database, grow(client, shape, size, rest=LONG), size)


@pytest.fixture
async def conversation(grown: Grown, tmp_path: Path) -> AsyncIterator[Conversation]:
    """The large conversation, loaded from a copy of its database."""
    database = tmp_path / "forests.db"
    shutil.copy(grown.database, database)
    with running_server(database) as server:
        async with AsyncClient(server.address, channel_options=LIMITS) as client:
            yield await client.grok.get_conversation(grown.conversation_id)


async def load(conversation: Conversation, size: int) -> None:
    await conversation.load()
    assert len(conversation.forest) == size


async def walk(conversation: Conversation, size: int) -> None:
    forest = conversation.forest
    first, last = forest.responses[0].response_id, forest.responses[-1].response_id
    assert forest.path(last)[0].message.startswith("r0")
    assert len(forest.descendants(first)) == size - 1
    assert forest.depth(last) == len(forest.path(last)) - 1
    assert len(forest.children(first)) + len(forest.siblings(last)) >= 1
    assert forest.divergence(first, last) == forest.responses[0]
    assert len(forest.diff(first, last).second) == forest.depth(last)
    assert repr(forest)
    assert len(conversation.get_response(last).path) == forest.depth(last) + 1


async def turn(conversation: Conversation, size: int) -> None:
    answer = await conversation.add_response("hello")
    assert answer.message == "echo: hello"
    assert len(conversation.forest) == size + 2


async def siblings(conversation: Conversation, _size: int) -> None:
    answer = await conversation.add_response("hello")
    assert len(await answer.resample_many(3)) == 3
    assert len(await conversation.add_responses("again", 3)) == 3


async def replace(conversation: Conversation, _size: int) -> None:
    answer = await conversation.add_response("hello")
    assert (await answer.replace("by hand")).manual
    question = answer.parent_response
    assert question is not None
    assert (await question.replace("goodbye")).message == "echo: goodbye"


async def select(conversation: Conversation, _size: int) -> None:
    root = conversation.root_responses[0]
    await root.select()
    assert conversation.leaf is root


async def mark(conversation: Conversation, _size: int) -> None:
    leaf = conversation.leaf
    assert leaf is not None
    await leaf.star()
    await leaf.tag("deep")
    await leaf.score(depth=1.0)
    assert (leaf.starred, leaf.tags, leaf.scores) == (True, ("deep",), {"depth": 1.0})


async def share(conversation: Conversation, size: int) -> None:
    leaf = conversation.leaf
    assert leaf is not None
    page = await fetched(await leaf.share())
    assert f"r{size - 1}" in page
    assert page.count("</article>") + page.count("</section>") + page.count("</li>") >= len(
        conversation.forest.path(leaf.response_id)
    )
    assert await leaf.unshare() == 1


async def title(conversation: Conversation, _size: int) -> None:
    assert await conversation.generate_title()


async def delete_and_restore(conversation: Conversation, size: int) -> None:
    root = conversation.root_responses[0]
    assert await root.delete() == size
    assert len(conversation.forest) == 0
    assert await root.restore() == size
    assert len(conversation.forest) == size


async def delete_and_restore_all(conversation: Conversation, _size: int) -> None:
    await conversation.delete()
    await conversation.restore()
    assert (await conversation.add_response("hello")).message == "echo: hello"


async def show(conversation: Conversation, size: int) -> None:
    assert f"{size:,} responses" in repr(conversation)
    html = conversation._repr_html_()
    assert len(html) < MIB


OPERATIONS: list[Callable[[Conversation, int], Awaitable[None]]] = [
    load,
    walk,
    turn,
    siblings,
    replace,
    select,
    mark,
    share,
    title,
    delete_and_restore,
    delete_and_restore_all,
    show,
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
async def test_every_operation_works_on_a_large_conversation(
    conversation: Conversation,
    grown: Grown,
    operation: Callable[[Conversation, int], Awaitable[None]],
) -> None:
    assert sys.getrecursionlimit() <= 1_000
    await operation(conversation, grown.size)


async def test_a_large_conversation_is_exported_whole(
    conversation: Conversation, grown: Grown, tmp_path: Path
) -> None:
    assert await conversation.export(tmp_path / "forest.jsonl") == grown.size


async def fetched(url: str) -> str:
    """Return the text of a page."""

    def fetch() -> str:
        host, _, path = url.removeprefix("http://").partition("/")
        connection = HTTPConnection(host, timeout=PATIENCE_S)
        connection.request("GET", f"/{path}")
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    return await anyio.to_thread.run_sync(fetch)


@pytest.mark.parametrize("words", [["show"], ["show", "--all"], ["path"], ["export"]], ids=" ".join)
def test_commands_read_a_large_conversation(grown: Grown, tmp_path: Path, words: list[str]) -> None:
    database = tmp_path / "forests.db"
    shutil.copy(grown.database, database)
    done = grok_tree(*words, grown.conversation_id, "--database", str(database))

    assert done.returncode == 0, done.stderr
    assert f"r{grown.size - 1}" in done.stdout


def test_a_large_conversation_comes_back_from_its_export(grown: Grown, tmp_path: Path) -> None:
    database = tmp_path / "forests.db"
    shutil.copy(grown.database, database)
    exported = grok_tree("export", grown.conversation_id, "--database", str(database))
    done = grok_tree("import", "-", "--database", str(tmp_path / "new.db"), typed=exported.stdout)

    assert done.returncode == 0, done.stderr
    with Client(database=tmp_path / "new.db") as client:
        (conversation,) = client.grok.list_conversations()
        assert conversation.value.n_responses == grown.size


@pytest.mark.parametrize(
    "message", ["x" * (MAX_TEXT_BYTES - 6), "x y" * 250_000], ids=["one", "many"]
)
async def test_the_longest_texts_fit_into_messages_of_1_mib(tmp_path: Path, message: str) -> None:
    with running_server(tmp_path / "forests.db") as server:
        async with AsyncClient(server.address, channel_options=LIMITS) as client:
            conversation = client.grok.create_conversation()
            answer = await conversation.add_response(message)
            reopened = await client.grok.get_conversation(conversation.conversation_id)

    assert answer.message == f"echo: {message}"
    assert [len(response.message) for response in reopened.forest] == [
        len(message),
        len(message) + 6,
    ]


@dataclass
class Steps:
    """Counts the instructions that SQLite executes, on every connection made in the meantime."""

    taken: int = 0

    def count(self) -> int:
        self.taken += 1
        return 0

    def watch(self, connection: Any, _record: object) -> None:
        connection.set_progress_handler(self.count, 10)


@contextmanager
def counted_steps() -> Iterator[Steps]:
    steps = Steps()
    event.listen(Engine, "connect", steps.watch)
    try:
        yield steps
    finally:
        event.remove(Engine, "connect", steps.watch)


def steps_of_turns(client: Client, conversation_id: str, steps: Steps) -> int:
    conversation = client.grok.get_conversation(conversation_id)
    conversation.add_response("warm up").result()
    client.grok.search("hello")  # lets the search index catch up, which would count too
    before = steps.taken
    for _ in range(20):
        conversation.add_response("hello").result()
    return steps.taken - before


def test_a_response_costs_the_same_at_depth_10_and_at_depth_10_000(tmp_path: Path) -> None:
    """The cost is counted, not timed: SQLite's instructions for 20 turns, in one database.

    Reading the path of the deep conversation once would be more than 10,000 rows a turn. The
    bound leaves room for the search index, which takes in the new turns.
    """
    with (
        counted_steps() as steps,
        running_server(tmp_path / "forests.db") as server,
        Client(server.address, channel_options=LIMITS, mirror=False) as client,
    ):
        shallow, deep = (grow(client, "chain", size) for size in (10, 10_000))
        at_10 = steps_of_turns(client, shallow, steps)
        at_10_000 = steps_of_turns(client, deep, steps)

    assert at_10 > 0
    assert at_10_000 <= 1.3 * at_10


@pytest.mark.parametrize("shape", ["chain", "star"])
def test_deleting_twice_as_many_responses_costs_twice_as_much(tmp_path: Path, shape: Shape) -> None:
    steps_taken = []
    with (
        counted_steps() as steps,
        running_server(tmp_path / "forests.db") as server,
        Client(server.address, channel_options=LIMITS, mirror=False) as client,
    ):
        for size in (1_000, 2_000):
            conversation = client.grok.get_conversation(grow(client, shape, size))
            root = conversation.root_responses[0]
            before = steps.taken
            assert root.delete() == root.restore() == size
            steps_taken.append(steps.taken - before)

    small, large = steps_taken
    assert large <= 2.5 * small
