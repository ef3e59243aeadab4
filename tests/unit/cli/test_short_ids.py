"""Shortened ids still tell each other apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grok_tree.cli._short_ids import short_ids


@given(st.lists(st.uuids().map(str), max_size=30))
def test_every_short_id_begins_exactly_one_id(ids: list[str]) -> None:
    for whole, short in short_ids(ids).items():
        assert [other for other in set(ids) if other.startswith(short)] == [whole]


def test_ids_of_different_times_are_shown_as_their_time() -> None:
    first = "0192f0c1-2345-7abc-8def-0123456789ab"
    second = "0192f0c1-2346-7abc-8def-0123456789ab"
    assert short_ids([first, second])[first] == "0192f0c1-2345"


def test_ids_of_one_millisecond_are_as_long_as_they_need_and_end_in_a_digit() -> None:
    first = "0192f0c1-2345-7abc-8def-0123456789ab"
    second = "0192f0c1-2345-7abd-8def-0123456789ab"
    assert short_ids([first, second])[first] == "0192f0c1-2345-7abc"
    third = "0192f0c1-2345x7abc-8def-0123456789ab"
    assert short_ids([first, third])[first] == "0192f0c1-2345-7"


def test_an_id_that_is_listed_twice_is_short_too() -> None:
    only = "0192f0c1-2345-7abc-8def-0123456789ab"
    assert short_ids([only, only])[only] == "0192f0c1-2345"
