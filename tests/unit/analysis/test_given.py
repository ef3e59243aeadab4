"""What is neither a forest nor a response is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from grok_tree import analysis
from grok_tree.errors import InvalidOperationError
from grok_tree.testing import forest_of

FOREST = forest_of("a>b, a>c")


@pytest.mark.parametrize(
    "question",
    [
        analysis.shape,
        analysis.graph,
        analysis.path_table,
        analysis.table,
        analysis.fork_centrality,
        lambda given: analysis.outcomes(given, analysis.matches("x")),
        lambda given: analysis.divergence("b", "c", forest=given),
    ],
    ids=["shape", "graph", "path_table", "table", "fork_centrality", "outcomes", "divergence"],
)
def test_what_is_no_forest_is_refused_with_what_to_give(question: Callable[[Any], object]) -> None:
    with pytest.raises(InvalidOperationError, match="int is no forest; give a Forest, or a conv"):
        question(5)


@pytest.mark.parametrize(
    "question",
    [
        lambda given: analysis.divergence(given, "b", forest=FOREST),
        lambda given: analysis.divergence(given, given),
        lambda given: analysis.shape(FOREST, below=given),
        lambda given: analysis.tokens(given),
        lambda given: analysis.siblings(given),
        lambda given: analysis.path_to(FOREST.graph(), given),
    ],
    ids=["of two", "without a forest", "shape", "tokens", "siblings", "path_to"],
)
def test_what_is_no_response_is_refused_with_what_to_give(
    question: Callable[[Any], object],
) -> None:
    with pytest.raises(InvalidOperationError, match="float is no response; give a handle of one"):
        question(0.5)


@pytest.mark.parametrize(
    "question",
    [
        lambda: analysis.isomorphic_subtrees(FOREST, by=lambda _: []),  # type: ignore[arg-type, return-value]
        lambda: analysis.siblings(["a", "b"], key=lambda text: {text}).clusters,  # type: ignore[arg-type, return-value]
        lambda: analysis.compare(
            analysis.outcomes(FOREST, {"b": "x", "c": "y"}),
            by=lambda _: {},  # type: ignore[arg-type, return-value]
        ),
    ],
    ids=["isomorphic_subtrees", "siblings", "compare"],
)
def test_a_key_that_cannot_be_compared_is_refused(question: Callable[[], object]) -> None:
    with pytest.raises(InvalidOperationError, match="which cannot be a key; give a text"):
        question()
