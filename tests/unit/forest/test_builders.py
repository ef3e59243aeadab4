"""The builder that the other tests lean on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from grok_tree.testing import EPOCH, forest_from_parents, forest_of


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


def test_positions_of_parents_make_a_forest() -> None:
    forest = forest_from_parents([-1, 0, 0, 1])
    ids = forest.responses.ids
    assert [r.parent_response_id for r in forest] == [None, ids[0], ids[0], ids[1]]
    assert [r.sender for r in forest] == ["human", "assistant", "assistant", "human"]
    assert forest[ids[3]].message == "response 3"
    assert "nobody" not in forest


def test_positions_take_messages_and_a_leaf() -> None:
    forest = forest_from_parents([-1, 0], messages=["Hello", "Hi"], leaf=1)
    assert forest.leaf is not None
    assert forest.leaf.message == "Hi"


@pytest.mark.parametrize("parents", [[0], [-1, 1], [-1, -2]])
def test_a_parent_after_its_child_is_refused(parents: list[int]) -> None:
    with pytest.raises(ValueError, match="the parent of"):
        forest_from_parents(parents)


def test_a_message_for_each_is_asked_for() -> None:
    with pytest.raises(ValueError, match="1 messages for 2 responses"):
        forest_from_parents([-1, 0], messages=["one"])
