"""Which turn decided it: how the odds of a path's outcome moved with each of its responses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from grok_tree.analysis._estimates import Estimate
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import OneResponse, id_of
from grok_tree.analysis._results import Records, Shown, Tabular
from grok_tree.analysis._texts import beginning
from grok_tree.analysis.labels._labels import Outcome
from grok_tree.errors import InvalidOperationError

if TYPE_CHECKING:
    from grok_tree.analysis.labels._outcomes import Outcomes


_ROUNDING = 1e-12
"""Part of a figure below which a step is what sums in another order differ by."""


@dataclass(frozen=True, repr=False)
class DecidingTurn(Shown):
    """What one response of a path did to the odds.

    Attributes:
        response_id: Which.
        sender: Who said it.
        chance: Of the outcome that the path came to, after this response: its share below it; for
            quantities the mean below it.
        step: How much that is more than before this response: -1 to 1 for shares, else in the unit
            of quantities; not a number where nothing below it has an outcome.
        bits: log2 of the quotient of the two; None for quantities, and where one is 0 or not known.
        message: How its text begins, on one line.
    """

    response_id: str
    sender: str
    chance: Estimate
    step: float
    bits: float | None
    message: str

    def __str__(self) -> str:
        return f"{self.sender} {self.response_id}: {self.step:+.3g}, to {self.chance}"


@dataclass(frozen=True, repr=False)
class DecidingTurns(Tabular):
    """How the odds moved along one path.

    Attributes:
        outcome: What the path came to; None for quantities.
        before: The chance before the first response: in the whole forest.
        turns: The path, from its root.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "response_id": "text",
        "sender": "text",
        "message": "text",
        "outcome": "any",
        "value": "float",
        "low": "float",
        "high": "float",
        "n": "int",
        "step": "float",
        "bits": "float",
    }

    outcome: Outcome | None
    before: Estimate
    turns: tuple[DecidingTurn, ...]

    @property
    def largest(self) -> DecidingTurn:
        """The response with the largest step, up or down; the first of several."""
        return max(self.turns, key=lambda turn: round(abs(turn.step), 12))

    def to_records(self) -> Records:
        """Return a row for each response of the path."""
        return [
            {
                "response_id": turn.response_id,
                "sender": turn.sender,
                "message": turn.message,
                "outcome": self.outcome,
                "value": turn.chance.value,
                "low": turn.chance.low,
                "high": turn.chance.high,
                "n": turn.chance.n,
                "step": turn.step,
                "bits": turn.bits,
            }
            for turn in self.turns
        ]

    def __str__(self) -> str:
        odds = " → ".join(f"{turn.chance.value:.2g}" for turn in self.turns)
        what = "the mean" if self.outcome is None else f"{self.outcome}"
        return f"{what}: {odds}; largest step at {self.largest.response_id}"


def deciding_turns(
    found: Outcomes, tip: OneResponse, *, outcome: Outcome | None = None
) -> DecidingTurns:
    """Return how the odds of a path's outcome moved with each of its responses.

    The path itself is among what is below its responses, so with few branches a step towards its
    outcome is too large; the intervals say how much is known.

    Args:
        found: Outcomes of a forest.
        tip: The end of the path; any response may be asked for.
        outcome: Of which the odds are wanted; None for what `tip` came to.

    Raises:
        InvalidOperationError: `tip` has no outcome of its own and none is named, or it is none of
            those that there are.
        ResponseNotFound: It is not in the snapshot.
    """
    kind = _kind(found, tip, outcome)
    before = last = _odds(found, kind, None)
    turns = []
    for response in found.forest.path(id_of(tip)):
        now = _odds(found, kind, response)
        sound = kind is not None and now.value > 0 and last.value > 0
        bits = math.log2(now.value / last.value) if sound else None
        step = now.value - last.value
        if abs(step) < _ROUNDING * abs(now.value):
            step, bits = 0.0, None if bits is None else 0.0
        turns.append(
            DecidingTurn(
                response.response_id, response.sender, now, step, bits, beginning(response)
            )
        )
        last = now
    return DecidingTurns(kind, before, tuple(turns))


def _odds(found: Outcomes, kind: Outcome | None, at: OneResponse | None) -> Estimate:
    distribution = found.at(at)
    if distribution.mean is not None:
        return distribution.mean
    assert kind is not None  # as there are no quantities
    return distribution.shares[kind]


def _kind(found: Outcomes, tip: OneResponse, outcome: Outcome | None) -> Outcome | None:
    """Return the outcome whose odds are followed, None for the mean of quantities."""
    if found.given.quantities:
        return None
    if outcome is not None:
        if outcome in found.kinds:
            return outcome
        raise InvalidOperationError(
            f"no outcome is {outcome!r}; there are {', '.join(map(repr, found.kinds)) or 'none'}"
        )
    at = found.at(tip)
    known = [kind for kind, share in at.shares.items() if at.n == 1 and share.value == 1]
    if not known:
        raise InvalidOperationError(
            f"response {id_of(tip)} came to {at.n} outcomes, not to one; name the outcome that is"
            " meant with outcome=, or choose a tip that has one"
        )
    return known[0]
