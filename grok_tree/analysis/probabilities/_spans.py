"""Runs of tokens of which the model was not sure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._results import Records, Shown, Tabular
from grok_tree.analysis.probabilities._token import AnswerToken
from grok_tree.errors import InvalidOperationError


@dataclass(frozen=True)
class Rules:
    """What counts as unsure, and what as one run; see `Tokens.low_confidence`."""

    threshold: float
    by: Literal["probability", "entropy"]
    min_length: int
    max_gap: int

    def __post_init__(self) -> None:
        if self.by not in ("probability", "entropy"):
            raise InvalidOperationError(f"by={self.by!r}: it must be probability or entropy")
        most = 1.0 if self.by == "probability" else math.inf
        if not 0 <= self.threshold <= most:
            raise InvalidOperationError(
                f"a threshold of {self.threshold} for the {self.by}: it must be 0 to {most:g}"
            )
        if self.min_length < 1 or self.max_gap < 0:
            raise InvalidOperationError(
                f"min_length={self.min_length}, max_gap={self.max_gap}: at least 1 and 0"
            )

    def unsure(self, token: AnswerToken) -> bool:
        """Return whether a token counts."""
        if self.by == "probability":
            return token.probability < self.threshold
        return token.entropy > self.threshold


@dataclass(frozen=True, repr=False)
class TokenSpan(Shown):
    """A run of tokens.

    Attributes:
        tokens: The tokens, sure ones in gaps included.
        n_unsure: How many of them are unsure.
    """

    tokens: tuple[AnswerToken, ...]
    n_unsure: int

    @property
    def text(self) -> str:
        """What the run says."""
        return "".join(token.text for token in self.tokens)

    @property
    def begin(self) -> int:
        """Its first character in the message."""
        return self.tokens[0].offset

    @property
    def end(self) -> int:
        """The character after its last one."""
        return self.tokens[-1].end

    @property
    def probability(self) -> float:
        """Geometric mean of the tokens' probabilities, 0 to 1: the inverse of the perplexity."""
        return math.exp(math.fsum(token.logprob for token in self.tokens) / len(self.tokens))

    def __str__(self) -> str:
        return f"{self.begin}-{self.end} {self.text!r}: probability {self.probability:.2g} a token"


@dataclass(frozen=True, repr=False)
class TokenSpans(Tabular, Sequence[TokenSpan]):
    """Runs of unsure tokens, in order of the text; a row a run.

    Attributes:
        spans: The runs.
        rules: What counted.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "begin": "int",
        "end": "int",
        "text": "text",
        "first_index": "int",
        "n_tokens": "int",
        "n_unsure": "int",
        "probability": "float",
        "least_probability": "float",
        "most_entropy_nats": "float",
    }

    spans: tuple[TokenSpan, ...]
    rules: Rules

    def __len__(self) -> int:
        return len(self.spans)

    def __getitem__(self, place: Any) -> Any:
        return self.spans[place]

    def __repr__(self) -> str:
        return f"<TokenSpans: {len(self)}>"

    def __str__(self) -> str:
        return "\n".join(map(str, self.spans)) or "no token is unsure by this threshold"

    def to_records(self) -> Records:
        """Return a row a run.

        ``begin`` and ``end`` are characters of the message, ``first_index`` the place among the
        answer's tokens, ``least_probability`` that of the unlikeliest token, ``most_entropy_nats``
        the largest `AnswerToken.entropy`.
        """
        return [
            {
                "begin": span.begin,
                "end": span.end,
                "text": span.text,
                "first_index": span.tokens[0].index,
                "n_tokens": len(span.tokens),
                "n_unsure": span.n_unsure,
                "probability": span.probability,
                "least_probability": min(token.probability for token in span.tokens),
                "most_entropy_nats": max(token.entropy for token in span.tokens),
            }
            for span in self.spans
        ]


def low_confidence(tokens: Sequence[AnswerToken], rules: Rules) -> TokenSpans:
    """Return the runs that the rules describe."""
    unsure = [place for place, token in enumerate(tokens) if rules.unsure(token)]
    spans = [
        TokenSpan(tuple(tokens[run[0] : run[-1] + 1]), len(run))
        for run in _runs(unsure, rules.max_gap)
        if len(run) >= rules.min_length
    ]
    return TokenSpans(tuple(spans), rules)


def _runs(places: Sequence[int], max_gap: int) -> Iterator[list[int]]:
    run: list[int] = []
    for place in places:
        if run and place - run[-1] - 1 > max_gap:
            yield run
            run = []
        run.append(place)
    if run:
        yield run
