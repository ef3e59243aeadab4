"""Where another token might well have stood, and where the answers went that took it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from grok_tree.analysis._estimates import LEVEL, Estimate, wilson
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._results import Records, Shown, Tabular
from grok_tree.analysis._samples import is_sampled, with_siblings
from grok_tree.analysis._tests import total_variation
from grok_tree.analysis._texts import n_shared
from grok_tree.analysis.labels._asking import asking
from grok_tree.analysis.labels._labels import Label
from grok_tree.analysis.probabilities._source import logprobs_if_any
from grok_tree.analysis.probabilities._token import AnswerToken, mass, shown
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, Response, ResponseId, counted

if TYPE_CHECKING:
    from grok_tree.analysis.probabilities._tokens import Tokens


@dataclass(frozen=True, repr=False)
class TokenBranch(Shown):
    """One way on from a place: a token, and the answers that took it.

    Attributes:
        text: The token; empty for one that ends the answer, or that no text shows.
        probability: What was recorded for it, 0 to 1.
        is_sampled: Whether the answer itself went there.
        response_ids: The answers of the forest that went there, in order of creation.
        outcomes: How many of them had each outcome; empty without a label function.
    """

    text: str
    probability: float
    is_sampled: bool
    response_ids: tuple[ResponseId, ...] = ()
    outcomes: Mapping[Any, int] | None = None

    def shares(self, *, level: float = LEVEL) -> dict[Any, Estimate]:
        """Return the share of each outcome that was seen there, with the interval of Wilson (1927).

        Args:
            level: Above 0, below 1.
        """
        outcomes = self.outcomes or {}
        n = sum(outcomes.values())
        return {one: wilson(count, n, level=level) for one, count in outcomes.items()}

    def total_variation(self, other: TokenBranch) -> float | None:
        """Return the total variation between the outcomes of two branches.

        Half the sum of the differences of the shares, over all outcomes: 0 (the same) to 1
        (nothing in common). None where either has no outcome.
        """
        return total_variation(self.outcomes or {}, other.outcomes or {})

    def __str__(self) -> str:
        led = counted(len(self.response_ids), "answer")
        ends = f": {_told(self.outcomes)}" if self.outcomes else ""
        return f"{shown(self.text)} {100 * self.probability:.3g} % ({led}{ends})"


@dataclass(frozen=True, repr=False)
class ForkingToken(Shown):
    """A place where alternatives were likely.

    Attributes:
        token: The sampled one.
        branches: The sampled token first, then the alternatives, likeliest first.
    """

    token: AnswerToken
    branches: tuple[TokenBranch, ...]

    def __str__(self) -> str:
        return f"{self.token.offset}: " + " | ".join(map(str, self.branches))


@dataclass(frozen=True, repr=False)
class ForkingTokens(Tabular, Sequence[ForkingToken]):
    """The forking tokens of an answer, in order of the text; a row a branch.

    Attributes:
        places: The forking tokens.
        threshold: The least probability of an alternative that counted.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "index": "int",
        "offset": "int",
        "text": "text",
        "probability": "float",
        "is_sampled": "bool",
        "n_answers": "int",
        "outcomes": "text",
        "total_variation": "float",
    }

    places: tuple[ForkingToken, ...]
    threshold: float

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, place: Any) -> Any:
        return self.places[place]

    def __repr__(self) -> str:
        return f"<ForkingTokens: {len(self)}, alternatives from {self.threshold:g} on>"

    def __str__(self) -> str:
        none = f"no alternative has a probability of {self.threshold:g} or more"
        return "\n".join(map(str, self.places)) or none

    def to_records(self) -> Records:
        """Return a row a branch, that of the sampled token first.

        ``n_answers`` went there; ``total_variation`` is between the outcomes of the branch and
        those of the sampled token's.
        """
        return [
            {
                "index": place.token.index,
                "offset": place.token.offset,
                "text": branch.text,
                "probability": branch.probability,
                "is_sampled": branch.is_sampled,
                "n_answers": len(branch.response_ids),
                "outcomes": None if branch.outcomes is None else _told(branch.outcomes),
                "total_variation": branch.total_variation(place.branches[0]),
            }
            for place in self.places
            for branch in place.branches
        ]


