"""What every backend must list, name, share and find; part of `ForestContract`."""

from __future__ import annotations

import pytest

from grok_tree.errors import InvalidOperationError
from grok_tree.testing.contracts._backend import Backend


class ListingContract:
    """Scenarios for one backend; the subclass gives the fixture `backend`."""

    def test_conversations_are_listed_last_modified_first(self, backend: Backend) -> None:
        first, second, third = (backend.create(title=title) for title in "abc")
        backend.turn(first, "hello", None)
        backend.set_deleted(second, deleted=True)

        assert backend.listed() == [first, third]
        assert backend.listed(deleted=True) == [second]

    def test_a_title_is_changed_without_touching_the_star(self, backend: Backend) -> None:
        conversation = backend.create(title="old")
        backend.set_starred(conversation, starred=True)
        backend.set_title(conversation, "new")

        seen = backend.seen(conversation)
        assert (seen.title, seen.starred) == ("new", True)

    def test_the_model_writes_the_title(self, backend: Backend) -> None:
        conversation = backend.create()
        backend.turn(conversation, "hello", None)
        title = backend.generate_title(conversation)

        assert title
        assert backend.seen(conversation).title == title

    def test_an_empty_conversation_has_nothing_to_take_a_title_from(self, backend: Backend) -> None:
        conversation = backend.create(title="kept")

        with pytest.raises(InvalidOperationError, match="title"):
            backend.generate_title(conversation)
        assert backend.seen(conversation).title == "kept"

    def test_a_shared_response_says_so_until_it_is_unshared(self, backend: Backend) -> None:
        conversation = backend.create()
        made = backend.add_by_hand(conversation, "text", None)

        urls = {backend.share(made), backend.share(made)}
        assert len(urls) == 2
        assert all(url.startswith("http") and "/s/" in url for url in urls)
        assert backend.seen(conversation).responses[0].shared
        assert backend.unshare(made) == 2
        assert not backend.seen(conversation).responses[0].shared

    def test_search_finds_words_in_titles_and_responses(self, backend: Backend) -> None:
        conversation = backend.create(title="Walnut trees")
        made = backend.add_by_hand(conversation, "A walnut, Juglans regia.", None)

        assert backend.found("walnut") == {(conversation, None), (conversation, made)}
        assert backend.found("juglans") == {(conversation, made)}
        assert backend.found("hazel") == set()

    def test_search_does_not_find_what_is_deleted(self, backend: Backend) -> None:
        conversation, other = backend.create(title="walnut"), backend.create()
        made = backend.add_by_hand(other, "walnut", None)

        backend.set_deleted(conversation, deleted=True)
        backend.delete(made)
        assert backend.found("walnut") == set()

    @pytest.mark.parametrize("text", ['"', "*", "a AND", "NEAR(", "-", "col:x", "'; drop"])
    def test_search_takes_any_text_as_words(self, backend: Backend, text: str) -> None:
        assert backend.found(text) == set()

    def test_an_empty_search_is_refused(self, backend: Backend) -> None:
        with pytest.raises(InvalidOperationError, match="the search is empty"):
            backend.found(" ")
