"""What the shape of a large forest costs, and where its paths part, beside numpy and networkx."""

from __future__ import annotations

import math
import time
import tracemalloc
from array import array
from collections.abc import Callable

import networkx as nx
import numpy as np

from benchmarks._measure import Case, Row, alternate, compared
from benchmarks._shape_reports import climbed, graph_of, networkx_report, numpy_report
from grok_tree.analysis import divergences, shape
from grok_tree.forest import Forest, HeldResponses
from grok_tree.testing import forest_from_parents

_SEED = 1
_NOWHERE = forest_from_parents([])


def rows(*, quick: bool) -> list[Row]:
    """Measure the report, divergences, extreme shapes and memory.

    The quick run has a tenth of the responses and of the pairs.
    """
    part = 10 if quick else 1
    parents = _random_tree(1_000_000 // part)
    return [
        _beside_numpy(parents, rounds=3 if quick else 11),
        _beside_networkx(parents),
        *_divergences(parents, 100_000 // part, rounds=1 if quick else 3),
        *_extremes(100_000 // part, rounds=5 if quick else 21),
        *_memory(parents),
    ]


def _beside_numpy(parents: array[int], *, rounds: int) -> Row:
    cases = {
        "ours": _timed(lambda: shape(_fresh(parents))),
        "plain numpy": _timed(lambda: numpy_report(parents)),
    }
    what = f"shape of {len(parents):,} responses"
    figures = alternate(cases, rounds)
    return compared(what, figures, unit="ms", goal="<= 2x", beside="plain numpy")


def _beside_networkx(parents: array[int]) -> Row:
    found = shape(_fresh(parents))
    for report in (numpy_report(parents), networkx_report(parents)):
        for name, figure in report.items():
            if not math.isclose(figure, getattr(found, name), rel_tol=1e-6):
                raise AssertionError(f"{name} is {figure} beside our {getattr(found, name)}")
    cases = {
        "ours": _timed(lambda: shape(_fresh(parents))),
        "networkx": _timed(lambda: networkx_report(parents)),
    }
    what = f"shape of {len(parents):,} responses, graph included"
    return compared(what, alternate(cases, 1), unit="ms", goal="<= 0.014x", beside="networkx")


def _divergences(parents: array[int], n_pairs: int, *, rounds: int) -> list[Row]:
    pairs = np.random.default_rng(_SEED).integers(0, len(parents), (n_pairs, 2))
    listed = [(first, second) for first, second in pairs.tolist()]
    graph = graph_of(parents)
    figures = alternate(
        {
            "ours": _timed(lambda: divergences(_fresh(parents), pairs)),
            "climbing in Python": _timed(lambda: list(climbed(parents, listed))),
            "networkx": _timed(
                lambda: list(nx.tree_all_pairs_lowest_common_ancestor(graph, 0, listed))
            ),
        },
        rounds,
    )
    what = f"divergences of {n_pairs:,} pairs in {len(parents):,}"
    return [
        compared(what, figures, unit="ms", goal=goal, beside=beside)
        for beside, goal in (("climbing in Python", "<= 1x"), ("networkx", ""))
    ]


def _extremes(n: int, *, rounds: int) -> list[Row]:
    trees = {
        "a chain": array("i", range(-1, n - 1)),
        "a star": array("i", [-1, *[0] * (n - 1)]),
        "two tangled chains": array("i", [-1, -1, *range(n - 2)]),
        "a random tree": _random_tree(n),
    }
    cases = {name: _shape_of(parents) for name, parents in trees.items()}
    figures = alternate(cases, rounds)
    beside = "a random tree"
    return [
        compared(
            f"shape of {n:,} in {name}",
            {"ours": figures[name], beside: figures[beside]},
            unit="ms",
            goal="" if name == "two tangled chains" else "<= 3x",
            beside=beside,
        )
        for name in trees
        if name != beside
    ]


def _memory(parents: array[int]) -> list[Row]:
    tracemalloc.start()
    forest = _fresh(parents)
    shape(forest)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return [
        Row(
            "arrays kept after a shape", kept / len(parents), None, None, "bytes a response", "", ""
        ),
        Row("most memory during it", peak / len(parents), None, None, "bytes a response", "", ""),
    ]


def _random_tree(n: int) -> array[int]:
    drawn = np.random.default_rng(_SEED).random(n - 1) * np.arange(1, n)
    return array("i", [-1, *drawn.astype(np.int32).tolist()])


def _fresh(parents: array[int]) -> Forest:
    """Return a snapshot of which nothing is known yet."""
    return Forest(_NOWHERE.conversation, parents, HeldResponses([]))


def _shape_of(parents: array[int]) -> Case:
    return _timed(lambda: shape(_fresh(parents)))


def _timed(work: Callable[[], object]) -> Case:
    def case() -> float:
        begun = time.perf_counter()
        work()
        return 1e3 * (time.perf_counter() - begun)

    return case
