"""How much each branch of a fork counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from grok_tree.analysis._likelihoods import log_likelihood
from grok_tree.analysis._numbers import Floats, Numbers
from grok_tree.analysis.labels._labelled import Labelled
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, Response

WeightFunction = Callable[[Response | None, Sequence[Response]], Sequence[float]]
"""From the response at a fork (None above roots) and its children to a number for each child."""

Weights = Literal["tip", "sibling", "sampled"] | WeightFunction
"""How branches count, see `outcomes`."""

ASSUMPTIONS = {
    "tip": "every outcome below counts the same: describes what is there, and counts more what was"
    " explored more",
    "sibling": "at every fork each branch counts the same: as if one of the siblings were drawn;"
    " right where they were sampled independently, from one model with one prompt",
    "sampled": "branches count by the model's probability of their text; where it was not recorded"
    " for every branch or is 0 for all, and between what people wrote, each counts the same",
    "own": "branches count as the given function says",
}
"""What each weighting assumes."""


@dataclass(frozen=True, eq=False)
class Weighting:
    """What each branch counts among its siblings.

    Attributes:
        name: ``tip``, ``sibling``, ``sampled`` or ``own``.
        shares: By place, the share of a branch among its siblings; 0 where there is no outcome.
        asked: What was asked for.
        n_unrecorded: At how many forks branches count the same for want of log-probabilities.
    """

    name: str
    shares: Floats
    asked: Weights
    n_unrecorded: int = 0

    @property
    def assumption(self) -> str:
        """What must hold for figures to say what they seem to say."""
        forks = "fork" if self.n_unrecorded == 1 else "forks"
        more = f" (so at {self.n_unrecorded:,} {forks})" if self.n_unrecorded else ""
        return ASSUMPTIONS[self.name] + more


def weighting(given: Labelled, weights: Weights) -> Weighting:
    """Return what each branch counts.

    Raises:
        InvalidOperationError: There are no such weights, or a function gives unusable ones.
    """
    if weights == "tip":
        return Weighting("tip", _shares(given, given.n_below.astype(np.float64)), weights)
    if weights == "sibling":
        return Weighting("sibling", _shares(given, (given.n_below > 0).astype(np.float64)), weights)
    if weights == "sampled":
        return _sampled(given)
    if callable(weights):
        return _own(given, weights)
    raise InvalidOperationError(
        f"there are no weights {weights!r}; there are 'tip', 'sibling', 'sampled', and any function"
        " of a response and its children"
    )


def _shares(given: Labelled, counts: Floats) -> Floats:
    parents = given.arrays.parents[1:]
    totals = np.bincount(parents, weights=counts[1:], minlength=len(counts))
    shares = np.ones(len(counts))
    shares[1:] = counts[1:] / np.where(totals > 0, totals, 1)[parents]
    return shares


def _sampled(given: Labelled) -> Weighting:
    counts = (given.n_below > 0).astype(np.float64)
    n_unrecorded = 0
    for place in given.forks:
        branches = given.branches(int(place))
        logs = _recorded(given, branches)
        if logs is None:
            n_unrecorded += 1
        elif len(logs):
            counts[branches] = logs
    return Weighting("sampled", _shares(given, counts), "sampled", n_unrecorded)


def _recorded(given: Labelled, branches: Numbers) -> Sequence[float] | None:
    """Return what branches count, nothing where each counts the same, None for not recorded.

    Probabilities that are all 0 say as little as those that were not recorded.
    """
    if branches[-1] > len(given.forest):
        return None
    responses = given.forest.responses.several(int(place) - 1 for place in branches)
    if all(response.sender == "human" for response in responses):
        return ()
    logs = [_log_probability(given.forest, response) for response in responses]
    texts = [response.message for response in responses]
    known = [log for log in logs if log is not None]
    most = max(known, default=-math.inf)
    if len(known) < len(logs) or most == -math.inf:
        return None
    copies = {text: texts.count(text) for text in set(texts)}
    return [math.exp(log - most) / copies[text] for log, text in zip(known, texts, strict=True)]


def _log_probability(forest: Forest, response: Response) -> float | None:
    tokens = forest.beside.logprobs(response)
    return log_likelihood(tokens) if tokens else None


def _own(given: Labelled, function: WeightFunction) -> Weighting:
    counts = (given.n_below > 0).astype(np.float64)
    for place in given.forks:
        branches = given.branches(int(place))
        numbers = [given.number_at(int(branch)) for branch in branches]
        at = given.number_at(int(place))
        children = given.forest.responses.several(n for n in numbers if n is not None)
        above = None if at is None else given.forest.responses[at]
        counts[branches] = _usable(function(above, children), len(branches), above)
    return Weighting("own", _shares(given, counts), function)


def _usable(found: Sequence[float], n: int, above: Response | None) -> Sequence[float]:
    try:
        weights = [float(one) for one in found]
    except (TypeError, ValueError):
        weights = [math.nan]
    sound = all(math.isfinite(one) and one >= 0 for one in weights)
    if len(weights) != n or not sound or sum(weights) <= 0:
        where = "the roots" if above is None else f"the children of {above.response_id}"
        raise InvalidOperationError(
            f"weights {_first_of(found)} for {where}: there must be {n} finite ones, none below 0"
            " and not all 0"
        )
    # By the largest: the sum of finite ones may be infinite.
    return [one / max(weights) for one in weights]


def _first_of(found: object) -> str:
    return repr(list(found)[:8] if isinstance(found, Iterable) else found)
