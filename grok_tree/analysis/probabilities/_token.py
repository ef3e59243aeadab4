"""One token of an answer, and what its recorded probabilities say.

Providers record the sampled token and the few likeliest ones, so most of a distribution is seen
and some of it is not. What is missing is never guessed: figures that depend on it are bounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from grok_tree.analysis._results import Shown
from grok_tree.forest import TokenAlternative, TokenLogprob


@dataclass(frozen=True, repr=False)
class AnswerToken(Shown):
    """A sampled token in its place.

    All probabilities are those that the provider recorded: of the raw model, before temperature
    and nucleus were applied, unless the provider says otherwise.

    Attributes:
        index: Its place among the recorded tokens of the answer, from 0.
        recorded: What was kept of it.
    """

    index: int
    recorded: TokenLogprob

    def __str__(self) -> str:
        return f"{self.offset}: {shown(self.text)} {100 * self.probability:.3g} %"

    @property
    def text(self) -> str:
        """What it says."""
        return self.recorded.text

    @property
    def offset(self) -> int:
        """Where it begins in the message, in characters."""
        return self.recorded.offset

    @property
    def end(self) -> int:
        """The character after its last one."""
        return self.recorded.offset + len(self.recorded.text)

    @property
    def logprob(self) -> float:
        """Natural logarithm of its probability, at most 0; a rounding above 0 is taken as 0."""
        return min(0.0, self.recorded.logprob)

    @property
    def probability(self) -> float:
        """The probability with which it was sampled, 0 to 1."""
        return mass(self.logprob)

    @property
    def surprisal(self) -> float:
        """Minus the log-probability, in nats: 0 or more, infinite where the probability is 0."""
        return abs(self.logprob)

    @property
    def surprisal_bits(self) -> float:
        """The surprisal in bits, 0 or more: ``surprisal / ln 2``."""
        return self.surprisal / math.log(2)

    @cached_property
    def alternatives(self) -> tuple[TokenAlternative, ...]:
        """The recorded tokens that were not sampled, likeliest first.

        Most providers record the sampled token among them: of those with its text, the one whose
        log-probability is nearest to its own is left out.
        """
        others = list(self.recorded.alternatives)
        same = [place for place, other in enumerate(others) if other.text == self.text]
        if same:
            del others[min(same, key=lambda place: self._distance(others[place]))]
        return tuple(sorted(others, key=lambda other: -other.logprob))

    def _distance(self, other: TokenAlternative) -> float:
        return 0.0 if other.logprob == self.logprob else abs(other.logprob - self.logprob)

    @property
    def covered(self) -> float:
        """The sum of all recorded probabilities, 0 to 1, the sampled token's included.

        Above 1 by rounding, or where a provider's figures are not of one distribution. For the
        entropy they are then scaled to 1.
        """
        return math.fsum(self._masses())

    @property
    def entropy(self) -> float:
        """A lower bound of the entropy at this place, in nats, 0 or more (Shannon 1948).

        The sum of ``-p ln p`` over the recorded tokens, and over all that is missing as one lump:
        however it is spread, the entropy of the whole distribution is not smaller. With 20
        alternatives of a model that is sure the bound is close; the less is `covered`, the less
        it says.
        """
        return _entropy([*self._scaled(), self._missing()])

    def entropy_at_most(self, vocabulary: int) -> float:
        """Return an upper bound of the entropy, in nats, from `entropy` on.

        What is missing is spread evenly over the tokens that are not recorded: m ln k more, with m
        missing and k such tokens.

        Args:
            vocabulary: How many tokens the model knows. Where that is no more than are recorded,
                what is missing is one token.
        """
        n_hidden = max(1, vocabulary - 1 - len(self.alternatives))
        missing = self._missing()
        return self.entropy + missing * math.log(n_hidden)

    @property
    def margin(self) -> float | None:
        """Its probability less that of the likeliest alternative, -1 to 1.

        Below 0 where another token was likelier; None where no alternative is recorded.
        """
        others = self.alternatives
        return self.probability - mass(others[0].logprob) if others else None

    @property
    def rank(self) -> int | None:
        """One more than the recorded tokens that were likelier: 1 for the likeliest and its equals.

        None where that is not known: no alternatives are recorded, or it was not among the
        likeliest and only these are.
        """
        others = self.alternatives
        above = sum(mass(other.logprob) > self.probability for other in others)
        was_recorded = len(others) < len(self.recorded.alternatives)
        if not self.recorded.alternatives or (above == len(others) and above and not was_recorded):
            return None
        return above + 1

    def _masses(self) -> list[float]:
        return [self.probability, *(mass(other.logprob) for other in self.alternatives)]

    def _scaled(self) -> list[float]:
        scale = max(1.0, self.covered)
        return [one / scale for one in self._masses()]

    def _missing(self) -> float:
        return max(0.0, 1.0 - self.covered)


def mass(logprob: float) -> float:
    """Return the probability of a natural log-probability; a rounding above 0 is taken as 0."""
    return math.exp(min(0.0, logprob))


def _entropy(masses: Iterable[float]) -> float:
    return max(0.0, -math.fsum(one * math.log(one) for one in masses if one > 0))


def shown(text: str) -> str:
    """Return a token as it is told of; one without text ends an answer, or is never seen."""
    return repr(text) if text else "(no text)"
