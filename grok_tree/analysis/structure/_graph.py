"""A forest as a graph of networkx."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import networkx as nx

from grok_tree.analysis._given import AnyForest, snapshot_of
from grok_tree.analysis.structure._graph_attributes import (
    GraphLevel,
    attribute_names,
    node_attributes,
)
from grok_tree.forest import NO_PARENT

Graph: TypeAlias = nx.DiGraph
"""A directed graph with ids of responses as nodes."""


def graph(forest: AnyForest, *, attributes: GraphLevel | Sequence[str] = "cheap") -> Graph:
    """Return a forest as a ``networkx.DiGraph``: ids as nodes, an edge from parent to child.

    Nodes are in order of creation, so a parent comes before its children. Every value is a text, a
    number or a truth value, which GraphML and GEXF can hold; what is not known of a response, such
    as the cost, its node leaves out. An edge has ``order``, the child's place among its siblings
    from 0; the graph has ``conversation_id``, ``title`` and ``revision``.

    The levels, each with all of the one before:

    - ``"shape"`` reads no response: ``position`` (place in the snapshot), ``depth`` (1 for a
      root), ``n_children``, ``n_tips`` (at it or below), ``is_root``, ``is_fork``, ``is_tip``,
      ``is_leaf``.
    - ``"cheap"`` reads every response once and keeps no text: ``sender``, ``model_name``,
      ``finish_reason``, ``partial``, ``manual``, ``starred``.
    - ``"all"``: ``create_time`` (ISO 8601, UTC), ``origin``, ``prompt_tokens``,
      ``completion_tokens``, ``reasoning_tokens``, ``cost_usd``, ``duration_s``, ``temperature``,
      ``seed``, ``tags``, ``note``, ``message``, ``reasoning``, and each score as ``score:NAME``
      (asked for as ``scores``).

    Args:
        forest: Whose.
        attributes: A level, or the names that are wanted; () for none.

    Raises:
        InvalidOperationError: There is no such level or name.
    """
    taken = snapshot_of(forest)
    names = attribute_names(attributes)
    own = taken.conversation
    drawn = nx.DiGraph(conversation_id=own.conversation_id, title=own.title, revision=own.revision)
    ids = taken.responses.ids
    drawn.add_nodes_from(zip(ids, node_attributes(taken, names), strict=True))
    drawn.add_edges_from(_edges(ids, taken.parent_numbers))
    return drawn


def _edges(ids: Sequence[str], parents: Sequence[int]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    n_before = [0] * len(ids)
    for number, parent in enumerate(parents):
        if parent != NO_PARENT:
            yield ids[parent], ids[number], {"order": n_before[parent]}
            n_before[parent] += 1
