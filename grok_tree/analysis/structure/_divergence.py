"""Where paths part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grok_tree.analysis._arrays import arrays_of
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import (
    AnyForest,
    OneResponse,
    forest_around,
    id_of,
    snapshot_of,
)
from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis._results import Records, Tabular
from grok_tree.analysis.structure._common import common_matrix, common_numbers
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import NO_PARENT, Forest, Response, ResponseId, counted

MOST_COMPARED = 5_000
"""Responses of a matrix; its two arrays take 200 MB then."""


def divergence(
    first: OneResponse, second: OneResponse, *, forest: AnyForest | None = None
) -> Response | None:
    """Return the last response that two paths share, None when they have different roots.

    Where one response is above the other, it is the divergence itself.

    Args:
        first: A handle, or a value or an id together with `forest`.
        second: Another of the same conversation.
        forest: Where both are.

    Raises:
        InvalidOperationError: Nothing says where they are.
        ResponseNotFound: One of them is not there.
    """
    around = forest_around((first, second), forest)
    return around.divergence(id_of(first), id_of(second))


def divergences(
    forest: AnyForest, pairs: ArrayLike | Sequence[tuple[OneResponse, OneResponse]]
) -> Numbers:
    """Return the number of the last common response of many pairs, -1 for different roots.

    Takes a number of steps that grows with (responses + pairs) x log(depth).

    Args:
        forest: Whose.
        pairs: Two numbers (places in the snapshot, from 0) each, or two handles, values or ids.

    Raises:
        InvalidOperationError: They are no pairs, or a number is not in the snapshot.
        ResponseNotFound: An id is not in the snapshot.
    """
    snapshot, arrays = snapshot_of(forest), arrays_of(forest)
    numbers = _numbers(snapshot, pairs)
    return common_numbers(arrays, numbers[:, 0], numbers[:, 1])


@dataclass(frozen=True, eq=False, repr=False)
class DivergenceMatrix(Tabular):
    """Where each two of some responses part.

    Attributes:
        ids: The responses, in the order given.
        common: n x n numbers of last common responses, -1 for different roots; on the diagonal
            the responses themselves.
        depths: n x n depths of these: how many responses both paths share, 0 for different roots.
        forest: Where they are.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "first_id": "text",
        "second_id": "text",
        "divergence_id": "text",
        "depth": "int",
        "distance": "int",
    }

    ids: tuple[ResponseId, ...]
    common: NDArray[np.int32]
    depths: NDArray[np.int32]
    forest: Forest

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<DivergenceMatrix: {self}>"

    def __str__(self) -> str:
        n = len(self)
        above = self.depths[np.triu_indices(n, 1)]
        if not len(above):
            return f"{counted(n, 'response')}: no two that could part"
        return (
            f"{n:,} responses, {counted(len(above), 'pair')} sharing {above.min():,} to"
            f" {counted(int(above.max()), 'response')}, {above.mean():,.2f} in the mean;"
            f" {int((above == 0).sum()):,} sharing none"
        )

    @cached_property
    def distances(self) -> Floats:
        """The steps between each two, up to the last common response and down: 0 or more.

        With depths d and e, and c of the last common response: d + e - 2 c; inf for none.
        """
        own = np.diagonal(self.depths)
        steps = (own[:, None] + own[None, :] - 2 * self.depths).astype(np.float64)
        steps[self.depths == 0] = np.inf
        return steps

    def to_records(self) -> Records:
        """Return a row for each pair: ids, the divergence's id and depth, and the distance.

        Pairs of different trees have no divergence, depth 0, and no distance.
        """
        first, second = np.triu_indices(len(self), 1)
        common, distances = self.common[first, second], self.distances[first, second]
        numbers = np.unique(common[common != NO_PARENT]).tolist()
        ids = dict(zip(numbers, self.forest.at(numbers).ids, strict=True))
        columns = {
            "first_id": [self.ids[place] for place in first.tolist()],
            "second_id": [self.ids[place] for place in second.tolist()],
            "divergence_id": [ids.get(number) for number in common.tolist()],
            "depth": self.depths[first, second].tolist(),
            "distance": [None if steps == np.inf else int(steps) for steps in distances.tolist()],
        }
        rows = zip(*columns.values(), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in rows]


def divergence_matrix(
    tips: Sequence[OneResponse] | AnyForest, *, forest: AnyForest | None = None
) -> DivergenceMatrix:
    """Return where each two of some responses part, and how far apart they are.

    Args:
        tips: Handles, or values or ids together with `forest`; or a forest, for all its tips.
        forest: Where they are.

    Raises:
        InvalidOperationError: They are more than 5,000, or nothing says where they are.
        ResponseNotFound: One of them is not in the forest.
    """
    listed: Sequence[OneResponse] | None = None
    if isinstance(tips, Sequence):
        listed, snapshot = tips, forest_around(tips, forest)
    else:
        snapshot = snapshot_of(tips)
    arrays = arrays_of(snapshot)
    n = len(arrays.tips if listed is None else listed)
    if n > MOST_COMPARED:
        raise InvalidOperationError(
            f"a matrix of {n:,} responses has {n * n:,} cells; give at most {MOST_COMPARED:,} of"
            " them, or ask divergences(forest, pairs) for the pairs that matter"
        )
    numbers = arrays.tips if listed is None else _of_one_each(snapshot, listed)
    common = common_matrix(arrays, numbers)
    depths = np.append(arrays.depths, np.int32(0))[common]
    return DivergenceMatrix(tuple(snapshot.at(numbers.tolist()).ids), common, depths, snapshot)


def _numbers(forest: Forest, pairs: Any) -> Numbers:
    """Return pairs of numbers, of which each is in the snapshot."""
    if not isinstance(pairs, np.ndarray):
        pairs = np.array(
            [_number(forest, one) for two in pairs for one in _two(two)], dtype=np.int64
        ).reshape(-1, 2)
    numbers: NDArray[Any] = pairs
    if numbers.ndim != 2 or numbers.shape[1] != 2 or numbers.dtype.kind not in "iu":
        raise InvalidOperationError(
            f"an array of {numbers.dtype} of the shape {numbers.shape}: pairs are an array of whole"
            " numbers with two columns"
        )
    wrong = numbers[(numbers < 0) | (numbers >= len(forest))]
    if len(wrong):
        raise InvalidOperationError(
            f"there is no response with the number {wrong[0]} among {len(forest):,};"
            f" numbers are places in the snapshot, 0 to {len(forest) - 1:,}"
        )
    return numbers.astype(np.int32)


def _two(pair: Any) -> Any:
    if isinstance(pair, str) or len(pair) != 2:
        raise InvalidOperationError(f"{pair!r} is no pair: give two numbers, handles or ids each")
    return pair


def _number(forest: Forest, one: Any) -> int:
    return int(one) if isinstance(one, (int, np.integer)) else forest.number(id_of(one))


def _of_one_each(forest: Forest, responses: Sequence[OneResponse]) -> Numbers:
    return np.array([forest.number(id_of(one)) for one in responses], dtype=np.int32)
