"""Parts of a graph: views that copy nothing, and a skeleton that leaves out what is between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import networkx as nx

from grok_tree.analysis._given import OneResponse, id_of
from grok_tree.analysis.structure._graph import Graph
from grok_tree.errors import InvalidOperationError, ResponseNotFound

Keep = Callable[[Mapping[str, Any]], bool]
"""Whether a node stays, from what it says."""


def below(graph: Graph, response: OneResponse) -> Graph:
    """Return a view of a response and everything below it.

    Like every view here it copies nothing, shows what later changes in the graph, keeps the order
    of the nodes, and cannot be changed itself; ``copy()`` gives a graph of its own.

    Args:
        graph: From `graph`, or any other graph of that form.
        response: Where the view begins.

    Raises:
        ResponseNotFound: It is not in the graph.
    """
    top = _node(graph, response)
    return _view(graph, {top} | nx.descendants(graph, top))


def path_to(graph: Graph, response: OneResponse) -> Graph:
    """Return a view of the path from the root to a response, it included.

    Args:
        graph: From `graph`, or any other graph of that form.
        response: Where the path ends.

    Raises:
        ResponseNotFound: It is not in the graph.
    """
    end = _node(graph, response)
    return _view(graph, {end} | nx.ancestors(graph, end))


def only(graph: Graph, keep: Keep | None = None, **attributes: Any) -> Graph:
    """Return a view of the responses that fit, with the edges between them.

    ``only(graph, starred=True)`` takes the starred ones, ``only(graph, lambda node: node["depth"] <
    4)`` the first turns. Responses that fit but do not follow each other, such as those of one
    sender, have no edges in a view; `skeleton` joins them.

    Args:
        graph: From `graph`, or any other graph of that form.
        keep: Called with what a node says; None lets all pass.
        attributes: What nodes must say.

    Raises:
        InvalidOperationError: No node says anything of an attribute that is asked for.
    """
    fits = _fitting(graph, keep, attributes)
    return nx.subgraph_view(graph, filter_node=lambda node: fits(graph.nodes[node]))


def skeleton(graph: Graph, keep: Keep | None = None, **attributes: Any) -> Graph:
    """Return a new graph of some responses, each below the nearest one above that stays too.

    Without a choice these are roots, forks and tips: every run without a fork becomes one edge, and
    a forest of n tips has fewer than 3n nodes, however long its paths are. An edge says in
    ``length`` how many edges it stands for. The nodes say what they said before.

    Args:
        graph: From `graph`, or any other graph of that form.
        keep: Called with what a node says; None lets all pass that fit the attributes.
        attributes: What nodes must say.

    Raises:
        InvalidOperationError: No node says anything of an attribute that is asked for.
    """
    if keep is None and not attributes:
        kept = {node for node in graph if _is_joint(graph, node)}
    else:
        fits = _fitting(graph, keep, attributes)
        kept = {node for node, said in graph.nodes.items() if fits(said)}
    bones = nx.DiGraph(**graph.graph)
    bones.add_nodes_from((node, graph.nodes[node]) for node in graph if node in kept)
    bones.add_edges_from(_joined(graph, kept))
    return bones


def _is_joint(graph: Graph, node: str) -> bool:
    return bool(graph.out_degree(node) != 1 or graph.in_degree(node) == 0)


def _joined(graph: Graph, kept: set[str]) -> Iterable[tuple[str, str, dict[str, int]]]:
    """Yield an edge to each kept node from the nearest kept one above it."""
    roots = [node for node, degree in graph.in_degree if degree == 0]
    waiting: list[tuple[str, str | None, int]] = [(root, None, 0) for root in reversed(roots)]
    while waiting:
        node, above, length = waiting.pop()
        if node in kept:
            if above is not None:
                yield above, node, {"length": length}
            above, length = node, 0
        waiting.extend((child, above, length + 1) for child in reversed(list(graph[node])))


def _fitting(graph: Graph, keep: Keep | None, attributes: Mapping[str, Any]) -> Keep:
    for name in attributes:
        if len(graph) and not any(name in said for _, said in graph.nodes.items()):
            raise InvalidOperationError(
                f"no node says anything of {name!r}; make the graph with"
                f" attributes=[..., {name!r}], or with attributes='all'"
            )

    def fits(said: Mapping[str, Any]) -> bool:
        named = all(name in said and said[name] == value for name, value in attributes.items())
        return named and (keep is None or bool(keep(said)))

    return fits


def _node(graph: Graph, response: OneResponse) -> str:
    node = id_of(response)
    if node not in graph:
        raise ResponseNotFound(
            f"response {node} is not among the {len(graph)} of this graph; make the graph anew if"
            " it was added since",
            response_id=node,
        )
    return node


def _view(graph: Graph, nodes: set[str]) -> Graph:
    # Not graph.subgraph(): its views come in the order of the set, not in that of the graph.
    return nx.subgraph_view(graph, filter_node=lambda node: node in nodes)
