"""A bare result in a console is a line that a reader can use, and never all that it holds."""

from __future__ import annotations

from typing import Any

import pytest

from grok_tree import analysis
from grok_tree.analysis import Tabular
from grok_tree.testing import forest_of
from tests.unit.analysis._answers import asked, forest_with, response, token

FOREST = forest_of(
    "ask>calm>yes-1, calm>yes-2, calm>no-3, ask>cross>no-5, cross>no-6, cross>yes-7, ask>no-8"
)
ENDS = analysis.outcomes(FOREST, analysis.matches("yes"))


def results() -> dict[str, Any]:
    group = analysis.siblings(["Paris.", "It is Paris", "paris", "Lyon"])
    deciding = ENDS.deciding_forks(n_permutations=9)
    turns = ENDS.deciding_turns("yes-1")
    compared = analysis.compare(ENDS, by=lambda one: one.message[-1] in "15", n_permutations=9)
    drift = analysis.drift(FOREST, FOREST, analysis.matches("yes"))
    texts = forest_with(
        [asked(), response("a", "It is A."), response("b", "It was B.")],
        {
            "a": [token("It", 0.9), token(" is", 0.2, 2, _was=0.7), token(" A.", 0.5, 5)],
            "b": [token("It", 0.9), token(" was", 0.7, 2), token(" B.", 0.5, 6)],
        },
    )
    tokens = analysis.tokens("a", forest=texts)
    forking = tokens.forking_tokens(threshold=0.1)
    aligned = analysis.align("a", "b", forest=texts)
    samples = analysis.siblings("a", forest=texts)
    parts = samples.first_difference
    assert parts is not None
    found = [
        ENDS,
        ENDS.whole,
        deciding,
        deciding.forks[0],
        turns,
        turns.turns[0],
        ENDS.parting("calm", "cross", n_permutations=9),
        ENDS.partings("ask", n_permutations=9),
        compared,
        compared[0],
        group,
        group.clusters,
        group.clusters[0],
        group.majority,
        group.characters,
        drift,
        drift.places[0],
        drift.overall[0],
        analysis.critical_forks(FOREST, ["yes-1"]),
        analysis.fork_centrality(FOREST),
        analysis.isomorphic_subtrees(FOREST),
        tokens,
        tokens[0],
        tokens.low_confidence(),
        tokens.low_confidence()[0],
        forking,
        forking[0],
        forking[0].branches[0],
        aligned,
        aligned[0],
        aligned[0].first,
        parts,
        parts.taken[0],
        samples.logprobs,
        analysis.table(FOREST),
        analysis.tree_table(FOREST),
        analysis.path_table(FOREST),
    ]
    return {type(one).__name__: one for one in found}


RESULTS = results()


@pytest.mark.parametrize("name", RESULTS)
def test_a_bare_result_is_one_line_of_its_own_words(name: str) -> None:
    shown = repr(RESULTS[name])
    assert shown.startswith(f"<{name}")
    assert len(shown) < 250
    assert "\n" not in shown
    assert not any(inner in shown for inner in ("Estimate(", "array(", "object at"))


@pytest.mark.parametrize("name", RESULTS)
def test_a_printed_result_is_no_list_of_what_it_holds(name: str) -> None:
    assert not any(inner in str(RESULTS[name]) for inner in ("Estimate(", "array(", "object at"))


def test_where_answers_part_is_told_with_what_each_took() -> None:
    assert str(RESULTS["FirstDifference"]) == (
        "after 3 characters, 1 word: ' is' 1x, recorded 20 % | ' was' 1x, recorded 70 %"
    )


def test_where_nothing_is_decided_no_fork_is_named() -> None:
    ends = analysis.outcomes(forest_of("ask>yes-1, ask>no-2"), analysis.matches("yes"))
    assert str(ends.deciding_forks()) == (
        "no fork decides more than chance would: 0 of 1 bits (holm, 0 forks tested)"
    )
    assert "; 1 fork;" in str(ends)


def test_a_table_of_whoever_inherits_is_told_by_its_columns() -> None:
    class Pairs(Tabular):
        def to_records(self) -> list[dict[str, Any]]:
            return [{"first": 1, "second": 2}]

    assert repr(Pairs()) == "<Pairs: 1 row of first, second>"


ALONE = forest_of("a")
"""Where nothing forks, parts or changes."""

EMPTY = [
    analysis.fork_centrality(ALONE),
    analysis.critical_forks(ALONE),
    analysis.isomorphic_subtrees(ALONE),
    analysis.divergence_matrix(ALONE),
    analysis.diff("a", "a", forest=ALONE),
    analysis.drift(ALONE, ALONE),
    analysis.tokens([]),
    analysis.siblings([]).clusters,
    analysis.outcomes(ALONE, {}),
    analysis.outcomes(ALONE, {}).deciding_forks(),
    analysis.outcomes(ALONE, {"a": "x"}).partings("a"),
]


@pytest.mark.parametrize("one", EMPTY, ids=lambda one: type(one).__name__)
def test_a_table_without_rows_keeps_its_columns(one: Tabular) -> None:
    assert one.to_records() == []
    assert one.kinds_of_columns
    assert list(one.to_pandas().columns) == one.to_polars().columns == list(one.kinds_of_columns)


@pytest.mark.parametrize("name", RESULTS)
def test_the_columns_of_a_result_are_those_of_its_rows(name: str) -> None:
    kinds = getattr(RESULTS[name], "kinds_of_columns", None)
    if kinds is not None:
        assert all(list(row) == list(kinds) for row in RESULTS[name].to_records())


def test_a_comparison_tells_outcomes_from_conditions() -> None:
    shown = str(RESULTS["Comparison"])
    assert shown.startswith("share of True: ")
    assert " in True, " in shown
    assert " in False, difference " in shown
