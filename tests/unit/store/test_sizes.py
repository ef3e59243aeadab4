"""Ten thousand deep and ten thousand wide is ordinary; costs are counted in steps, not in time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from grok_tree.forest import (
    ConversationId,
    ResponseDraft,
    ResponseId,
    Settings,
    Usage,
    uuid7_text,
)
from grok_tree.store import Cursor, NewResponse, Store, Writer
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

N = 10_000


class Large:
    """A conversation with a chain of 10,000, whose root has 10,000 more children."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.conversation: ConversationId = add_conversation(store)
        chain = [drafted(parent_index=None if index == 0 else index - 1) for index in range(N)]
        self.chain: list[ResponseId] = add(store, self.conversation, chain)
        fan = [drafted(parent=self.chain[0]) for _ in range(N)]
        self.fan: list[ResponseId] = add(store, self.conversation, fan)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("large") / "forests.db"


@pytest.fixture(scope="module")
def large(path: Path) -> Iterator[Large]:
    store = Store.open(path)
    yield Large(store)
    store.close()


def n_steps(large: Large, work: object) -> int:
    """Return how much SQLite did for a piece of work, in thousands of its own steps."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def counted(writer: Writer) -> None:
        driver = writer._connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(count, 1000)
        try:
            work(writer)  # type: ignore[operator]
        finally:
            driver.set_progress_handler(None, 1000)

    write(large.store, counted)
    return steps


def test_a_path_of_ten_thousand_comes_in_order(large: Large) -> None:
    path = read(large.store, lambda reader: reader.path(large.chain[-1]))
    assert [response.response_id for response in path] == large.chain


def test_ten_thousand_ids_are_read_at_once(large: Large) -> None:
    found = read(large.store, lambda reader: reader.responses(large.fan))
    assert [response.response_id for response in found] == large.fan


def test_changes_come_in_pages_that_do_not_get_slower(large: Large) -> None:
    everything = {"limit": 2 * N, "max_bytes": 2**30}
    whole = read(large.store, lambda r: r.changes(large.conversation, Cursor(0, -1), **everything))
    late = whole[-501]

    def page(position: int, revision: int) -> int:
        after = Cursor(revision, position)
        return n_steps(large, lambda w: w.changes(large.conversation, after, limit=500))

    assert len({response.response_id for response in whole}) == 2 * N
    assert page(-1, 0) <= 100
    assert page(late.position, late.revision) <= 100


def test_hiding_and_showing_take_steps_in_proportion(large: Large) -> None:
    n_before = read(large.store, lambda r: r.conversation(large.conversation)).n_responses
    top = large.chain[1]
    assert n_steps(large, lambda w: w.hide(top, NOW)) <= 4_000
    n_hidden = read(large.store, lambda r: r.conversation(large.conversation)).n_responses
    assert n_before - n_hidden >= N - 1
    assert n_steps(large, lambda w: w.unhide(top, NOW)) <= 4_000
    n_shown = read(large.store, lambda r: r.conversation(large.conversation)).n_responses
    assert n_shown == n_before


def test_the_leaf_of_a_deep_chain_moves_up_to_what_is_left(large: Large) -> None:
    select(large.store, large.conversation, large.chain[-1])
    write(large.store, lambda writer: writer.hide(large.chain[5_000], NOW))
    leaf = read(large.store, lambda r: r.conversation(large.conversation)).leaf_response_id
    write(large.store, lambda writer: writer.unhide(large.chain[5_000], NOW))
    assert leaf == large.chain[4_999]


def test_adding_costs_the_same_at_any_depth_and_width(large: Large) -> None:
    small = add_conversation(large.store)
    alone = add_one(large.store, small)

    def n_of_adding(conversation: str, parent: str) -> int:
        new = [drafted(parent=parent) for _ in range(20)]
        return n_steps(large, lambda w: w.add_responses(conversation, new, now=NOW))

    costs = [
        n_of_adding(small, alone),
        n_of_adding(large.conversation, large.chain[10]),
        n_of_adding(large.conversation, large.chain[-1]),
        n_of_adding(large.conversation, large.chain[0]),
    ]
    assert max(costs) <= min(costs) + 2


def test_starting_does_not_read_what_has_ended(large: Large) -> None:
    assert n_steps(large, lambda writer: writer.interrupt_growing(NOW)) <= 1


def test_a_row_takes_less_than_one_with_text_ids(tmp_path: Path) -> None:
    text = "a text of ordinary length for one turn of a conversation " * 7
    facts = '{"temperature": 0.9, "seed": 1, "prompt_tokens": 100, "tokens": 80}'
    path, naive_path = tmp_path / "ours.db", tmp_path / "naive.db"
    store = Store.open(path)
    conversation = add_conversation(store)
    settings, usage = (
        Settings(temperature=0.9, seed=1),
        Usage(prompt_tokens=100, completion_tokens=80),
    )
    new = [
        NewResponse(
            ResponseId(uuid7_text(i, i * 0x9E3779B97F4A7C15)),
            ResponseDraft(
                sender="human",
                message=text,
                parent_index=None if i == 0 else (i - 1) // 2,
                settings=settings,
                usage=usage,
            ),
        )
        for i in range(N)
    ]
    add(store, conversation, new)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP TABLE response_text; VACUUM")
    with closing(sqlite3.connect(naive_path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE response (id TEXT PRIMARY KEY, conversation TEXT, parent TEXT,"
            " sender TEXT, message TEXT, created TEXT, facts TEXT, revision INTEGER);"
            "CREATE INDEX by_conversation ON response (conversation, revision);"
            "CREATE INDEX by_parent ON response (parent);"
        )
        rows = [
            (one.response_id, conversation, new[i // 2].response_id, "human", text, str(NOW), facts)
            for i, one in enumerate(new)
        ]
        connection.executemany("INSERT INTO response VALUES (?, ?, ?, ?, ?, ?, ?, 1)", rows)
    assert path.stat().st_size <= 0.85 * naive_path.stat().st_size
