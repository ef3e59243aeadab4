"""What changed between two runs of a study."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from grok_tree.analysis._estimates import LEVEL, Estimate, check_level, check_seed, wilson
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import AnyForest, snapshot_of
from grok_tree.analysis._results import Records, Tabular
from grok_tree.analysis._tests import N_PERMUTATIONS, check_permutations
from grok_tree.analysis.answers._intervals import Asked, mean_of, studentised
from grok_tree.analysis.labels._adjusted import Correction
from grok_tree.analysis.labels._asking import asking
from grok_tree.analysis.labels._labels import Label
from grok_tree.analysis.labels._sorts import are_quantities
from grok_tree.analysis.reruns._changes import DriftPlace, OutcomeChange
from grok_tree.analysis.reruns._comparing import adjusted, compared, pairs_of
from grok_tree.analysis.reruns._matching import only_in, places_of
from grok_tree.analysis.reruns._shifts import How, overall_changes
from grok_tree.forest import Forest, ResponseId, counted

_SHOWN = 5


@dataclass(frozen=True, repr=False)
class Drift(Tabular):
    """What changed between two runs of a study; a row a place and an outcome.

    Attributes:
        places: The places that both runs have samples of, what changed most first: by adjusted p,
            then by total variation.
        overall: The mean change of each outcome's share over all places, every place counting the
            same; the intervals are for these very places. Empty without a label and for quantities.
        only_before_ids: Responses that stand in the first forest alone, below a place of both.
        only_after_ids: In the second alone.
        n_responses: How many responses each forest has.
        n_in_both: How many of them stand in a place that the other has, too.
        n_left_out: Samples that were not counted, since they were cut, forked or resumed.
        level: Of the intervals.
        correction: How p-values were adjusted.
        n_permutations: Of the permutation tests.
        seed: Of all random draws.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "prompt": "text",
        "depth": "int",
        "before_id": "text",
        "after_id": "text",
        "n_before": "int",
        "n_after": "int",
        "outcome": "text",
        "before": "float",
        "after": "float",
        "difference": "float",
        "low": "float",
        "high": "float",
        "total_variation": "float",
        "p_value": "float",
        "p_adjusted": "float",
        "same_text": "float",
        "n_paired": "int",
        "n_paired_same": "int",
        "is_fixed": "bool",
        "length_before": "float",
        "length_after": "float",
        "cost_before": "float",
        "cost_after": "float",
    }

    places: tuple[DriftPlace, ...]
    overall: tuple[OutcomeChange, ...]
    only_before_ids: tuple[ResponseId, ...]
    only_after_ids: tuple[ResponseId, ...]
    n_responses: tuple[int, int]
    n_in_both: tuple[int, int]
    n_left_out: tuple[int, int]
    level: float
    correction: Correction
    n_permutations: int
    seed: int

    @property
    def same_text(self) -> Estimate:
        """The share of fixed places (`DriftPlace.is_fixed`) that say the same text in both runs."""
        fixed = [place.same_text for place in self.places if place.is_fixed]
        return wilson(sum(share == 1 for share in fixed), len(fixed), level=self.level)

    @property
    def same_seed(self) -> Estimate:
        """The share of pairs with the same settings and seed that say the same in both runs.

        1 where a model is the same and repeats itself; pairs of one place count as independent.
        """
        n_paired = sum(place.n_paired for place in self.places)
        n_same = sum(place.n_paired_same for place in self.places)
        return wilson(n_same, n_paired, level=self.level)

    @cached_property
    def length_change(self) -> Estimate:
        """Mean change of the length of a sample over all places, in characters.

        The interval is of the bootstrap-t over places, Student's with fewer than 8 (the percentile
        bootstrap of two places would cover the truth half of the time); not a number with fewer
        than two. Where all places changed alike it is a point, and its method ``no spread``.
        """
        pairs = [(place.length_before, place.length_after) for place in self.places]
        return self._mean_change(pairs)

    @cached_property
    def cost_change(self) -> Estimate:
        """Mean change of the cost of a sample over the places where it is known, in US dollars.

        The interval is as that of `length_change`.
        """
        pairs = [
            (place.cost_before, place.cost_after)
            for place in self.places
            if place.cost_before is not None and place.cost_after is not None
        ]
        return self._mean_change(pairs)

    def _mean_change(self, pairs: Sequence[tuple[float, float]]) -> Estimate:
        changed = np.array([after - before for before, after in pairs])
        if len(changed) > 1:
            return studentised(mean_of(changed), Asked(self.level, self.seed))
        mean = float(changed[0]) if len(changed) else math.nan
        return Estimate(mean, math.nan, math.nan, self.level, "too few", len(changed))

    def to_records(self) -> Records:
        """Return a row a place and an outcome, a row a place where there is no label."""
        return [row for place in self.places for row in _rows(place)]

    def __repr__(self) -> str:
        return f"<Drift: {counted(len(self.places), 'place')} with samples of both runs>"

    def __str__(self) -> str:
        (n_before, n_after), (ours, theirs) = self.n_responses, self.n_in_both
        lines = [
            f"{counted(len(self.places), 'place')} with samples of both runs;"
            f" {ours:,} of {counted(n_before, 'response')} before and {theirs:,} of"
            f" {counted(n_after, 'response')} after stand in places of both",
            *(f"on average {change}" for change in self.overall),
            *map(str, self.places[:_SHOWN]),
        ]
        hidden = len(self.places) - _SHOWN
        return "\n".join([*lines, *([f"… {counted(hidden, 'more place')}"] if hidden > 0 else [])])


