"""The clock that stands and the ids that count."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from grok_tree.service import Clock, Ids
from grok_tree.testing import EPOCH, CountingIds, FrozenClock


def test_the_clock_stands_until_it_is_advanced() -> None:
    clock = FrozenClock()

    assert (clock.now(), clock.monotonic()) == (EPOCH, 0.0)
    clock.advance(1.5)
    assert (clock.now(), clock.monotonic()) == (EPOCH + timedelta(seconds=1.5), 1.5)


def test_ids_count_up_and_sort_as_they_were_given() -> None:
    ids = CountingIds()
    given = [ids.new_id() for _ in range(300)]

    assert given == sorted(given)
    assert UUID(given[0]).version == 7
    assert given[0].endswith("-000000000001")


def test_two_sources_give_the_same_ids() -> None:
    assert CountingIds().new_id() == CountingIds().new_id()


def test_secrets_differ() -> None:
    ids = CountingIds()

    assert ids.new_secret() != ids.new_secret()


def test_the_fakes_are_what_the_service_asks_for() -> None:
    clock: Clock = FrozenClock()
    ids: Ids = CountingIds()

    assert clock.now().tzinfo is not None
    assert ids.new_id()
