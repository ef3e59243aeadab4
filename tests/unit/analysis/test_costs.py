"""What was used and what it cost: by hand, by plain sums, and what must not matter."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree import analysis
from grok_tree.forest import Forest, Response, Timing, Usage
from tests.strategies import timings, usages
from tests.unit.analysis._answers import forest_with, response

MORNING = datetime(2026, 1, 2, 1, tzinfo=UTC)


def answers(*fields: dict[str, Any]) -> Forest:
    return forest_with([response(f"a{at}", "x", None, **one) for at, one in enumerate(fields)])


def test_every_column_of_a_day_by_hand() -> None:
    first = Usage(
        prompt_tokens=100,
        cached_prompt_tokens=40,
        completion_tokens=7,
        reasoning_tokens=3,
        cost_usd=0.5,
    )
    second = Usage(
        prompt_tokens=11,
        cached_prompt_tokens=2,
        completion_tokens=5,
        reasoning_tokens=1,
        cost_usd=0.25,
        estimated=True,
    )
    unknown = Usage(prompt_tokens=1000, completion_tokens=1)
    forest = answers(
        {"usage": first, "timing": Timing(duration_s=1.5)},
        {"usage": second, "timing": Timing(duration_s=0.25)},
        {"usage": unknown, "manual": True},
        {"usage": unknown, "sender": "human"},
        {"usage": unknown},
    )
    (row,) = analysis.table(forest, "costs").rows
    day = row.pop("day")
    assert (day.hour, day.minute, day.tzinfo) == (0, 0, UTC)
    assert row == {
        "model_name": "scripted/echo",
        "n_samplings": 3,
        "prompt_tokens": 1111,
        "cached_prompt_tokens": 42,
        "completion_tokens": 13,
        "reasoning_tokens": 4,
        "cost_usd": 0.75,
        "n_unknown_costs": 1,
        "n_estimated": 1,
        "duration_s": 1.75,
    }


SAMPLINGS = st.lists(
    st.tuples(st.sampled_from(["m/one", "m/two"]), st.integers(0, 2), usages, timings), max_size=8
)


@given(SAMPLINGS, st.randoms())
def test_rows_are_plain_sums_in_any_order(
    drawn: list[tuple[str, int, Usage, Timing]], random: Any
) -> None:
    def rows(given_ones: list[tuple[str, int, Usage, Timing]]) -> list[dict[str, Any]]:
        made = [
            _on(day, response(f"a{at}", "x", None, model_name=name, usage=usage, timing=timing))
            for at, (name, day, usage, timing) in enumerate(given_ones)
        ]
        return list(analysis.table(forest_with(made), "costs").rows)

    found = rows(drawn)
    for row in found:
        mine = [
            (usage, timing)
            for name, day, usage, timing in drawn
            if (name, day) == (row["model_name"], (row["day"] - MORNING).days + 1)
        ]
        known = [usage.cost_usd for usage, _ in mine if usage.cost_usd is not None]
        assert row["n_samplings"] == len(mine) > 0
        assert row["n_unknown_costs"] == len(mine) - len(known)
        assert row["cost_usd"] == (pytest.approx(math.fsum(known)) if known else None)
        assert row["duration_s"] == pytest.approx(sum(timing.duration_s for _, timing in mine))
        for name in ("prompt_tokens", "cached_prompt_tokens", "completion_tokens"):
            assert row[name] == sum(getattr(usage, name) for usage, _ in mine)
        assert row["reasoning_tokens"] == sum(usage.reasoning_tokens for usage, _ in mine)
        assert row["n_estimated"] == sum(usage.estimated for usage, _ in mine)
    assert sum(row["n_samplings"] for row in found) == len(drawn)
    keys = [(row["model_name"], row["day"]) for row in found]
    assert keys == sorted({*keys})
    mixed = list(drawn)
    random.shuffle(mixed)
    assert rows(mixed) == found


def _on(day: int, one: Response) -> Response:
    return msgspec.structs.replace(one, create_time=MORNING + timedelta(days=day))
