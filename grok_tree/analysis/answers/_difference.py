"""Where a group of answers first parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from grok_tree.analysis._estimates import Estimate, wilson
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._likelihoods import logprob_of
from grok_tree.analysis._results import Records, Shown, Tabular
from grok_tree.analysis._texts import n_shared
from grok_tree.analysis.answers._intervals import Asked
from grok_tree.analysis.answers._logprobs import Tokens
from grok_tree.forest import TokenLogprob, counted


@dataclass(frozen=True, repr=False)
class TakenToken(Shown):
    """One way on, where a group parts.

    Attributes:
        text: The token; empty where the answer ends there.
        n: How many answers took it.
        share: Of the answers compared, with the interval of Wilson (1927).
        probability: What the model gave it, before temperature and the like, 0 to 1: the mean over
            the answers that took it. None for an end.
    """

    text: str
    n: int
    share: Estimate
    probability: float | None

    def __str__(self) -> str:
        known = "" if self.probability is None else f", recorded {100 * self.probability:.3g} %"
        return f"{self.text!r} {self.n}x{known}" if self.text else f"(the end) {self.n}x"


@dataclass(frozen=True, repr=False)
class FirstDifference(Tabular):
    """Where the answers of a group are no longer the same.

    Attributes:
        character: How many characters all texts begin with.
        word: How many whole words, divided by white space, all texts begin with.
        token: How many tokens all begin with, counted from where the first was recorded for all;
            None where no two answers have log-probabilities, or their tokens do not part.
        offset: Where that token begins, in characters; None as `token`.
        taken: The tokens there, the most frequent first.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "offset": "int",
        "text": "text",
        "n": "int",
        "share": "float",
        "low": "float",
        "high": "float",
        "probability": "float",
    }

    character: int
    word: int
    token: int | None
    offset: int | None
    taken: tuple[TakenToken, ...]

    def __str__(self) -> str:
        ways = f": {' | '.join(map(str, self.taken))}" if self.taken else ""
        return f"after {counted(self.character, 'character')}, {counted(self.word, 'word')}{ways}"

    def to_records(self) -> Records:
        """Return a row for each token that was taken."""
        return [
            {
                "offset": self.offset,
                "text": one.text,
                "n": one.n,
                "share": one.share.value,
                "low": one.share.low,
                "high": one.share.high,
                "probability": one.probability,
            }
            for one in self.taken
        ]


def first_difference_of(
    texts: Sequence[str], tokens: Sequence[Tokens], asked: Asked
) -> FirstDifference | None:
    """Return where texts part; None if they do not, or are fewer than two."""
    if len(set(texts)) < 2:
        return None
    character = n_shared(texts)
    word = n_shared([text.split() for text in texts])
    recorded = _from_the_same_place([one for one in tokens if one], character)
    place = _place(recorded)
    if place is None:
        return FirstDifference(character, word, None, None, ())
    there = [one[place] if place < len(one) else None for one in recorded]
    offset = next(token.offset for token in there if token is not None)
    return FirstDifference(character, word, place, offset, _taken(there, asked))


def _from_the_same_place(tokens: list[Tokens], character: int) -> list[Tokens]:
    """Return the tokens from the first place that was sampled in all of these answers.

    What was taken over from another answer, or forced, has no log-probabilities. Where the answers
    have parted by then, or one has no token that begins there, nothing can be compared.
    """
    begin = max((one[0].offset for one in tokens), default=0)
    kept = [[token for token in one if token.offset >= begin] for one in tokens]
    same = all(one and one[0].offset == begin for one in kept)
    return list(kept) if same and begin <= character else []


def _place(tokens: list[Tokens]) -> int | None:
    """Return the first place where the tokens are not all the same; None if there is none."""
    if len(tokens) < 2:
        return None
    for place in range(max(map(len, tokens))):
        if len({one[place].text if place < len(one) else "" for one in tokens}) > 1:
            return place
    return None


def _taken(there: list[TokenLogprob | None], asked: Asked) -> tuple[TakenToken, ...]:
    by_text: dict[str, list[float]] = {}
    for token in there:
        by_text.setdefault("" if token is None else token.text, []).append(
            math.nan if token is None else math.exp(logprob_of(token))
        )
    ordered = sorted(by_text.items(), key=lambda one: (-len(one[1]), one[0]))
    return tuple(
        TakenToken(
            text,
            len(found),
            wilson(len(found), len(there), level=asked.level),
            math.fsum(found) / len(found) if text else None,
        )
        for text, found in ordered
    )
