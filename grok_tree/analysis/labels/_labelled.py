"""A forest with the outcomes of some of its responses, in arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np

from grok_tree.analysis._arrays import Arrays, arrays_of
from grok_tree.analysis._given import AnyForest, OneResponse, id_of, snapshot_of
from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis._texts import beginning
from grok_tree.analysis.labels._asking import asking, checked
from grok_tree.analysis.labels._labels import Label, Outcome
from grok_tree.analysis.labels._sorts import are_quantities
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import NO_PARENT, Forest, Response

Asked = Literal["tips", "all"]
"""Which responses a label function is asked about."""

Ask = Callable[[Response], Outcome | None]


@dataclass(frozen=True, eq=False)
class Labelled:
    """A forest with the outcomes of some of its responses.

    Places are numbers of the snapshot plus one. Place 0 stands above all roots. Behind the last
    response stands a place for every outcome of a response that has children: one child more.

    Attributes:
        forest: The snapshot.
        arrays: The shape by places.
        places: Where each outcome stands: places without children.
        kinds: The different outcomes, in order; empty for quantities.
        values: A row for each outcome: 1 in the column of its kind; for quantities the quantity and
            its square, in units of `scale` from `centre`.
        centre: The mean of the quantities; 0 for kinds.
        scale: Their standard deviation, 1 where that is 0; 1 for kinds.
        measured: The quantities as they were given, so that equal ones are; empty for kinds.
        n_left_out: How many responses were asked about and have no outcome.
    """

    forest: Forest
    arrays: Arrays
    places: Numbers
    kinds: tuple[Outcome, ...]
    values: Floats
    centre: float
    scale: float
    measured: Floats
    n_left_out: int

    @property
    def quantities(self) -> bool:
        """Whether the outcomes are quantities, which have means, rather than kinds."""
        return not self.kinds and len(self.places) > 0

    @cached_property
    def rows(self) -> Floats:
        """The values by place; zero where there is no outcome."""
        rows = np.zeros((len(self.arrays), self.values.shape[1]))
        rows[self.places] = self.values
        return rows

    @cached_property
    def n_below(self) -> Numbers:
        """How many outcomes stand at or below each place."""
        there = np.zeros(len(self.arrays))
        there[self.places] = 1
        return self.arrays.summed_below(there).astype(np.int32)

    @cached_property
    def n_branches(self) -> Numbers:
        """How many children of each place have outcomes at or below them."""
        branches = np.flatnonzero(self.n_below[1:] > 0) + 1
        above = self.arrays.parents[branches]
        return np.bincount(above, minlength=len(self.arrays)).astype(np.int32)

    @cached_property
    def parting(self) -> Numbers:
        """For each place, the first place at or below it that parts, or where an outcome stands.

        Where there is none, the place itself.
        """
        only_child = np.zeros(len(self.arrays))
        only_child[1:] = self.n_branches[self.arrays.parents[1:]] == 1
        itself = np.arange(len(self.arrays), dtype=np.float64)
        itself[self.n_branches == 1] = 0
        itself[self.n_below == 0] = 0
        found = self.arrays.weighted_below(itself, only_child).astype(np.int32)
        return np.where(self.n_below > 0, found, np.arange(len(found), dtype=np.int32))

    @cached_property
    def forks(self) -> Numbers:
        """The places with several children that have outcomes below them."""
        return np.flatnonzero(self.n_branches > 1).astype(np.int32)

    def branches(self, place: int) -> Numbers:
        """Return the children of a place that have outcomes at or below them."""
        children = self.arrays.children(place)
        return children[self.n_below[children] > 0]

    def place_of(self, response: OneResponse | None) -> int:
        """Return the place of a response; None is the place above all roots.

        Raises:
            ResponseNotFound: It is not in the snapshot.
        """
        return 0 if response is None else self.forest.number(id_of(response)) + 1

    def number_at(self, place: int) -> int | None:
        """Return which response a place stands for, None for the one above all roots."""
        if place > len(self.forest):
            place = int(self.arrays.parents[place])
        return None if place == 0 else place - 1

    def ids_at(self, places: Sequence[int] | Numbers) -> list[str | None]:
        """Return the ids of the responses that places stand for."""
        numbers = [self.number_at(int(place)) for place in places]
        known = [number for number in numbers if number is not None]
        ids = iter(self.forest.responses.ids_at(known))
        return [None if number is None else next(ids) for number in numbers]

    def beginning_at(self, place: int) -> str:
        """Return how the text of a place's response begins; empty above the roots."""
        number = self.number_at(place)
        return "" if number is None else beginning(self.forest.responses[number])


