"""A row for each tree of a forest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._arrays import arrays_of
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import AnyForest, snapshot_of
from grok_tree.analysis._results import Records, Tabular
from grok_tree.analysis.structure._diameter import diameters, largest
from grok_tree.forest import Responses, counted


@dataclass(frozen=True, eq=False, repr=False)
class TreeTable(Tabular):
    """The trees of a forest, in order of creation; each figure as in `Shape`.

    Attributes:
        roots: The root of each.
        columns: The figures, one array a name.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "root_id": "text",
        "responses": "int",
        "tips": "int",
        "forks": "int",
        "max_depth": "int",
        "max_fanout": "int",
        "diameter": "int",
        "mean_tip_depth": "float",
        "sackin": "int",
    }

    roots: Responses
    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.roots)

    def __str__(self) -> str:
        return counted(len(self), "tree")

    def to_records(self) -> Records:
        """Return a row for each tree."""
        columns = [self.roots.ids, *(column.tolist() for column in self.columns.values())]
        names = ("root_id", *self.columns)
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def tree_table(forest: AnyForest) -> TreeTable:
    """Return a row for each tree of a forest, of which only the ids of roots are read."""
    snapshot, arrays = snapshot_of(forest), arrays_of(forest)
    n, trees = len(arrays.roots), arrays.tree_of
    tips = trees[arrays.tips]
    n_tips = np.bincount(tips, minlength=n)
    steps = np.bincount(tips, weights=arrays.depths[arrays.tips] - 1, minlength=n)
    return TreeTable(
        snapshot.roots,
        {
            "responses": np.bincount(trees, minlength=n),
            "tips": n_tips,
            "forks": np.bincount(trees[arrays.forks], minlength=n),
            "max_depth": largest(arrays.depths, trees, n),
            "max_fanout": largest(arrays.n_children, trees, n),
            "diameter": diameters(arrays),
            "mean_tip_depth": 1 + steps / n_tips,
            "sackin": steps.astype(np.int64),
        },
    )
