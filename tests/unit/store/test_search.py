"""Search finds all that was committed, and no text is a syntax error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.forest import (
    Conversation,
    ConversationId,
    ResponseDraft,
    ResponseId,
    uuid7_text,
)
from grok_tree.store import NewResponse, SearchRows, Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOME = ConversationId(uuid7_text(1, 0))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store.open(Path(tmp_path_factory.mktemp("search")) / "forests.db")
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
    yield opened
    opened.close()


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