def labelled(forest: AnyForest, label: Label, asked: Asked = "tips") -> Labelled:
    """Return a forest with its outcomes.

    Raises:
        InvalidOperationError: Outcomes are not of one sort, or the label is none.
        ResponseNotFound: A mapping names a response that is not in the forest.
    """
    taken = snapshot_of(forest)
    numbers: Sequence[int]
    if isinstance(label, Mapping):
        numbers, outcomes = _looked_up(taken, label)
    else:
        numbers, outcomes = _asked(taken, asking(label), asked)
    there = [place for place, one in enumerate(outcomes) if one is not None]
    found = _valued([outcomes[place] for place in there])
    arrays, places = _with_places(taken, [numbers[place] for place in there])
    n_left_out = len(outcomes) - len(there)
    return Labelled(taken, arrays, places, *found, n_left_out)


def _looked_up(forest: Forest, label: Mapping[str, Outcome]) -> tuple[list[int], list[Any]]:
    found = {forest.number(name): checked(outcome, name) for name, outcome in label.items()}
    unnamed = set(_tip_numbers(forest)) - set(found)
    return [*found, *unnamed], [*found.values(), *[None] * len(unnamed)]


def _asked(
    forest: Forest, label: Callable[[Response], Any], asked: Asked
) -> tuple[Sequence[int], list[Any]]:
    if asked not in ("tips", "all"):
        raise InvalidOperationError(f"a label is asked about 'tips' or 'all', not {asked!r}")
    if asked == "all":
        return range(len(forest)), [label(response) for response in forest]
    return _tip_numbers(forest), [label(response) for response in forest.tips]


def _tip_numbers(forest: Forest) -> list[int]:
    numbers: list[int] = arrays_of(forest).tips.tolist()
    return numbers


def _with_places(forest: Forest, numbers: Sequence[int]) -> tuple[Arrays, Numbers]:
    """Return the shape with a place above all and a child for each outcome of an inner response."""
    parents = np.zeros(len(forest) + 1, dtype=np.int32)
    parents[0] = NO_PARENT
    parents[1:] = np.asarray(forest.parent_numbers, dtype=np.int32) + 1
    has_children = np.zeros(len(parents), dtype=bool)
    has_children[parents[1:]] = True
    places = np.asarray(numbers, dtype=np.int32) + 1
    inner = has_children[places]
    added = places[inner]
    places[inner] = np.arange(len(parents), len(parents) + len(added))
    return Arrays(np.concatenate([parents, added])), places


class _Values(NamedTuple):
    """Outcomes as rows of values, see `Labelled`."""

    kinds: tuple[Outcome, ...]
    rows: Floats
    centre: float
    scale: float
    measured: Floats


def _valued(outcomes: Sequence[Any]) -> _Values:
    if are_quantities(outcomes):
        return _quantities(outcomes)
    keys = [_key(one) for one in outcomes]
    known = dict(sorted(zip(keys, outcomes, strict=True), key=lambda pair: pair[0]))
    columns = {key: column for column, key in enumerate(known)}
    values = np.zeros((len(outcomes), len(known)))
    values[np.arange(len(outcomes)), [columns[key] for key in keys]] = 1
    return _Values(tuple(known.values()), values, 0.0, 1.0, np.zeros(0))


def _key(outcome: Any) -> tuple[str, Any]:
    """Return what outcomes are ordered by: True before False, and texts last."""
    if isinstance(outcome, bool):
        return "bool", not outcome
    return ("int", outcome) if isinstance(outcome, int) else ("str", outcome)


def _quantities(outcomes: Sequence[Any]) -> _Values:
    quantities = np.array(outcomes, dtype=np.float64)
    centre = float(quantities.mean())
    away = quantities - centre
    # In units of the largest first: the squares of tiny quantities would be nothing.
    largest = float(np.abs(away).max()) or 1.0
    scale = largest * (float((away / largest).std()) or 1.0)
    away /= scale
    return _Values((), np.column_stack([away, away**2]), centre, scale, quantities)
