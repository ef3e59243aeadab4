"""How far apart lies what two responses led to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import OneResponse
from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis._results import Records, Tabular
from grok_tree.analysis._tests import check_permutations, permutation_p
from grok_tree.analysis.labels._adjusted import Correction, adjusted
from grok_tree.analysis.labels._studentised import studentised
from grok_tree.analysis.labels._uncertainty import gains
from grok_tree.analysis.labels._units import units_below
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import NO_PARENT

if TYPE_CHECKING:
    from grok_tree.analysis.labels._outcomes import Outcomes

_MOST_CHILDREN = 50


@dataclass(frozen=True, repr=False)
class Parting(Tabular):
    """How far the distributions of outcomes below two responses lie apart.

    Attributes:
        first: One response.
        second: The other.
        total_variation: Half the sum of absolute differences of shares, 0 to 1: the largest
            difference in the chance of anything.
        jensen_shannon: Divergence in bits, 0 to 1 (Lin 1991): entropy of the mean of the two
            distributions less the mean of their entropies.
        total_variation_by_chance: Its mean over permutations: both are too large in small samples.
        jensen_shannon_by_chance: The same of the divergence.
        p_value: How often a permutation parts the two as far, by how well that is known.
        p_adjusted: Allowing for how many pairs were looked at.
        n_units: Branches that were exchanged.
        n_permutations: How many.
        seed: Of the permutations.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "first": "text",
        "second": "text",
        "total_variation": "float",
        "jensen_shannon": "float",
        "total_variation_by_chance": "float",
        "jensen_shannon_by_chance": "float",
        "p_value": "float",
        "p_adjusted": "float",
        "n_units": "int",
        "n_permutations": "int",
        "seed": "int",
    }

    first: str | None
    second: str | None
    total_variation: float
    jensen_shannon: float
    total_variation_by_chance: float
    jensen_shannon_by_chance: float
    p_value: float
    p_adjusted: float
    n_units: int
    n_permutations: int
    seed: int

    def to_records(self) -> Records:
        """Return one row."""
        return [dict(vars(self))]

    def __str__(self) -> str:
        return (
            f"total variation {self.total_variation:.3g} ({self.total_variation_by_chance:.3g} by"
            f" chance), Jensen-Shannon {self.jensen_shannon:.3g} bits"
            f" ({self.jensen_shannon_by_chance:.3g}), p = {self.p_adjusted:.3g}"
        )


@dataclass(frozen=True, repr=False)
class Partings(Tabular):
    """The pairs of a fork's children, in order of creation."""

    kinds_of_columns: ClassVar[Kinds | None] = Parting.kinds_of_columns

    pairs: tuple[Parting, ...]

    def to_records(self) -> Records:
        """Return a row for each pair."""
        return [row for pair in self.pairs for row in pair.to_records()]

    def __str__(self) -> str:
        return "\n".join(f"{one.first} and {one.second}: {one}" for one in self.pairs) or "no pairs"


def parting(
    found: Outcomes, first: OneResponse, second: OneResponse, *, n_permutations: int = 999
) -> Parting:
    """Return how far the outcomes below two responses lie apart.

    The test exchanges the branches at the first place below each of the two where it parts, each
    with all that hangs on it: if the two lead to the same, these are as good as drawn from one pot.
    It compares differences by how well they are known, as that of `deciding_forks` does. Where
    neither has two such branches, p is 1.

    Args:
        found: Outcomes of kinds.
        first: A response with outcomes below it.
        second: Another, neither above nor below the first.
        n_permutations: 1 or more.

    Raises:
        InvalidOperationError: The outcomes are quantities, one response is above the other, or
            has no outcomes.
        ResponseNotFound: One is not in the snapshot.
    """
    places = [found.given.place_of(one) for one in (first, second)]
    _check(found, places)
    random = np.random.default_rng(found.seed)
    return _between(found, places, n_permutations, random)


def partings(
    found: Outcomes,
    fork: OneResponse | None,
    *,
    correction: Correction = "holm",
    n_permutations: int = 999,
) -> Partings:
    """Return `parting` for every pair of a fork's children with outcomes; None for the roots.

    Args:
        found: Outcomes of kinds.
        fork: Whose children; at most 50 with outcomes.
        correction: For the number of pairs.
        n_permutations: Of each test.

    Raises:
        InvalidOperationError: There are too many children, or the outcomes are quantities.
        ResponseNotFound: The fork is not in the snapshot.
    """
    branches = [int(one) for one in found.given.branches(found.given.place_of(fork))]
    if len(branches) > _MOST_CHILDREN:
        raise InvalidOperationError(
            f"{len(branches):,} children have {len(branches) * (len(branches) - 1) // 2:,} pairs;"
            f" at most {_MOST_CHILDREN} children are compared pair by pair, deciding_forks()"
            " looks at all together"
        )
    random = np.random.default_rng(found.seed)
    pairs = []
    for pair in combinations(branches, 2):
        _check(found, list(pair))
        pairs.append(_between(found, list(pair), n_permutations, random))
    p_values = adjusted([pair.p_value for pair in pairs], correction)
    return Partings(tuple(replace(a, p_adjusted=p) for a, p in zip(pairs, p_values, strict=True)))


def _between(
    found: Outcomes, places: list[int], n_permutations: int, random: np.random.Generator
) -> Parting:
    check_permutations(n_permutations)
    per_tip = found.weighting.name == "tip"
    units = units_below(found.below, np.array(places, np.int32), per_tip=per_tip, equal=True)
    distance = studentised(units, quantities=False)

    def apart(order: Numbers | None = None) -> tuple[Floats, Floats, Floats]:
        rows, shares = units.grouped(order)
        variation: Floats = np.abs(rows[:, 0] - rows[:, 1]).sum(axis=1) / 2
        return variation, gains(rows, shares, quantities=False), distance(order)

    (variation,), (divergence,), (far,) = apart()
    drawn = [apart(order) for order in units.permuted(random, n_permutations)]
    variations, divergences, distances = (np.concatenate(one) for one in zip(*drawn, strict=True))
    p_value = permutation_p(distances, far)
    first, second = found.given.ids_at(places)
    return Parting(
        first=first,
        second=second,
        total_variation=float(variation),
        jensen_shannon=float(divergence),
        total_variation_by_chance=float(variations.mean()),
        jensen_shannon_by_chance=float(divergences.mean()),
        p_value=p_value,
        p_adjusted=p_value,
        n_units=len(units),
        n_permutations=n_permutations,
        seed=found.seed,
    )


def _check(found: Outcomes, places: list[int]) -> None:
    given = found.given
    if given.quantities:
        raise InvalidOperationError(
            "the outcomes are quantities, which have no shares to lie apart; deciding_forks()"
            " says how much of their variance is between children"
        )
    names = given.ids_at(places)
    for place, name in zip(places, names, strict=True):
        if given.n_below[place] == 0:
            raise InvalidOperationError(f"below response {name} is no outcome to compare")
    upper, lower = min(places), max(places)
    while lower > upper:
        lower = int(given.arrays.parents[lower])
    if lower == upper != NO_PARENT:
        raise InvalidOperationError(
            f"responses {names[0]} and {names[1]} are on one path, so that what is below one is"
            " below the other; compare siblings, or what is on different branches"
        )
