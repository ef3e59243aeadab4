"""Search finds the same in either kind of database, and no text is a syntax error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    Conversation,
    ConversationId,
    ResponseDraft,
    ResponseId,
    uuid7_text,
)
from grok_tree.store import Finish, NewResponse, SearchRows, Store
from grok_tree.store._search import INDEX_BATCH
from tests import postgres
from tests.unit.store._shelf import add, add_conversation, add_one, drafted, write

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOME = ConversationId(uuid7_text(1, 0))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql" and postgres.server() is None:
        pytest.skip(postgres.MISSING)
    return str(request.param)


@contextmanager
def open_store(kind: str, folder: Path) -> Iterator[Store]:
    """Open an empty store of one kind for as long as the block runs."""
    with ExitStack() as stack:
        on_postgres = kind == "postgresql"
        location = stack.enter_context(postgres.fresh_schema()) if on_postgres else folder / "a.db"
        yield stack.enter_context(closing(Store.open(location)))


@pytest.fixture(scope="module")
def store(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(kind, tmp_path_factory.mktemp("search")) as opened:
        fill(opened)
        yield opened


@pytest.fixture
def empty(kind: str, tmp_path: Path) -> Iterator[Store]:
    with open_store(kind, tmp_path) as opened:
        yield opened


def fill(opened: Store) -> None:
    home = Conversation(
        conversation_id=HOME, create_time=NOW, modify_time=NOW, revision=1, title="100 % titled_x"
    )
    texts = ["the sky is blue", "a blue whale", "green leaves", "blueberries grow"]
    new = [
        NewResponse(ResponseId(uuid7_text(2, number)), ResponseDraft(sender="human", message=text))
        for number, text in enumerate(texts)
    ]
    opened.submit(lambda writer: writer.insert_conversation(home)).result()
    opened.submit(lambda writer: writer.add_responses(HOME, new, now=NOW)).result()


def found(store: Store, query: str, *, limit: int = 10, after: str = "") -> SearchRows:
    store.submit(lambda writer: writer.index_rest()).result()
    with store.read() as reader:
        return reader.search(query, limit=limit, after=after)


def snippets(rows: SearchRows) -> list[str]:
    return [hit.snippet for hit in rows.hits]


def test_words_are_found_newest_first(store: Store) -> None:
    assert snippets(found(store, "blue whale")) == ["a [blue] [whale]"]
    assert snippets(found(store, "blue ")) == [
        "[blueberries] grow",
        "a [blue] whale",
        "the sky is [blue]",
    ]


def test_pages_follow_each_other(store: Store) -> None:
    first = found(store, "blue", limit=2)
    second = found(store, "blue", limit=2, after=first.next_token)
    assert [len(first.hits), len(second.hits), second.next_token] == [2, 1, ""]


@pytest.mark.parametrize("query", ["100 %", "titled_x", "% titled"])
def test_titles_are_found_by_their_letters(store: Store, query: str) -> None:
    assert snippets(found(store, query))[:1] == ["100 % titled_x"]


def test_signs_that_are_no_words_find_nothing_else(store: Store) -> None:
    assert found(store, "%_").hits == []


@given(query=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_no_text_is_a_syntax_error(store: Store, query: str) -> None:
    with store.read() as reader:
        assert reader.search(query, limit=3).next_token == ""


def every_page(store: Store, query: str, *, limit: int) -> list[SearchRows]:
    pages = [found(store, query, limit=limit)]
    while pages[-1].next_token:
        pages.append(found(store, query, limit=limit, after=pages[-1].next_token))
    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7, 8, 20])
def test_pages_hold_titles_then_texts_and_no_more_than_was_asked_for(
    several: Store, limit: int
) -> None:
    pages = every_page(several, "walnut", limit=limit)
    hits = [hit.snippet for page in pages for hit in page.hits]
    titles = [f"walnut title {number}" for number in range(5, -1, -1)]
    texts = ["[walnut] text 1", "[walnut] text 0"]
    assert hits == titles + texts
    assert all(len(page.hits) == limit for page in pages[:-1])


@pytest.fixture(scope="module")
def several(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(kind, tmp_path_factory.mktemp("several")) as opened:
        homes = [add_conversation(opened, f"walnut title {number}") for number in range(6)]
        for number in range(2):
            add_one(opened, homes[0], f"walnut text {number}")
        yield opened


@pytest.mark.parametrize("token", ["x1", "t", "r" + "9" * 19, "5", "t1.2", "t-1", "r\u0661"])
def test_what_is_no_token_of_a_search_is_refused(store: Store, token: str) -> None:
    with pytest.raises(InvalidOperationError, match="is not a page token"):
        found(store, "blue", after=token)


@pytest.mark.parametrize("query", ["", "  ", "\0", "%", '"', "*", "()", "NEAR(", "\u200b"])
def test_what_holds_no_word_finds_no_response(store: Store, query: str) -> None:
    assert [hit for hit in found(store, query).hits if hit.response_id] == []


@pytest.mark.parametrize("query", ["", "  ", "\0"])
def test_nothing_is_in_no_title(store: Store, query: str) -> None:
    assert found(store, query).hits == []


@pytest.mark.parametrize("query", ["x" * 60_000, "word " * 20_000, '"' * 70_000])
def test_a_long_text_is_a_search_like_any_other(store: Store, query: str) -> None:
    assert found(store, query).hits == []


def test_words_that_belong_together_are_found_together(empty: Store) -> None:
    home = add_conversation(empty)
    for message in ["I don't know", "don and t", "file_name.txt", "हिन्दी भाषा", "größe", "日本語"]:
        add_one(empty, home, message)
    asked = ["don't", "file_name.txt", "हिन्दी", "GROSSE", "GRÖSSE", "größ", "日本"]
    hits = [snippets(found(empty, query)) for query in asked]
    assert [len(hit) for hit in hits] == [1, 1, 1, 0, 0, 1, 1]


def test_a_growing_response_is_found_when_it_has_ended(empty: Store) -> None:
    home = add_conversation(empty)
    early, late = add(empty, home, [drafted("", growing=True), drafted("", growing=True)])
    finish = Finish(message="a finished walnut", finish_reason="stop")
    write(empty, lambda w: w.grow(early, message="half a walnut", reasoning="", now=NOW))
    write(empty, lambda w: w.finish(early, finish, now=NOW, move_leaf=False))
    first = [hit.response_id for hit in found(empty, "walnut").hits]
    write(empty, lambda w: w.finish(late, finish, now=NOW, move_leaf=False))
    second = [hit.response_id for hit in found(empty, "walnut").hits]
    assert (first, second) == ([early], [late, early])


def test_what_was_deleted_is_not_found_until_it_is_restored(empty: Store) -> None:
    home = add_conversation(empty, "a titled walnut")
    made = add_one(empty, home, "walnut")
    write(empty, lambda writer: writer.hide(made, NOW))
    without = found(empty, "walnut").hits
    write(empty, lambda writer: writer.unhide(made, NOW))
    again = found(empty, "walnut").hits
    write(empty, lambda w: w.set_conversation_deleted(home, deleted=True, now=NOW))
    gone = found(empty, "walnut").hits
    assert [hit.response_id for hit in without] == [None]
    assert [hit.response_id for hit in again] == [None, made]
    assert gone == []


def test_an_idle_writer_indexes_all_by_itself(empty: Store) -> None:
    last = 3 * INDEX_BATCH
    new = [drafted(f"walnut {number}") for number in range(last + 1)]
    add(empty, add_conversation(empty), new)
    hits: list[str] = []
    while not hits:  # the time limit of the test ends this
        with empty.read() as reader:
            hits = snippets(reader.search(str(last), limit=5))
    assert hits == [f"walnut [{last}]"]
