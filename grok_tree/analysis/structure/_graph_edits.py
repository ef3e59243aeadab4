"""How many edits lead from one forest to another."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Literal

import numpy as np

from grok_tree.analysis._arrays import arrays_of
from grok_tree.analysis._given import AnyForest, PlacedResponse, snapshot_of
from grok_tree.analysis.structure._edit_arrays import FullTable
from grok_tree.analysis.structure._edit_table import Costs, EditTable, OrderedTree
from grok_tree.analysis.structure._graph_isomorphic import labels
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response

EditCost = Literal["shape", "sender", "text"] | Callable[[Response | None, Response | None], float]
"""What an edit costs: 1 where something differs, or a function of the old response and the new."""

MOST_CELLS = 100_000_000
"""How many cells are filled before the comparison is given up, some seconds of work."""


def edit_distance(
    first: AnyForest | PlacedResponse,
    second: AnyForest | PlacedResponse,
    *,
    bound: float | None = None,
    cost: EditCost = "text",
    most_cells: int = MOST_CELLS,
) -> float:
    """Return the smallest cost of edits that lead from one forest to another.

    An edit takes a response out (its children move up into its place), puts one in, or changes one.
    The order of siblings counts: it is the tree edit distance of Zhang and Shasha (1989), in which
    pairs of responses keep who stands above whom and who before whom. Both forests hang below a
    root of their own that costs nothing, so several roots are ordinary. It is 0 for equal forests,
    and with a cost that is a metric it is one too. The distance without an order of siblings is
    NP-hard (Zhang, Statman and Shasha 1992), and ``nx.graph_edit_distance`` is another one, since
    it does not mend the edges around a response that is taken out.

    Only cells are filled that a distance within a limit can need: subtrees whose sizes and places
    differ by more cannot be paired (after Touzet 2005). The limit is `bound`, or is doubled until
    the distance is within, so near forests are quick however large they are: with a limit of k, a
    chain of n responses takes about kn cells. Where it is less work the whole table is filled
    instead, a row at a time: it has up to n m min(d, s) min(e, t) cells, for sizes n and m, depths
    d and e, and tips s and t; forests of some hundred responses take about a second.

    Args:
        first: What the edits begin with; the handle of a response stands for it and all below.
        second: What they lead to.
        bound: Stop where the distance is known to be above; the answer is then ``math.inf``.
        cost: ``"shape"``: 1 for a response in or out. ``"sender"`` and ``"text"`` (sender and
            message): also 1 for a change of these. A function is called with the old response and
            the new one, or None in the place of what comes in or goes out, and returns 0 or more.
        most_cells: Give up after so many, 1 or more; a cell that is filled alone, near the
            diagonal, takes as long as 25 of a whole row, and counts as much.

    Raises:
        InvalidOperationError: There is no such cost, a cost or the bound is negative or not a
            number, a cost is infinite, or `most_cells` are not enough.
    """
    if bound is not None and not bound >= 0:
        raise InvalidOperationError(
            f"an edit distance with a bound of {bound}: it must be 0 or more"
        )
    (old, old_ones), (new, new_ones) = _taken(first), _taken(second)
    costs = costs_of(old_ones, new_ones, cost)
    most = math.inf if bound is None else bound
    distance = math.inf
    if costs.at_least <= most:
        distance = _distance(*_trees(old, new), costs, (most, most_cells))
    return distance if distance <= most else math.inf


def _trees(old: list[int], new: list[int]) -> tuple[OrderedTree, OrderedTree]:
    """Return both trees, mirrored where their tables are smaller so; the distance is the same."""
    both = [
        (OrderedTree(old, mirrored=mirrored), OrderedTree(new, mirrored=mirrored))
        for mirrored in (False, True)
    ]
    return min(both, key=lambda pair: pair[0].n_places * pair[1].n_places)


def _distance(old: OrderedTree, new: OrderedTree, costs: Costs, most: tuple[float, int]) -> float:
    """Return the distance if it is within a bound, else a number above the bound."""
    bound, most_cells = most
    near, full = EditTable(old, new, costs, most_cells), FullTable(old, new, costs)
    limit = min(max(costs.at_least, costs.least) or math.inf, bound)
    while True:
        if full.n_steps <= min(near.n_steps(limit), most_cells):
            return full.distance()
        distance = near.distance(limit)
        if distance <= limit or limit >= bound:
            return distance
        limit = min(2 * limit, bound)


def _taken(given: AnyForest | PlacedResponse) -> tuple[list[int], Sequence[Response]]:
    """Return the parents and the responses of what is compared."""
    forest = snapshot_of(given)
    arrays = arrays_of(forest)
    # A conversation has an id of its own, but no response_id.
    top = getattr(given, "response_id", None)
    if top is None:
        return arrays.parents.tolist(), forest.responses
    numbers = arrays.subtree(forest.number(top))
    return arrays.within(numbers).parents.tolist(), forest.responses.several(numbers.tolist())


def costs_of(old: Sequence[Response], new: Sequence[Response], cost: EditCost) -> Costs:
    """Return what edits cost.

    Raises:
        InvalidOperationError: There is no such cost.
    """
    if callable(cost):
        return _asked_costs(list(old), list(new), cost)
    compared = labels(old, cost), labels(new, cost)
    # Small whole numbers are quicker to compare than texts.
    numbers: dict[object, int] = {}
    before, after = ([numbers.setdefault(one, len(numbers)) for one in side] for side in compared)
    return Costs(
        taken=np.ones(len(before)),
        put=np.ones(len(after)),
        changed=lambda i, j: 0.0 if before[i] == after[j] else 1.0,
        changes=lambda i: np.not_equal(before[i], after).astype(np.float64),
        # Of those without an equal partner each costs something.
        at_least=max(len(before), len(after)) - (Counter(before) & Counter(after)).total(),
    )


def _asked_costs(
    old: list[Response],
    new: list[Response],
    cost: Callable[[Response | None, Response | None], float],
) -> Costs:
    def asked(before: Response | None, after: Response | None) -> float:
        price = cost(before, after)
        if not isinstance(price, Real) or not 0 <= price < math.inf:
            ids = [None if one is None else one.response_id for one in (before, after)]
            raise InvalidOperationError(
                f"the edit from {ids[0]} to {ids[1]} costs {price!r}; give a number of 0 or more"
            )
        return price

    return Costs(
        taken=np.array([asked(one, None) for one in old], dtype=np.float64),
        put=np.array([asked(None, one) for one in new], dtype=np.float64),
        changed=lambda i, j: asked(old[i], new[j]),
        changes=lambda i: np.array([asked(old[i], one) for one in new], dtype=np.float64),
    )
