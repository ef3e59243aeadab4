"""Rows by grain: what stands in them, and that frames keep their types."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, get_args

import polars
import pytest

from grok_tree import analysis
from grok_tree.analysis import Grain
from grok_tree.analysis._arrays import arrays_of
from grok_tree.analysis._counts import counts_of
from grok_tree.analysis._frames import pandas_frame, polars_frame
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    NO_PARENT,
    NO_TIME,
    Forest,
    HeldResponses,
    Marks,
    Origin,
    Response,
    Settings,
    Timing,
    TokenAlternative,
    TokenLogprob,
    Usage,
)
from grok_tree.testing import CONVERSATION_ID, EPOCH, forest_from_parents, forest_of

GRAINS = get_args(Grain)
DTYPES = {
    "text": ("string", polars.String),
    "int": ("Int64", polars.Int64),
    "float": ("float64", polars.Float64),
    "bool": ("bool", polars.Boolean),
    "time": ("datetime64[us, UTC]", polars.Datetime("us", "UTC")),
}
NEXT_DAY = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def said(name: str, **fields: Any) -> Response:
    """One response with the fields that a test is about."""
    plain = {
        "conversation_id": CONVERSATION_ID,
        "parent_response_id": None,
        "sender": "assistant",
        "message": name,
        "create_time": EPOCH,
    }
    return Response(response_id=name, **plain | fields)  # type: ignore[arg-type]


class Kept:
    """Log-probabilities by id."""

    def __init__(self, **logprobs: list[TokenLogprob]) -> None:
        self._logprobs = logprobs

    def logprobs(self, response: Response) -> list[TokenLogprob]:
        return self._logprobs[response.response_id]

    def file(self, file_id: str) -> bytes | None:  # noqa: ARG002
        return None


def together(*responses: Response, **logprobs: list[TokenLogprob]) -> Forest:
    ids = [one.response_id for one in responses]
    parents = [
        NO_PARENT if (p := one.parent_response_id) is None else ids.index(p) for one in responses
    ]
    conversation = forest_of("").conversation
    return Forest(conversation, parents, HeldResponses(responses), Kept(**logprobs))


def a_study() -> Forest:
    """A question with three answers, of two models, on two days."""
    paid = Usage(prompt_tokens=10, cached_prompt_tokens=4, completion_tokens=5, cost_usd=0.25)
    two = [
        TokenLogprob("Yes", math.log(0.5), (TokenAlternative("Yes", math.log(0.5)),)),
        TokenLogprob(
            "!",
            math.log(0.25),
            (TokenAlternative(".", math.log(0.5)), TokenAlternative("!", math.log(0.25))),
            offset=3,
        ),
    ]
    return together(
        said("q", sender="human", message="Is it?"),
        said(
            "yes",
            parent_response_id="q",
            message="Yes!",
            model_name="m/one",
            finish_reason="stop",
            settings=Settings(temperature=0.5, seed=7, stop=("\n", '"'), logprobs=True),
            usage=paid,
            timing=Timing(first_token_s=0.1, duration_s=2.0),
            marks=Marks(starred=True, tags=("a", "b"), scores={"good": 1.0}),
        ),
        said(
            "no",
            parent_response_id="q",
            model_name="m/one",
            usage=Usage(prompt_tokens=10, completion_tokens=2, estimated=True),
            timing=Timing(duration_s=0.5),
            create_time=NEXT_DAY,
            origin=Origin(kind="resampled", of="yes", provenance={"seed": "8"}),  # type: ignore[arg-type]
            marks=Marks(scores={"bad": 2.0}),
        ),
        said("?", parent_response_id="q", manual=True, model_name=""),
        said("old", parent_response_id="no", model_name="m/two", create_time=NO_TIME),
        yes=two,
    )


def column(grain: Grain, name: str) -> list[Any]:
    return [row[name] for row in analysis.table(a_study(), grain).rows]


def test_a_response_is_a_row_with_its_place_and_marks() -> None:
    assert column("responses", "response_id") == ["q", "yes", "no", "?", "old"]
    assert column("responses", "depth") == [1, 2, 2, 2, 3]
    assert column("responses", "n_children") == [3, 0, 1, 0, 0]
    assert column("responses", "n_characters") == [6, 4, 2, 1, 3]
    assert column("responses", "tags") == ["", "a, b", "", "", ""]
    assert column("responses", "score_good") == [None, 1.0, None, None, None]
    assert column("responses", "score_bad") == [None, None, 2.0, None, None]


def test_a_time_that_no_file_told_is_nothing() -> None:
    assert column("responses", "create_time") == [EPOCH, EPOCH, NEXT_DAY, EPOCH, None]


def test_a_sampling_has_what_was_asked_and_what_came() -> None:
    first, second, _old = analysis.table(a_study(), "samplings").rows
    assert (first["settings_temperature"], first["settings_seed"]) == (0.5, 7)
    assert (first["settings_stop"], second["settings_stop"]) == ('["\\n", "\\""]', "")
    assert (first["usage_prompt_tokens"], first["timing_first_token_s"]) == (10, 0.1)
    assert (first["usage_cost_usd"], second["usage_cost_usd"]) == (0.25, None)
    assert (second["origin_kind"], second["origin_of"]) == ("resampled", "yes")
    assert second["origin_provenance"] == '{"seed": "8"}'


def test_what_was_written_by_hand_is_no_sampling() -> None:
    assert column("samplings", "response_id") == ["yes", "no", "old"]


def test_a_fork_counts_what_is_below_it() -> None:
    (fork,) = analysis.table(a_study(), "forks").rows
    assert fork == {
        "response_id": "q",
        "conversation_id": CONVERSATION_ID,
        "sender": "human",
        "message": "Is it?",
        "depth": 1,
        "n_children": 3,
        "n_tips": 3,
        "n_below": 4,
        "n_models": 1,
        "models": "m/one",
        "n_manual": 1,
    }


def test_a_token_has_its_probability_and_rank() -> None:
    yes, mark = analysis.table(a_study(), "tokens").rows
    assert (yes["text"], yes["index"], yes["rank"], yes["best_alternative"]) == ("Yes", 0, 1, None)
    assert (mark["offset"], mark["rank"], mark["n_alternatives"]) == (3, 2, 1)
    assert (mark["best_alternative"], mark["best_alternative_logprob"]) == (".", math.log(0.5))
    assert mark["probability"] == pytest.approx(0.25)


def test_tokens_of_an_answer_and_of_its_forest_have_the_same_columns() -> None:
    study = a_study()
    (_, row) = analysis.table(study, "tokens").rows
    (_, own) = analysis.tokens(row["response_id"], forest=study, vocabulary=9).to_records()
    assert own.pop("entropy_at_most_nats") > own["entropy_nats"]
    ids = {name: row.pop(name) for name in ("response_id", "conversation_id")}
    assert (list(ids), row) == (["response_id", "conversation_id"], own)


@pytest.mark.parametrize(
    ("alternatives", "rank"),
    [((), None), ((TokenAlternative("b", -1.0),), None), ((TokenAlternative("b", -3.0),), 1)],
    ids=["none kept", "all likelier", "none likelier"],
)
def test_a_rank_is_nothing_where_the_alternatives_do_not_say(
    alternatives: tuple[TokenAlternative, ...], rank: int | None
) -> None:
    asked = said("a", settings=Settings(logprobs=True))
    forest = together(asked, a=[TokenLogprob("a", -2.0, alternatives)])
    assert [row["rank"] for row in analysis.table(forest, "tokens").rows] == [rank]


def test_costs_are_summed_by_model_and_day_and_unknown_ones_are_counted() -> None:
    rows = analysis.table(a_study(), "costs").rows
    day = EPOCH, NEXT_DAY.replace(hour=0, minute=0)
    assert [(row["model_name"], row["day"]) for row in rows] == [
        ("m/one", day[0]),
        ("m/one", day[1]),
        ("m/two", None),
    ]
    assert [(row["cost_usd"], row["n_unknown_costs"]) for row in rows] == [
        (0.25, 0),
        (None, 1),
        (None, 1),
    ]
    assert [row["prompt_tokens"] for row in rows] == [10, 10, 0]
    assert [row["duration_s"] for row in rows] == [2.0, 0.5, 0.0]


def test_costs_of_several_forests_are_one_sum() -> None:
    once, twice = (analysis.table([a_study()] * n, "costs").rows for n in (1, 2))
    assert [2 * row["n_samplings"] for row in once] == [row["n_samplings"] for row in twice]
    assert twice[0]["cost_usd"] == 0.5


def test_rows_of_several_forests_follow_each_other() -> None:
    both = analysis.table([forest_of("a>b"), forest_of("c")]).rows
    assert [row["response_id"] for row in both] == ["a", "b", "c"]


def test_a_conversation_is_one_row() -> None:
    (row,) = analysis.table(a_study(), "conversations").rows
    counted = ("n_responses", "n_roots", "n_tips", "n_forks", "max_depth", "max_fanout")
    assert [row[name] for name in counted] == [5, 1, 3, 1, 3, 3]


def test_an_unknown_grain_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidOperationError, match=r"no grain 'words'.*conversations, responses"):
        analysis.table(a_study(), "words")  # type: ignore[arg-type]


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("forest", [a_study(), forest_of("")], ids=["study", "empty"])
def test_both_frames_have_the_columns_and_types_that_are_said(forest: Forest, grain: Grain) -> None:
    table = analysis.table(forest, grain)
    in_pandas, in_polars = table.to_pandas(), table.to_polars()

    assert len(in_pandas) == len(in_polars) == len(table)
    wanted = [DTYPES[kind] for kind in table.kinds.values()]
    assert list(in_pandas.columns) == in_polars.columns == list(table.kinds)
    assert [str(dtype) for dtype in in_pandas.dtypes] == [dtype for dtype, _ in wanted]
    assert in_polars.dtypes == [dtype for _, dtype in wanted]


@pytest.mark.parametrize("grain", GRAINS)
def test_both_frames_have_the_values_of_the_rows(grain: Grain) -> None:
    table = analysis.table(a_study(), grain)
    assert table.to_polars().to_dicts() == table.to_records()
    frame = table.to_pandas().astype(object)
    assert frame.where(frame.notna(), None).to_dict("records") == table.to_records()


@pytest.mark.parametrize("grain", GRAINS)
def test_every_row_has_the_columns_in_order(grain: Grain) -> None:
    table = analysis.table(a_study(), grain)
    assert [list(row) for row in table.rows] == [list(table.kinds)] * len(table)


@pytest.mark.parametrize("rows", [[{"a": 1}, {"a": None}], [{"a": 1}, {"a": 2}]])
def test_counts_without_a_schema_stay_counts(rows: list[dict[str, Any]]) -> None:
    assert str(pandas_frame(rows)["a"].dtype) == "Int64"
    assert polars_frame(rows)["a"].dtype == polars.Int64


def test_a_column_without_a_schema_may_hold_anything() -> None:
    rows = [{"a": [1], "b": 1, "c": None}, {"a": [2], "b": 2.5, "c": True}]
    assert pandas_frame(rows).to_dict("records") == rows
    assert polars_frame(rows).to_dicts() == rows


@pytest.mark.parametrize("parents", [range(-1, 99_999), [-1] + [0] * 99_999], ids=["chain", "star"])
def test_rows_of_a_hundred_thousand_are_ordinary(parents: list[int]) -> None:
    forest = forest_from_parents(parents)
    assert len(analysis.table(forest, "forks")) == (1 if parents[-1] == 0 else 0)
    assert analysis.table(forest, "conversations").rows[0]["max_depth"] == (
        2 if parents[-1] == 0 else 100_000
    )


def test_plain_counts_are_those_of_the_arrays() -> None:
    random_parents = [-1, 0, 0, 1, -1, 4, 4, 4, 3, 8, 8, 2]
    forest = forest_from_parents(random_parents)
    counts, arrays = counts_of(forest), arrays_of(forest)
    assert counts.depths == arrays.depths.tolist()
    assert counts.n_children == arrays.n_children.tolist()
    assert counts.n_tips == arrays.n_tips_below.tolist()
    assert counts.sizes == arrays.sizes.tolist()
