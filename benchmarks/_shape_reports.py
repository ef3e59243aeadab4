"""The shape report written straight in plain numpy, and with networkx: what ours is measured by."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import networkx as nx
import numpy as np

Report = dict[str, float]


def numpy_report(parents: array[int]) -> Report:
    """Return the figures of one tree as one would write them down, level by level."""
    above = np.frombuffer(parents, dtype=np.int32)
    n = len(above)
    n_children = np.bincount(above[1:], minlength=n)
    depths, leap = np.ones(n, dtype=np.int32), above.copy()
    while (leap >= 0).any():
        inside = np.flatnonzero(leap >= 0)
        depths[inside] += depths[leap[inside]]
        leap[inside] = leap[leap[inside]]
    widths = np.bincount(depths)[1:]
    levels = np.split(np.argsort(depths, kind="stable"), np.cumsum(widths)[:-1])
    tips = np.flatnonzero(n_children == 0)
    forks = np.flatnonzero(n_children > 1)

    n_tips = (n_children == 0).astype(np.float64)
    for level in levels[:0:-1]:
        n_tips += np.bincount(above[level], weights=n_tips[level], minlength=n)
    below = np.flatnonzero(n_children[above[1:]] > 1) + 1
    shares = n_tips[below] / n_tips[above[below]]
    entropies = -n_tips[below] * np.log(shares) / np.log(n_children[above[below]])

    runs, on_path = np.ones(n, dtype=np.int32), np.zeros(n, dtype=np.int32)
    place = int(np.argmax(depths))
    deepest = int(depths[place])
    while place >= 0:
        on_path[place] = 1
        place = parents[place]
    for level in levels[1:]:
        over = above[level]
        on_path[level] += on_path[over]
        runs[level] += np.where(n_children[over] == 1, runs[over], 0)
    lengths = runs[n_children != 1]
    return {
        "responses": n,
        "tips": len(tips),
        "forks": len(forks),
        "max_depth": len(widths),
        "max_fanout": int(n_children.max()),
        "width": int(widths.max()),
        "diameter": int((deepest + depths - 2 * on_path).max()),
        "chains": len(lengths),
        "longest_chain": int(lengths.max()),
        "sackin": int(depths[tips].sum(dtype=np.int64)) - len(tips),
        "balance": float(entropies.sum() / n_tips[forks].sum()),
        "mean_fork_fanout": float(n_children[forks].mean()),
    }


def networkx_report(parents: Sequence[int]) -> Report:
    """Return the same figures of a graph of networkx, its making included."""
    graph = graph_of(parents)
    depths = nx.single_source_shortest_path_length(graph, 0)
    widths = [len(layer) for layer in nx.bfs_layers(graph, 0)]
    n_children = dict(graph.out_degree())
    tips = [node for node, n in n_children.items() if n == 0]
    forks = [node for node, n in n_children.items() if n > 1]
    lengths = _run_lengths(graph, n_children)
    farthest = max(depths, key=depths.__getitem__)
    both_ways = graph.to_undirected(as_view=True)
    return {
        "responses": len(graph),
        "tips": len(tips),
        "forks": len(forks),
        "max_depth": len(widths),
        "max_fanout": max(n_children.values()),
        "width": max(widths),
        "diameter": max(nx.single_source_shortest_path_length(both_ways, farthest).values()),
        "chains": len(lengths),
        "longest_chain": max(lengths),
        "sackin": sum(depths[tip] for tip in tips),
        "balance": _balance(graph, forks, n_children),
        "mean_fork_fanout": sum(n_children[fork] for fork in forks) / len(forks),
    }


def graph_of(parents: Sequence[int]) -> nx.DiGraph[int]:
    """Return a tree as a graph."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(parents)))
    graph.add_edges_from((parent, child) for child, parent in enumerate(parents) if parent >= 0)
    return graph


def _run_lengths(graph: Any, n_children: dict[int, int]) -> list[int]:
    lengths: dict[int, int] = {}
    for node in nx.topological_sort(graph):
        only = [above for above in graph.predecessors(node) if n_children[above] == 1]
        lengths[node] = 1 + sum(lengths[above] for above in only)
    return [length for node, length in lengths.items() if n_children[node] != 1]


def _balance(graph: Any, forks: Iterable[int], n_children: dict[int, int]) -> float:
    n_tips: dict[int, int] = {}
    for node in nx.dfs_postorder_nodes(graph, 0):
        n_tips[node] = sum(n_tips[child] for child in graph[node]) or 1
    part = whole = 0.0
    for fork in forks:
        whole += n_tips[fork]
        for child in graph[fork]:
            share = n_tips[child] / n_tips[fork]
            part -= n_tips[child] * math.log(share) / math.log(n_children[fork])
    return part / whole


def climbed(parents: Sequence[int], pairs: Iterable[Sequence[int]]) -> Iterator[int]:
    """Yield the last common response of each pair, one step after another."""
    for first, second in pairs:
        while first != second:
            if first > second:
                first = parents[first]
            else:
                second = parents[second]
        yield first
