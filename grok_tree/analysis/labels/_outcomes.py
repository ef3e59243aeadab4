"""Outcomes of a forest: how they are distributed below every response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from grok_tree.analysis._estimates import LEVEL, check_level, check_seed
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import AnyForest, OneResponse
from grok_tree.analysis._results import Records, Tabular
from grok_tree.analysis.labels import _deciding_forks, _deciding_turns, _parting
from grok_tree.analysis.labels._below import Below
from grok_tree.analysis.labels._distribution import Distribution
from grok_tree.analysis.labels._html import outcomes_html
from grok_tree.analysis.labels._labelled import Asked, Labelled, labelled
from grok_tree.analysis.labels._labels import Label, Outcome
from grok_tree.analysis.labels._weights import Weighting, Weights, weighting
from grok_tree.forest import Forest, counted


@dataclass(frozen=True, eq=False, repr=False)
class Outcomes(Tabular):
    """Outcomes of a forest; made by `outcomes`.

    Attributes:
        level: Of all intervals.
        seed: Of all tests.
    """

    kinds_of_columns: ClassVar[Kinds | None] = Distribution.kinds_of_columns

    given: Labelled
    weighting: Weighting
    below: Below
    level: float
    seed: int

    @property
    def forest(self) -> Forest:
        """The snapshot that was looked at."""
        return self.given.forest

    @property
    def kinds(self) -> tuple[Outcome, ...]:
        """The different outcomes, in order; empty for quantities."""
        return self.given.kinds

    @property
    def n(self) -> int:
        """How many responses have an outcome."""
        return len(self.given.places)

    @property
    def n_left_out(self) -> int:
        """How many responses were asked about and have none."""
        return self.given.n_left_out

    @property
    def assumption(self) -> str:
        """What the weights assume."""
        return self.weighting.assumption

    @property
    def whole(self) -> Distribution:
        """The distribution of the whole forest; several roots are branches of one fork."""
        return self._at_place(0, None)

    @property
    def fork_ids(self) -> Sequence[str | None]:
        """The forks with outcomes below several children, in order of creation; None: the roots."""
        return self.given.ids_at(self.given.forks)

    def branch_ids(self, response: OneResponse | None) -> Sequence[str]:
        """Return the children with outcomes of the first fork at or below a response.

        None asks for the whole forest. Empty where nothing forks.

        Raises:
            ResponseNotFound: It is not in the snapshot.
        """
        at = int(self.given.parting[self.given.place_of(response)])
        branches = [int(one) for one in self.given.branches(at) if one <= len(self.forest)]
        return [str(one) for one in self.given.ids_at(branches)]

    def at(self, response: OneResponse | None) -> Distribution:
        """Return how what is below a response ended; None for the whole forest.

        A response with one child has its child's distribution: what else might have been said in
        that place was never sampled. An outcome itself is known, and its interval is a point.

        Raises:
            ResponseNotFound: It is not in the snapshot.
        """
        place = self.given.place_of(response)
        return self._at_place(place, self.given.ids_at([place])[0])

    def forks(self, *, most: int | None = None) -> Sequence[Distribution]:
        """Return the distribution at every fork of `fork_ids`.

        Args:
            most: Only so many: those with the most outcomes below them, in the same order.
        """
        places = [int(place) for place in self.given.forks]
        if most is not None and len(places) > most:
            places = sorted(sorted(places, key=lambda place: -self.given.n_below[place])[:most])
        ids = self.given.ids_at(places)
        return [self._at_place(place, one) for place, one in zip(places, ids, strict=True)]

    deciding_forks = _deciding_forks.deciding_forks
    deciding_turns = _deciding_turns.deciding_turns
    parting = _parting.parting
    partings = _parting.partings

    def _repr_html_(self) -> str:
        return outcomes_html(self)

    def to_records(self) -> Records:
        """Return the rows of `forks`, or of the whole forest where nothing forks."""
        return [row for fork in self.forks() or [self.whole] for row in fork.to_records()]

    def __str__(self) -> str:
        left_out = f", {self.n_left_out:,} left out" if self.n_left_out else ""
        forks = counted(len(self.given.forks), "fork")
        return f"{self.whole}; {forks}{left_out}; weights {self.weighting.name}"

    def _at_place(self, place: int, response_id: str | None) -> Distribution:
        given, below = self.given, self.below
        at = int(given.parting[place])
        n_effective = below.effective(at, self.level)
        shares = {
            kind: below.share(place, column, level=self.level, effective=n_effective)
            for column, kind in enumerate(given.kinds)
        }
        mean = None if given.kinds else below.mean(place, level=self.level)
        return Distribution(
            response_id=response_id,
            shares=shares,
            mean=mean if given.quantities else None,
            n=int(given.n_below[place]),
            n_effective=n_effective,
            n_branches=int(given.n_branches[place]),
            weights=self.weighting.name,
        )


def outcomes(
    forest: AnyForest,
    label: Label,
    *,
    weights: Weights = "tip",
    asked: Asked = "tips",
    level: float = LEVEL,
    seed: int = 0,
) -> Outcomes:
    """Return how the branches of a forest ended, and so what every fork leads to.

    The share of an outcome at a fork is sum(e p) over its branches, p the branch's own share and e
    what the branch counts among its siblings by `weights`:

    - ``"tip"``: e is the branch's part of the outcomes below. It describes what is there; what was
      explored more counts more.
    - ``"sibling"``: every branch counts the same. It estimates the chance of an outcome if one goes
      on as the siblings were made, where they were sampled independently.
    - ``"sampled"``: e is proportional to the model's probability of the branch's text, exp of the
      sum of its recorded log-probabilities, shared among siblings of the same text. What people
      wrote counts the same, and so do all branches of a fork where a text has no recorded
      probabilities or all have 0; `assumption` says at how many forks. Texts that were never drawn
      are missing, so that rare long answers may carry nearly all weight: look at `n_effective`.
      Simulated, 95 % intervals cover 99 to 100 % of models with 6 or 50 texts, and 90 % of one with
      2,000, of which 30 answers are drawn.
    - a function of the response at a fork (None above roots) and its children that gives each a
      number of 0 or more.

    Children without outcomes below them count nowhere. A response with children may have an outcome
    of its own (with ``asked="all"`` or a mapping): it then counts as one more child, where the
    branch might have ended.

    Intervals of shares are Wilson's (1927) of as many outcomes as those below are worth: those
    under one child are not independent, so their number is divided by a design effect (Kish 1965)
    from the variance between children. Of a mean they are Student's with the same number. They take
    the branches of a fork as drawn independently from what might follow there, also those that
    people wrote (`Response.manual`, and all that people say): at a fork between prompts they speak
    of other prompts like these. For the mean over these very ones, which would be the same in
    another sample, they are too wide (simulated with 2 to 8 such children of 20 tips each: 96 to
    98 % and 1.1 to 1.4 times as wide where children lead to the same, 100 % and up to 4 times where
    their shares are 0.1 to 0.9); the intervals at each child are right. Simulated (random
    rates, nested and unbalanced forests), 95 % intervals of shares cover between 93 % and 97 % with
    8 branches and more; with fewer, between 90 % and 98 %, and 96 % on average over how alike the
    tips of a branch are; with weights ``"tip"`` and branches of very unequal size that each end
    alike, 90 %. Those of means cover between 93 % and 97 % with 4 branches and more, 87 % at worst
    with 2. Scores that are just 0 and 1, and rarely one of them, are better made kinds: Student's
    interval of 32 such floats of which 1 in 20 is a 1 covers 83 %, and is a point (``no spread``)
    where all were alike.

    Args:
        forest: Whose.
        label: What gives a response its outcome; None leaves it out. Texts, truths and whole
            numbers are kinds, with shares; floats are quantities of at most 1e100 in size, with
            means. What is not a number is left out. See `matches` and `score`. A mapping from ids
            labels just those responses.
        weights: What each branch counts.
        asked: Whether a function is asked about tips, or about all responses.
        level: Of the intervals.
        seed: Of the permutations and draws of all tests that start from this result; 0 or more.

    Raises:
        InvalidOperationError: The label, its outcomes, the weights, the level or the seed are
            unusable.
        ResponseNotFound: A mapping names a response that is not in the forest.
    """
    check_level(level)
    check_seed(seed)
    given = labelled(forest, label, asked)
    weighed = weighting(given, weights)
    return Outcomes(given, weighed, Below(given, weighed.shares), level, seed)
