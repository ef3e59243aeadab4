"""Rows of paths: by hand, and as walking each path would count."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree.analysis import path_table
from grok_tree.forest import (
    Conversation,
    Forest,
    HeldResponses,
    Marks,
    Response,
    ResponseId,
    Timing,
    Usage,
)
from grok_tree.testing import CONVERSATION_ID, EPOCH, forest_from_parents, forest_of
from tests.strategies import parents_of_forests


def response(name: str, parent: str | None, **fields: Any) -> Response:
    known: dict[str, Any] = {"sender": "assistant", "message": name, "create_time": EPOCH} | fields
    return Response(
        response_id=ResponseId(name),
        conversation_id=CONVERSATION_ID,
        parent_response_id=None if parent is None else ResponseId(parent),
        **known,
    )


def forest_with(responses: list[Response]) -> Forest:
    names = [one.response_id for one in responses]
    parents = [
        -1 if one.parent_response_id is None else names.index(one.parent_response_id)
        for one in responses
    ]
    conversation = Conversation(
        conversation_id=CONVERSATION_ID, create_time=EPOCH, modify_time=EPOCH
    )
    return Forest(conversation, parents, HeldResponses(responses))


def sampled(name: str, parent: str, model: str, cost: float | None, **fields: Any) -> Response:
    usage = Usage(prompt_tokens=10, completion_tokens=2, reasoning_tokens=1, cost_usd=cost)
    timing = Timing(duration_s=0.5)
    named: dict[str, Any] = {
        "model_name": model,
        "usage": usage,
        "timing": timing,
        "finish_reason": "stop",
    }
    return response(name, parent, **(named | fields))


def test_the_columns_of_three_paths_by_hand() -> None:
    forest = forest_with(
        [
            response("q", None, sender="human", message="why so blue?"),
            sampled("a", "q", "m/one", 0.25, marks=Marks(starred=True)),
            sampled("b", "q", "m/two", None, partial=True, finish_reason="length"),
            response("r", "a", sender="human", message="go on"),
            sampled("c", "r", "m/two", 0.5),
            response("d", "r", message="by hand", manual=True),
        ]
    )
    b, c, d = path_table(forest).to_records()
    assert c == {
        "tip_id": "c",
        "root_id": "q",
        "n_responses": 4,
        "models": "m/one, m/two",
        "n_human": 2,
        "n_characters": len("why so blue?") + 1 + len("go on") + 1,
        "n_words": 3 + 1 + 2 + 1,
        "n_samplings": 2,
        "prompt_tokens": 20,
        "completion_tokens": 4,
        "reasoning_tokens": 2,
        "cost_usd": 0.75,
        "n_unknown_costs": 0,
        "duration_s": 1.0,
        "n_starred": 1,
        "n_partial": 0,
        "finish_reason": "stop",
        "fork_id": "r",
        "fork_depth": 3,
        "n_own": 1,
    }
    assert (b["fork_id"], b["fork_depth"], b["n_own"]) == ("q", 1, 1)
    assert (b["cost_usd"], b["n_unknown_costs"], b["n_partial"]) == (None, 1, 1)
    assert (d["models"], d["cost_usd"], d["finish_reason"]) == ("m/one", 0.25, None)


def test_a_path_without_a_fork_is_all_its_own() -> None:
    (row,) = path_table(forest_of("a>b>c")).to_records()
    assert (row["fork_id"], row["fork_depth"], row["n_own"]) == (None, 0, 3)


def test_no_forest_has_no_paths_but_columns() -> None:
    table = path_table(forest_of(""))
    assert table.to_records() == []
    assert "cost_usd" in table.to_polars().columns
    assert str(table) == "no paths"


@given(parents_of_forests(), st.data())
def test_sums_are_those_of_walking_each_path(above: list[int], data: st.DataObject) -> None:
    messages = data.draw(
        st.lists(st.text("ab \n", max_size=9), min_size=len(above), max_size=len(above))
    )
    forest = forest_from_parents(above, messages=messages)
    rows = path_table(forest).to_records()
    assert [row["tip_id"] for row in rows] == forest.tips.ids
    for row in rows:
        path = forest.path(row["tip_id"])
        assert row["root_id"] == path.ids[0]
        assert row["n_responses"] == len(path) == row["fork_depth"] + row["n_own"]
        assert row["n_characters"] == sum(len(one.message) for one in path)
        assert row["n_words"] == sum(len(one.message.split()) for one in path)
        assert row["n_human"] == sum(one.sender == "human" for one in path)
        forks = [one for one in path.ids[:-1] if len(forest.children(one)) > 1]
        assert row["fork_id"] == (forks[-1] if forks else None)


def test_what_costs_nothing_costs_exactly_nothing_after_a_long_costly_run() -> None:
    costly = [response("root", None, sender="human"), sampled("0", "root", "m/one", 0.1)]
    costly += [sampled(str(n), str(n - 1), "m/one", 0.1) for n in range(1, 100)]
    free = [
        response("r", None),
        *(sampled(f"f{n}", "r" if n == 0 else f"f{n - 1}", "m", 0.0) for n in range(50)),
    ]
    first, second = path_table(forest_with([*costly, *free])).to_records()
    assert first["cost_usd"] == pytest.approx(10)
    assert second["cost_usd"] == 0


@pytest.mark.parametrize("shape", ["chain", "star"])
def test_ten_thousand_in_a_chain_or_a_star(shape: str) -> None:
    above = range(-1, 9_999) if shape == "chain" else [-1, *[0] * 9_999]
    table = path_table(forest_from_parents(above))
    assert len(table) == (1 if shape == "chain" else 9_999)
    assert table.to_records()[-1]["n_responses"] == (10_000 if shape == "chain" else 2)


def test_a_table_says_how_long_its_paths_are() -> None:
    table = path_table(forest_of("a>b>c, a>d"))
    assert repr(table) == "<PathTable: 2 paths of 2 to 3 responses, 2.50 in the mean>"
