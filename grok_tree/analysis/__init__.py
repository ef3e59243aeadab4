"""Where branches part: what a forest says in numbers, intervals, tables and pictures.

Everything takes a `Forest` or a conversation of a client, and returns a value that shows itself in
a notebook and gives its rows with ``to_records()``, ``to_pandas()`` and ``to_polars()``. Nothing
here asks a server, reads a clock, or draws a random number without a seed.

The names are loaded when they are first used; most need the extra ``analysis``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from grok_tree.analysis._needs import missing

if TYPE_CHECKING:
    # "as" makes them public to type checkers, which cannot follow what is computed below.
    from grok_tree.analysis._estimates import Estimate as Estimate
    from grok_tree.analysis._estimates import bootstrap as bootstrap
    from grok_tree.analysis._estimates import newcombe as newcombe
    from grok_tree.analysis._estimates import wilson as wilson
    from grok_tree.analysis._given import AnyForest as AnyForest
    from grok_tree.analysis._given import HasForest as HasForest
    from grok_tree.analysis._given import PlacedResponse as PlacedResponse
    from grok_tree.analysis._results import Records as Records
    from grok_tree.analysis._results import Tabular as Tabular
    from grok_tree.analysis._tests import fisher as fisher
    from grok_tree.analysis.answers._ask import siblings as siblings
    from grok_tree.analysis.answers._clusters import Cluster as Cluster
    from grok_tree.analysis.answers._clusters import Clusters as Clusters
    from grok_tree.analysis.answers._clusters import Majority as Majority
    from grok_tree.analysis.answers._difference import FirstDifference as FirstDifference
    from grok_tree.analysis.answers._difference import TakenToken as TakenToken
    from grok_tree.analysis.answers._lengths import Lengths as Lengths
    from grok_tree.analysis.answers._logprobs import LogprobSummary as LogprobSummary
    from grok_tree.analysis.answers._siblings import Siblings as Siblings
    from grok_tree.analysis.labels._adjusted import Correction as Correction
    from grok_tree.analysis.labels._adjusted import adjusted as adjusted
    from grok_tree.analysis.labels._compare import compare as compare
    from grok_tree.analysis.labels._comparisons import Comparison as Comparison
    from grok_tree.analysis.labels._comparisons import Comparisons as Comparisons
    from grok_tree.analysis.labels._deciding_forks import DecidingFork as DecidingFork
    from grok_tree.analysis.labels._deciding_forks import DecidingForks as DecidingForks
    from grok_tree.analysis.labels._deciding_turns import DecidingTurn as DecidingTurn
    from grok_tree.analysis.labels._deciding_turns import DecidingTurns as DecidingTurns
    from grok_tree.analysis.labels._distribution import Distribution as Distribution
    from grok_tree.analysis.labels._labels import Label as Label
    from grok_tree.analysis.labels._labels import Outcome as Outcome
    from grok_tree.analysis.labels._labels import matches as matches
    from grok_tree.analysis.labels._labels import score as score
    from grok_tree.analysis.labels._outcomes import Outcomes as Outcomes
    from grok_tree.analysis.labels._outcomes import outcomes as outcomes
    from grok_tree.analysis.labels._parting import Parting as Parting
    from grok_tree.analysis.labels._parting import Partings as Partings
    from grok_tree.analysis.labels._weights import Weights as Weights
    from grok_tree.analysis.pictures._costs import plot_costs as plot_costs
    from grok_tree.analysis.pictures._divergence import plot_divergence as plot_divergence
    from grok_tree.analysis.pictures._html_forest import forest_html as forest_html
    from grok_tree.analysis.pictures._html_response import response_html as response_html
    from grok_tree.analysis.pictures._html_response import responses_html as responses_html
    from grok_tree.analysis.pictures._outcomes import plot_outcomes as plot_outcomes
    from grok_tree.analysis.pictures._tokens import plot_tokens as plot_tokens
    from grok_tree.analysis.pictures._tree import plot_tree as plot_tree
    from grok_tree.analysis.probabilities._align import align as align
    from grok_tree.analysis.probabilities._alignment import AlignedPair as AlignedPair
    from grok_tree.analysis.probabilities._alignment import AlignedPiece as AlignedPiece
    from grok_tree.analysis.probabilities._alignment import Alignment as Alignment
    from grok_tree.analysis.probabilities._forking import ForkingToken as ForkingToken
    from grok_tree.analysis.probabilities._forking import ForkingTokens as ForkingTokens
    from grok_tree.analysis.probabilities._forking import TokenBranch as TokenBranch
    from grok_tree.analysis.probabilities._source import AnswerLike as AnswerLike
    from grok_tree.analysis.probabilities._spans import TokenSpan as TokenSpan
    from grok_tree.analysis.probabilities._spans import TokenSpans as TokenSpans
    from grok_tree.analysis.probabilities._token import AnswerToken as AnswerToken
    from grok_tree.analysis.probabilities._tokens import Tokens as Tokens
    from grok_tree.analysis.probabilities._tokens import tokens as tokens
    from grok_tree.analysis.reruns._changes import DriftPlace as DriftPlace
    from grok_tree.analysis.reruns._changes import OutcomeChange as OutcomeChange
    from grok_tree.analysis.reruns._drift import Drift as Drift
    from grok_tree.analysis.reruns._drift import drift as drift
    from grok_tree.analysis.structure._diff import Diff as Diff
    from grok_tree.analysis.structure._diff import DiffPair as DiffPair
    from grok_tree.analysis.structure._diff import diff as diff
    from grok_tree.analysis.structure._divergence import DivergenceMatrix as DivergenceMatrix
    from grok_tree.analysis.structure._divergence import divergence as divergence
    from grok_tree.analysis.structure._divergence import divergence_matrix as divergence_matrix
    from grok_tree.analysis.structure._divergence import divergences as divergences
    from grok_tree.analysis.structure._graph import Graph as Graph
    from grok_tree.analysis.structure._graph import graph as graph
    from grok_tree.analysis.structure._graph_attributes import GraphLevel as GraphLevel
    from grok_tree.analysis.structure._graph_centrality import CentralFork as CentralFork
    from grok_tree.analysis.structure._graph_centrality import ForkCentrality as ForkCentrality
    from grok_tree.analysis.structure._graph_centrality import fork_centrality as fork_centrality
    from grok_tree.analysis.structure._graph_edits import EditCost as EditCost
    from grok_tree.analysis.structure._graph_edits import edit_distance as edit_distance
    from grok_tree.analysis.structure._graph_forks import CriticalFork as CriticalFork
    from grok_tree.analysis.structure._graph_forks import CriticalForks as CriticalForks
    from grok_tree.analysis.structure._graph_forks import critical_forks as critical_forks
    from grok_tree.analysis.structure._graph_isomorphic import SameBy as SameBy
    from grok_tree.analysis.structure._graph_isomorphic import SubtreeClass as SubtreeClass
    from grok_tree.analysis.structure._graph_isomorphic import SubtreeClasses as SubtreeClasses
    from grok_tree.analysis.structure._graph_isomorphic import (
        isomorphic_subtrees as isomorphic_subtrees,
    )
    from grok_tree.analysis.structure._graph_views import below as below
    from grok_tree.analysis.structure._graph_views import only as only
    from grok_tree.analysis.structure._graph_views import path_to as path_to
    from grok_tree.analysis.structure._graph_views import skeleton as skeleton
    from grok_tree.analysis.structure._paths import PathTable as PathTable
    from grok_tree.analysis.structure._paths import path_table as path_table
    from grok_tree.analysis.structure._shape import Shape as Shape
    from grok_tree.analysis.structure._shape import shape as shape
    from grok_tree.analysis.structure._trees import TreeTable as TreeTable
    from grok_tree.analysis.structure._trees import tree_table as tree_table
    from grok_tree.analysis.tables._table import Forests as Forests
    from grok_tree.analysis.tables._table import Grain as Grain
    from grok_tree.analysis.tables._table import Table as Table
    from grok_tree.analysis.tables._table import table as table

_NAMES = {
    "_estimates": "Estimate bootstrap newcombe wilson",
    "_given": "AnyForest HasForest PlacedResponse",
    "_results": "Records Tabular",
    "_tests": "fisher",
    "answers._ask": "siblings",
    "answers._clusters": "Cluster Clusters Majority",
    "answers._difference": "FirstDifference TakenToken",
    "answers._lengths": "Lengths",
    "answers._logprobs": "LogprobSummary",
    "answers._siblings": "Siblings",
    "labels._adjusted": "Correction adjusted",
    "labels._compare": "compare",
    "labels._comparisons": "Comparison Comparisons",
    "labels._deciding_forks": "DecidingFork DecidingForks",
    "labels._deciding_turns": "DecidingTurn DecidingTurns",
    "labels._distribution": "Distribution",
    "labels._labels": "Label Outcome matches score",
    "labels._outcomes": "Outcomes outcomes",
    "labels._parting": "Parting Partings",
    "labels._weights": "Weights",
    "pictures._costs": "plot_costs",
    "pictures._divergence": "plot_divergence",
    "pictures._html_forest": "forest_html",
    "pictures._html_response": "response_html responses_html",
    "pictures._outcomes": "plot_outcomes",
    "pictures._tokens": "plot_tokens",
    "pictures._tree": "plot_tree",
    "probabilities._align": "align",
    "probabilities._alignment": "AlignedPair AlignedPiece Alignment",
    "probabilities._forking": "ForkingToken ForkingTokens TokenBranch",
    "probabilities._source": "AnswerLike",
    "probabilities._spans": "TokenSpan TokenSpans",
    "probabilities._token": "AnswerToken",
    "probabilities._tokens": "Tokens tokens",
    "reruns._changes": "DriftPlace OutcomeChange",
    "reruns._drift": "Drift drift",
    "structure._diff": "Diff DiffPair diff",
    "structure._divergence": "DivergenceMatrix divergence divergence_matrix divergences",
    "structure._graph": "Graph graph",
    "structure._graph_attributes": "GraphLevel",
    "structure._graph_centrality": "CentralFork ForkCentrality fork_centrality",
    "structure._graph_edits": "EditCost edit_distance",
    "structure._graph_forks": "CriticalFork CriticalForks critical_forks",
    "structure._graph_isomorphic": "SameBy SubtreeClass SubtreeClasses isomorphic_subtrees",
    "structure._graph_views": "below only path_to skeleton",
    "structure._paths": "PathTable path_table",
    "structure._shape": "Shape shape",
    "structure._trees": "TreeTable tree_table",
    "tables._table": "Forests Grain Table table",
}
"""Module to the public names that it holds."""

_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{home}")
    except ModuleNotFoundError as error:
        raise missing(error.name or home, f"{__name__}.{name}") from error
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
