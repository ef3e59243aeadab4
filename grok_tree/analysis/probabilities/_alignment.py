"""Two answers that were laid side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._results import Records, Shown, Tabular
from grok_tree.analysis.probabilities._token import AnswerToken
from grok_tree.forest import counted

Kind = Literal["same", "changed", "-", "+"]


@dataclass(frozen=True, repr=False)
class AlignedPiece(Shown):
    """A token or a word of one of two answers.

    Attributes:
        text: What it says.
        offset: Where it begins in the message, in characters.
        token: Its recorded probabilities; None for a word, and for what a fork took over.
    """

    text: str
    offset: int
    token: AnswerToken | None = None

    def __str__(self) -> str:
        if self.token is None:
            return repr(self.text)
        return f"{self.text!r} ({100 * self.token.probability:.3g} %)"


@dataclass(frozen=True, repr=False)
class AlignedPair(Shown):
    """One place of an alignment.

    Attributes:
        kind: In both (``same``), one for the other (``changed``), only in the first (``-``), only
            in the second (``+``).
        first: The piece of the first answer, None for ``+``.
        second: The piece of the second answer, None for ``-``.
    """

    kind: Kind
    first: AlignedPiece | None
    second: AlignedPiece | None

    @property
    def logprob_difference(self) -> float | None:
        """Log-probability in the second answer less that in the first, in nats.

        Of pairs that are the same and recorded on both sides with a probability above 0.
        """
        if self.kind != "same" or self.first is None or self.second is None:
            return None
        if self.first.token is None or self.second.token is None:
            return None
        difference = self.second.token.logprob - self.first.token.logprob
        return difference if math.isfinite(difference) else None

    def __str__(self) -> str:
        first = "the end" if self.first is None else str(self.first)
        second = "the end" if self.second is None else str(self.second)
        return f"{first} against {second}"


@dataclass(frozen=True, repr=False)
class Alignment(Tabular, Sequence[AlignedPair]):
    """Two answers, aligned; a row a pair.

    Attributes:
        pairs: In order of both texts.
        by: ``tokens``, or ``words`` where an answer has no recorded tokens.
        parting: The first pieces that differ, side by side; None where the answers are equal. One
            of its sides is None where that answer ends there.
        is_whole: False where the parts that differ were too long to be aligned: they then stand
            one after the other.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {
        "kind": "text",
        "first": "text",
        "first_offset": "int",
        "first_probability": "float",
        "second": "text",
        "second_offset": "int",
        "second_probability": "float",
        "logprob_difference": "float",
    }

    pairs: tuple[AlignedPair, ...]
    by: Literal["tokens", "words"]
    parting: AlignedPair | None
    is_whole: bool = True

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, place: Any) -> Any:
        return self.pairs[place]

    @property
    def similarity(self) -> float:
        """Twice the shared pieces over all pieces of both, 0 to 1; 1 where both are empty."""
        n_pieces = sum((pair.first is not None) + (pair.second is not None) for pair in self.pairs)
        n_same = sum(pair.kind == "same" for pair in self.pairs)
        return 2 * n_same / n_pieces if n_pieces else 1.0

    @property
    def mean_logprob_difference(self) -> float:
        """Mean of the differences at shared tokens, in nats; not a number without any.

        Below 0 where the second answer's context makes the shared tokens less likely.
        """
        found = [pair.logprob_difference for pair in self.pairs]
        known = [difference for difference in found if difference is not None]
        return math.fsum(known) / len(known) if known else math.nan

    def __repr__(self) -> str:
        return f"<Alignment: {self}>"

    def __str__(self) -> str:
        if self.parting is None:
            return f"equal, {counted(len(self), self.by.removesuffix('s'))}"
        at = self.parting.first or self.parting.second
        where = 0 if at is None else at.offset
        return (
            f"the answers part at character {where}: {self.parting};"
            f" {100 * self.similarity:.3g} % of their {self.by} are shared"
        )

    def to_records(self) -> Records:
        """Return a row a pair; what is not there is None."""
        return [
            {
                "kind": pair.kind,
                **_side("first", pair.first),
                **_side("second", pair.second),
                "logprob_difference": pair.logprob_difference,
            }
            for pair in self.pairs
        ]


def _side(name: str, piece: AlignedPiece | None) -> dict[str, Any]:
    token = None if piece is None else piece.token
    return {
        name: None if piece is None else piece.text,
        f"{name}_offset": None if piece is None else piece.offset,
        f"{name}_probability": None if token is None else token.probability,
    }
