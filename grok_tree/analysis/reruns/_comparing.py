"""How the samples of one place in two forests are compared."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec

from grok_tree.analysis.labels import _adjusted
from grok_tree.analysis.labels._adjusted import Correction
from grok_tree.analysis.reruns._changes import DriftPlace
from grok_tree.analysis.reruns._matching import Place, is_whole
from grok_tree.analysis.reruns._shifts import How, shift_of
from grok_tree.forest import Forest, Response

OutcomeOf = Callable[[Response], Any]


@dataclass(frozen=True)
class Samples:
    """What a model said in one place of one forest.

    Attributes:
        responses: The samples.
        outcomes: Of each that has one.
    """

    responses: Sequence[Response]
    outcomes: Sequence[Any]

    @cached_property
    def texts(self) -> Counter[str]:
        """How often each text was said."""
        return Counter(one.message for one in self.responses)

    @property
    def is_fixed(self) -> bool:
        """Whether one text is all that may be expected."""
        greedy = all(one.settings.temperature == 0 for one in self.responses)
        return len(self.texts) == 1 and (greedy or len(self.responses) > 1)

    @cached_property
    def seeded(self) -> dict[bytes, Response]:
        """The samples with a seed by all that was asked of the sampler, where each stands alone."""
        asked = [(_asked(one), one) for one in self.responses if one.settings.seed is not None]
        often = Counter(key for key, _ in asked)
        return {key: one for key, one in asked if often[key] == 1}

    @property
    def mean_length(self) -> float:
        """In characters."""
        return math.fsum(len(one.message) for one in self.responses) / len(self.responses)

    @property
    def mean_cost(self) -> float | None:
        """In US dollars, of the samples whose cost is known."""
        costs = [one.usage.cost_usd for one in self.responses if one.usage.cost_usd is not None]
        return math.fsum(costs) / len(costs) if costs else None


@dataclass(frozen=True)
class Pair:
    """The samples of one place in both forests.

    Attributes:
        prompt: The place above them.
        before: What was sampled there in the first forest.
        after: In the second.
        left_out: The samples of each that are not counted, by number.
    """

    prompt: Place
    before: Samples
    after: Samples
    left_out: tuple[list[int], list[int]]

    @property
    def is_comparable(self) -> bool:
        """Whether both sides have whole samples."""
        return bool(self.before.responses and self.after.responses)


def pairs_of(
    forests: tuple[Forest, Forest], places: Sequence[Place], outcome_of: OutcomeOf | None
) -> Iterator[Pair]:
    """Yield the samples of every place in which both forests have some, whole or not."""
    for place in places:
        if not place.holds_samples or not place.is_shared:
            continue
        (first, first_out), (second, second_out) = (
            _whole(forest, numbers) for forest, numbers in zip(forests, place.numbers, strict=True)
        )
        before, after = _labelled(first, outcome_of), _labelled(second, outcome_of)
        yield Pair(places[place.above], before, after, (first_out, second_out))


def _whole(forest: Forest, numbers: Sequence[int]) -> tuple[list[Response], list[int]]:
    responses = forest.responses.several(numbers)
    left_out = [n for n, one in zip(numbers, responses, strict=True) if not is_whole(one)]
    return [one for one in responses if is_whole(one)], left_out


def _labelled(responses: Sequence[Response], outcome_of: OutcomeOf | None) -> Samples:
    if outcome_of is None:
        return Samples(responses, [one.message for one in responses])
    found = (outcome_of(one) for one in responses)
    return Samples(responses, [one for one in found if one is not None])


def compared(forests: tuple[Forest, Forest], pair: Pair, how: How) -> DriftPlace:
    """Return what changed in one place."""
    before, after = pair.before, pair.after
    shift = shift_of(before.outcomes, after.outcomes, how)
    said = [
        forest.responses.several(numbers)
        for forest, numbers in zip(forests, pair.prompt.numbers, strict=True)
    ]
    prompts = [one.message for one in said[0][:1]]
    ids = [tuple(one.response_id for one in responses) for responses in said]
    paired = [
        (one.message, after.seeded[key].message)
        for key, one in before.seeded.items()
        if key in after.seeded
    ]
    same = sum(n * after.texts[text] for text, n in before.texts.items())
    return DriftPlace(
        prompt=prompts[0] if prompts else "",
        depth=pair.prompt.depth,
        before_ids=ids[0],
        after_ids=ids[1],
        n_before=len(before.responses),
        n_after=len(after.responses),
        outcomes=shift.changes if how.labelled else (),
        total_variation=shift.total_variation,
        p_value=shift.p_value,
        same_text=same / (len(before.responses) * len(after.responses)),
        n_paired=len(paired),
        n_paired_same=sum(one == other for one, other in paired),
        is_fixed=before.is_fixed and after.is_fixed,
        length_before=before.mean_length,
        length_after=after.mean_length,
        cost_before=before.mean_cost,
        cost_after=after.mean_cost,
    )


def _asked(response: Response) -> bytes:
    return msgspec.msgpack.encode(response.settings)


def adjusted(places: Sequence[DriftPlace], correction: Correction) -> list[DriftPlace]:
    """Return the places with p values for all of them at once."""
    tested = [place.p_value for place in places if place.p_value is not None]
    found = iter(_adjusted.adjusted(tested, correction))
    return [
        replace(place, p_adjusted=None if place.p_value is None else next(found))
        for place in places
    ]