def _rows(place: DriftPlace) -> Iterator[dict[str, Any]]:
    for one in place.outcomes or (None,):
        yield {
            "prompt": place.prompt,
            "depth": place.depth,
            "before_id": next(iter(place.before_ids), None),
            "after_id": next(iter(place.after_ids), None),
            "n_before": place.n_before,
            "n_after": place.n_after,
            "outcome": None if one is None else str(one.outcome),
            "before": None if one is None else one.before.value,
            "after": None if one is None else one.after.value,
            "difference": None if one is None else one.difference.value,
            "low": None if one is None else one.difference.low,
            "high": None if one is None else one.difference.high,
            "total_variation": place.total_variation,
            "p_value": place.p_value,
            "p_adjusted": place.p_adjusted,
            "same_text": place.same_text,
            "n_paired": place.n_paired,
            "n_paired_same": place.n_paired_same,
            "is_fixed": place.is_fixed,
            "length_before": place.length_before,
            "length_after": place.length_after,
            "cost_before": place.cost_before,
            "cost_after": place.cost_after,
        }


def drift(
    before: AnyForest,
    after: AnyForest,
    label: Label | None = None,
    *,
    level: float = LEVEL,
    correction: Correction = "benjamini-hochberg",
    n_permutations: int = N_PERMUTATIONS,
    seed: int = 0,
) -> Drift:
    """Align a forest with a run of the same study on another model or another day.

    What people, systems and tools said is matched by its text along the path; what models said is
    not matched one to one: all samples of a place are compared with all samples of the same place
    in the other forest. So a run may have asked in another order, several times, or only a part.
    Where a second question follows different answers, its samples are one place.

    Samples count as independent. Those that were cut, forked or resumed are left out, as they are
    no samples of what the model says there.

    Args:
        before: The saved forest.
        after: The other run.
        label: From an answer to its outcome (None: it has none), or outcomes by id; without one,
            the exact texts are compared. Outcomes are those of `outcomes`: of quantities (floats,
            and whole numbers beside floats anywhere in either forest) the means are compared.
        level: Of the intervals, above 0, below 1.
        correction: For the number of places, see `adjusted`.
        n_permutations: Of the permutation test, where there are more than two outcomes.
        seed: Of the permutations and of the bootstrap.

    Raises:
        InvalidOperationError: An argument is out of its range, or outcomes are of two sorts or of
            too many kinds.
    """
    check_level(level)
    check_seed(seed)
    check_permutations(n_permutations)
    forests = snapshot_of(before), snapshot_of(after)
    places = places_of(*forests)
    pairs = list(pairs_of(forests, places, None if label is None else asking(label)))
    told = [(pair.before.outcomes, pair.after.outcomes) for pair in pairs]
    every = [one for both in told for side in both for one in side]
    how = How(
        labelled=label is not None,
        quantities=label is not None and are_quantities(every),
        level=level,
        n_permutations=n_permutations,
        seed=seed,
    )
    compared_places = [compared(forests, pair, how) for pair in pairs if pair.is_comparable]
    found = adjusted(compared_places, correction)
    shared = [place for place in places[1:] if place.is_shared]
    return Drift(
        places=tuple(sorted(found, key=_by_change)),
        overall=overall_changes(told, level) if how.labelled and not how.quantities else (),
        only_before_ids=tuple(_ids(forests[0], only_in(places, 0))),
        only_after_ids=tuple(_ids(forests[1], only_in(places, 1))),
        n_responses=(len(forests[0]), len(forests[1])),
        n_in_both=_counted([place.numbers for place in shared]),
        n_left_out=_counted([pair.left_out for pair in pairs]),
        level=level,
        correction=correction,
        n_permutations=n_permutations,
        seed=seed,
    )


def _by_change(place: DriftPlace) -> tuple[float, float, float]:
    if place.p_value is None or place.p_adjusted is None:
        return 2.0, 2.0, 0.0
    return place.p_adjusted, place.p_value, -(place.total_variation or 0.0)


def _counted(sides: Sequence[tuple[Sequence[int], Sequence[int]]]) -> tuple[int, int]:
    return sum(len(side[0]) for side in sides), sum(len(side[1]) for side in sides)


def _ids(forest: Forest, numbers: Sequence[int]) -> Sequence[ResponseId]:
    return [one.response_id for one in forest.responses.several(numbers)]
