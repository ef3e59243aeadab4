"""The builder that the other tests lean on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from grok_tree.testing import EPOCH, forest_of


def test_a_chain_attaches_each_name_to_the_one_before() -> None:
    forest = forest_of("a > b > c")

    assert [r.parent_response_id for r in forest] == [None, "a", "b"]


def test_a_chain_may_begin_at_a_known_name() -> None:
    assert forest_of("a>b, a>c, c>d").path("d").ids == ["a", "c", "d"]


def test_senders_take_turns_from_the_human_root_down() -> None:
    assert [r.sender for r in forest_of("a>b>c, x")] == ["human", "assistant", "human", "human"]


def test_times_and_positions_follow_the_order_of_creation() -> None:
    second = forest_of("a>b")["b"]

    assert second.create_time == EPOCH + timedelta(seconds=1)
    assert second.position == 1


def test_a_missing_name_is_refused() -> None:
    with pytest.raises(ValueError, match="a name is missing in 'a>>b'"):
        forest_of("a>>b")


def test_a_name_below_two_parents_is_refused() -> None:
    with pytest.raises(ValueError, match="'c' stands below 'a' and below 'b'"):
        forest_of("a>c, b>c")
