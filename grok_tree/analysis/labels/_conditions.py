"""Which branches belong to which condition, and what of them may be exchanged."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._given import key_of
from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis.labels._arms import Arms
from grok_tree.analysis.labels._below import Below
from grok_tree.analysis.labels._labelled import Labelled
from grok_tree.analysis.labels._labels import Outcome
from grok_tree.analysis.labels._outcomes import Outcomes
from grok_tree.analysis.labels._units import units_of
from grok_tree.analysis.labels._weights import weighting
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response

By = Callable[[Response], Hashable | None]
"""From a response that has an outcome to its condition; None leaves it out."""

BLOCKS = "branches within every fork that has both conditions"
POOL = "all branches, as no fork has both conditions"
OPENED = "branches at the first fork below each of the two"


@dataclass(frozen=True, eq=False)
class Units:
    """The largest branches of one condition.

    Attributes:
        found: The outcomes that they are of.
        places: Where they are.
        blocks: The fork that each hangs at, by place.
    """

    found: Outcomes
    places: Numbers
    blocks: Numbers

    def those(self, kept: NDArray[np.bool_]) -> Units:
        """Return some of them."""
        return Units(self.found, self.places[kept], self.blocks[kept])

    def opened(self) -> Units:
        """Return, for one unit, the branches at the first fork below it, as one block."""
        places = units_of(self.found.below, int(self.places[0]))
        return Units(self.found, places, np.zeros(len(places), np.int32))

    def quantities(self) -> Floats:
        """Return the quantities at or below them, each once."""
        given = self.found.given
        marks = np.zeros(len(given.arrays))
        marks[self.places] = 1
        mine = given.arrays.summed_above(marks)[given.places] > 0
        found: Floats = given.measured[mine]
        return found

    @property
    def n(self) -> Numbers:
        """How many outcomes each has."""
        return self.found.given.n_below[self.places]

    @property
    def weights(self) -> Floats:
        """What each counts in its block."""
        per_tip = self.found.weighting.name == "tip"
        return self.n.astype(np.float64) if per_tip else self.found.weighting.shares[self.places]


def whole(found: Outcomes) -> Units:
    """Return everything as one unit."""
    return Units(found, np.zeros(1, np.int32), np.zeros(1, np.int32))


def split(found: Outcomes, by: By) -> Mapping[Hashable, Units]:
    """Return for each condition the largest branches that have no other.

    Raises:
        InvalidOperationError: There are fewer than two conditions, or no branch of one has weight.
    """
    codes, names = _conditions(found, by)
    if len(names) < 2:
        listed = ", ".join(map(repr, names)) or "None for every response"
        raise InvalidOperationError(
            f"by= finds {len(names)} of the conditions that are compared ({listed}); it must tell"
            " two or more apart"
        )
    found, codes = _only(found, codes >= 0), codes[codes >= 0]
    given = found.given
    counts = np.zeros((len(names), len(given.arrays)))
    counts[codes, given.places] = 1
    counts = np.array([given.arrays.summed_below(one) for one in counts])
    pure = (counts > 0.5).sum(axis=0) == 1
    parents = given.arrays.parents
    places = np.flatnonzero(pure[1:] & ~pure[parents[1:]]).astype(np.int32) + 1
    of = counts[:, places].argmax(axis=0)
    units = Units(found, places, parents[places])
    conditions = {name: units.those(of == code) for code, name in enumerate(names)}
    for name, one in conditions.items():
        if not one.weights.any():
            raise InvalidOperationError(
                f"the weights give 0 to every branch of {name!r}, so nothing can be said of it;"
                " leave it out with by=, or weigh it otherwise"
            )
    return conditions


def _only(found: Outcomes, kept: NDArray[np.bool_]) -> Outcomes:
    """Return the same without some of the outcomes."""
    if kept.all():
        return found
    given = found.given
    given = replace(
        given,
        places=given.places[kept],
        values=given.values[kept],
        measured=given.measured[kept] if given.quantities else given.measured,
    )
    weighed = weighting(given, found.weighting.asked)
    return replace(found, given=given, weighting=weighed, below=Below(given, weighed.shares))


def _conditions(found: Outcomes, by: By) -> tuple[NDArray[np.intp], list[Hashable]]:
    given = found.given
    numbers = [given.number_at(int(place)) for place in given.places]
    known: dict[Hashable, int] = {}
    codes = []
    for response in given.forest.responses.several(n for n in numbers if n is not None):
        name = key_of(by(response), "by=")
        codes.append(-1 if name is None else known.setdefault(name, len(known)))
    return np.array(codes, dtype=np.intp), list(known)


def paired(first: Units, second: Units) -> Arms:
    """Return the units of two conditions in the blocks within which they may be exchanged."""
    if first.found is not second.found:
        return _side_by_side([one.opened() for one in (first, second)], OPENED)
    pair = [one.those(one.weights > 0) for one in (first, second)]
    shared = np.intersect1d(pair[0].blocks, pair[1].blocks)
    if len(shared) == 0:
        pooled = [Units(one.found, one.places, np.zeros_like(one.blocks)) for one in pair]
        return _side_by_side(pooled, POOL, _n_left_out((first, second), pooled))
    kept = [one.those(np.isin(one.blocks, shared)) for one in pair]
    n_left_out = _n_left_out((first, second), kept)
    if len(shared) == 1 and all(len(one.places) == 1 for one in kept):
        return _side_by_side([one.opened() for one in kept], OPENED, n_left_out)
    return _side_by_side(kept, BLOCKS, n_left_out)


def _n_left_out(pair: Sequence[Units], kept: Sequence[Units]) -> int:
    """Return how many outcomes of two conditions are not among what was kept of them."""
    return sum(int(one.n.sum()) for one in pair) - sum(int(one.n.sum()) for one in kept)


def _side_by_side(pair: Sequence[Units], exchanged: str, n_left_out: int = 0) -> Arms:
    blocks = np.concatenate([one.blocks for one in pair])
    order = np.argsort(blocks, kind="stable")
    starts = np.flatnonzero(np.diff(blocks[order], prepend=-1))
    n = np.concatenate([one.n for one in pair])[order]
    per_tip = all(one.found.weighting.name == "tip" for one in pair)
    totals = np.add.reduceat(n, starts).astype(np.float64)
    second = np.concatenate([np.full(len(one.places), k == 1) for k, one in enumerate(pair)])
    centre, scale = _unit([one.found.given for one in pair])
    return Arms(
        rows=_rows(pair, centre, scale)[order],
        weights=np.concatenate([one.weights for one in pair])[order],
        n=n,
        n_effective=np.concatenate([one.found.below.n_outcomes[one.places] for one in pair])[order],
        second=second[order],
        starts=starts,
        block_weights=totals if per_tip else np.ones(len(starts)),
        exchanged=exchanged,
        n_left_out=n_left_out,
        centre=centre,
        scale=scale,
    )


def _unit(both: Sequence[Labelled]) -> tuple[float, float]:
    """Return centre and scale in which the quantities of both are no more than some units."""
    first, second = both
    apart = abs(first.centre - second.centre)
    return first.centre, max(first.scale, second.scale, apart)


def _rows(pair: Sequence[Units], centre: float, scale: float) -> Floats:
    """Return the rows of both, over the same kinds or in the same unit."""
    if pair[0].found.given.quantities:
        return np.concatenate([_on_scale(one, centre, scale) for one in pair])
    kinds = kinds_of([one.found for one in pair])
    found = []
    for one in pair:
        rows = np.zeros((len(one.places), len(kinds)))
        columns = [kinds.index(kind) for kind in one.found.kinds]
        rows[:, columns] = one.found.below.rows[one.places]
        found.append(rows)
    return np.concatenate(found)


def _on_scale(units: Units, centre: float, scale: float) -> Floats:
    given = units.found.given
    rows = units.found.below.rows[units.places]
    by, away = given.scale / scale, (given.centre - centre) / scale
    mean = by * rows[:, 0] + away
    square = by**2 * rows[:, 1] + 2 * by * away * rows[:, 0] + away**2
    return np.column_stack([mean, square])


def kinds_of(several: Sequence[Outcomes]) -> list[Outcome]:
    """Return the different outcomes of all, in order of appearance."""
    return list(dict.fromkeys(kind for one in several for kind in one.kinds))