def forking_tokens(tokens: Tokens, threshold: float, label: Label | None) -> ForkingTokens:
    """Return the places of `Tokens.forking_tokens`."""
    if not 0 < threshold <= 1:
        raise InvalidOperationError(f"a threshold of {threshold}: it must be above 0, at most 1")
    others = _Others(tokens.forest, tokens.response)
    places = [
        ForkingToken(token, tuple(_branches(token, threshold, others, label)))
        for token in tokens
        if _likely(token, threshold)
    ]
    return ForkingTokens(tuple(places), threshold)


def _likely(token: AnswerToken, threshold: float) -> list[tuple[str, float]]:
    """Return the alternatives with another text that are likely enough, and how likely."""
    others = ((other.text, mass(other.logprob)) for other in token.alternatives)
    return [(text, likely) for text, likely in others if text != token.text and likely >= threshold]


def _branches(
    token: AnswerToken, threshold: float, others: _Others, label: Label | None
) -> Iterator[TokenBranch]:
    led = others.led(token)
    for text, likely in [(token.text, token.probability), *_likely(token, threshold)]:
        took = led.get(text, [])
        outcomes = None if label is None else _counted(took, label)
        ids = tuple(response.response_id for response in took)
        yield TokenBranch(text, likely, text == token.text, ids, outcomes)


def _counted(responses: Sequence[Response], label: Label) -> Mapping[Any, int]:
    outcome_of = asking(label)
    found = (outcome_of(response) for response in responses)
    return dict(Counter(outcome for outcome in found if outcome is not None).most_common())


def _told(outcomes: Mapping[Any, int]) -> str:
    return ", ".join(f"{outcome} {n}" for outcome, n in outcomes.items())


class _Others:
    """The answers beside the one that is looked at: sampled from the same model, to the same."""

    def __init__(self, forest: Forest | None, response: Response | None) -> None:
        self._forest = forest
        self._own_id = None if response is None else response.response_id
        self._group: list[tuple[Response, int]] = []
        if forest is None or response is None:
            return
        self._group = [
            (one, n_shared([one.message, response.message]))
            for one in with_siblings(forest, response)
            if one.response_id == response.response_id or _alike(one, response)
        ]

    def led(self, token: AnswerToken) -> dict[str, list[Response]]:
        """Return, for each recorded token of a place, the answers that went on with it.

        An answer that was forked or resumed further on was not free at this place, nor after it.
        """
        texts = {token.text, *(other.text for other in token.alternatives)}
        led: dict[str, list[Response]] = {}
        for response, n_alike in self._group:
            if response.response_id == self._own_id:
                # Other programs trim what they store, and it took this token all the same.
                text: str | None = token.text
            elif n_alike < token.offset:
                continue
            else:
                text = self._taken(response, token.offset, texts)
            if text is not None and response.origin.sampled_from <= token.offset + len(text):
                led.setdefault(text, []).append(response)
        return led

    def _taken(self, response: Response, offset: int, texts: set[str]) -> str | None:
        rest = response.message[offset:]
        origin = response.origin
        if origin.kind == "forked" and origin.offset == offset and origin.forced in texts - {""}:
            return origin.forced
        fitting = sorted((text for text in texts if text and rest.startswith(text)), key=len)
        if not fitting:
            # A token without text is the end, where the model ends by itself.
            ended = not rest and response.finish_reason == "stop"
            return "" if ended and "" in texts else None
        if len(fitting) > 1 or rest[len(fitting[0]) :][:1].isalnum():
            own = self._own(response, offset)
            if own is not None:
                return own if own in texts else None
        return fitting[-1]

    def _own(self, response: Response, offset: int) -> str | None:
        """Return the token of an answer that begins at a place, where that is recorded."""
        if self._forest is None:
            return None
        try:
            recorded = logprobs_if_any(self._forest, response)
        except InvalidOperationError:
            return None
        return next((token.text for token in recorded if token.offset == offset), None)


def _alike(one: Response, other: Response) -> bool:
    return is_sampled(one) and one.model_name == other.model_name
