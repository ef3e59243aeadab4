"""One thing is called one thing, and two are called things, wherever a result tells of itself."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args

import pytest

from grok_tree import analysis
from grok_tree.analysis import Grain
from grok_tree.forest import Forest
from grok_tree.testing import forest_of
from tests.unit.analysis._answers import asked, forest_with, response, token

NAMES = ["", "a", "a>b", "a>b, a>c", "a>b, a>c, d", "a>b>c, a>d>e, a>f", "a>b, a>c, b>d, b>e"]
WRONG = re.compile(
    r"(?<![\d.,/e\[+-])1 (?!is\b|bits\b)\w+s\b"
    r"|(?<![\d.,])\b[02] (?:answer|branch|child|cluster|edge|fork|node|pair|path|place|response|row"
    r"|sampling|step|tip|token|tree)\b"
)


def of_forests(forest: Forest) -> Iterator[Any]:
    """Yield what is said of a forest."""
    yield forest
    yield forest.responses
    yield from (analysis.shape(forest), analysis.path_table(forest), analysis.tree_table(forest))
    yield from (analysis.table(forest, grain) for grain in get_args(Grain))
    tips = [tip.response_id for tip in forest.tips]
    yield analysis.divergence_matrix(tips, forest=forest)
    yield from (analysis.critical_forks(forest), analysis.fork_centrality(forest))
    yield analysis.isomorphic_subtrees(forest)
    ends = analysis.outcomes(forest, lambda one: one.response_id in "bd")
    yield from (ends, ends.deciding_forks(n_permutations=9))
    yield from (ends.deciding_turns(tip) for tip in tips)
    yield from (analysis.drift(forest, forest), analysis.drift(forest, forest_of("a>z, x")))
    yield from (analysis.diff(tips[0], tip, forest=forest) for tip in tips)


def of_answers(n: int) -> Iterator[Any]:
    """Yield what is said of so many answers, and of an answer of so many tokens."""
    texts = ["one two", "one three", "four"][:n]
    group = analysis.siblings(texts)
    yield from (group, group.clusters, group.majority, group.characters)
    yield from group.clusters.clusters
    if group.first_difference:
        yield from (group.first_difference, *group.first_difference.taken)
    words = [token("It", 0.5, was=0.4), token(" is", 0.2, 2, _was=0.7), token(" A", 0.5, 5)][:n]
    said = "".join(one.text for one in words)
    forest = forest_with([asked(), response("a", said)], {"a": words})
    found = analysis.tokens("a", forest=forest)
    yield from (found, *found, found.low_confidence(), found.forking_tokens(threshold=0.1))
    yield from (analysis.align("a", "a", forest=forest), analysis.siblings("a", forest=forest))


def told(one: Any) -> str:
    shown = one._repr_html_() if hasattr(one, "_repr_html_") else ""
    plain = html.unescape(re.sub(r"<[^>]*>", " ", shown))
    return f"{one!s}\n{one!r}\n{plain}"


def wrong_in(results: Iterable[Any]) -> list[str]:
    return [found[0] for one in results for found in WRONG.finditer(told(one))]


@pytest.mark.parametrize("names", NAMES)
def test_a_result_counts_the_parts_of_a_forest_in_the_right_number(names: str) -> None:
    wrong = [
        found[0] for one in of_forests(forest_of(names)) for found in WRONG.finditer(told(one))
    ]
    assert wrong == []


@pytest.mark.parametrize("n", range(4))
def test_a_result_counts_answers_in_the_right_number(n: int) -> None:
    assert wrong_in(of_answers(n)) == []


@pytest.mark.parametrize("text", ["1 places", "of 1 answers", "2 token", "0 fork", "(1 samplings)"])
def test_the_mistake_would_be_seen(text: str) -> None:
    assert WRONG.search(text)


@pytest.mark.parametrize("text", ["1 place", "0.1 bits", "2 tokens", "1 is", "21 forks"])
def test_what_is_right_is_not_taken_for_one(text: str) -> None:
    assert not WRONG.search(text)
