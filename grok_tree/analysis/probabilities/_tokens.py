"""The tokens of an answer as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, overload

from grok_tree.analysis import _likelihoods as likelihoods
from grok_tree.analysis._frames import Kinds
from grok_tree.analysis._given import AnyForest
from grok_tree.analysis._results import Records, Tabular
from grok_tree.analysis.labels._labels import Label
from grok_tree.analysis.probabilities import _forking, _spans, _strip
from grok_tree.analysis.probabilities._source import AnswerLike, recorded_of
from grok_tree.analysis.probabilities._token import AnswerToken
from grok_tree.analysis.probabilities._token_rows import TOKEN, token_row
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, Response

if TYPE_CHECKING:
    from grok_tree.analysis.probabilities._forking import ForkingTokens
    from grok_tree.analysis.probabilities._spans import TokenSpans


@dataclass(frozen=True, repr=False)
class Tokens(Tabular, Sequence[AnswerToken]):
    """The recorded tokens of one answer, in order; a row a token.

    Attributes:
        places: The tokens.
        vocabulary: How many tokens the model knows, for upper bounds; None: not given.
        forest: Where the answer stands, None where tokens were given alone.
        response: The answer, None where tokens were given alone.
    """

    kinds_of_columns: ClassVar[Kinds | None] = {**TOKEN, "entropy_at_most_nats": "float"}

    places: tuple[AnswerToken, ...]
    vocabulary: int | None = None
    forest: Forest | None = field(default=None, compare=False)
    response: Response | None = None

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, place: int) -> AnswerToken: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[AnswerToken, ...]: ...
    def __getitem__(self, place: int | slice) -> AnswerToken | tuple[AnswerToken, ...]:
        return self.places[place]

    def __iter__(self) -> Iterator[AnswerToken]:
        return iter(self.places)

    @property
    def text(self) -> str:
        """What the tokens say together; of a forked answer, what was sampled for it."""
        return "".join(token.text for token in self.places)

    @property
    def logprob(self) -> float:
        """Log-probability of the whole, in nats, 0 or less: the sum over tokens (chain rule)."""
        return math.fsum(token.logprob for token in self.places)

    @property
    def perplexity(self) -> float:
        """``exp`` of the mean surprisal, 1 or more; not a number without tokens.

        The number of equally likely tokens that would surprise as much at every place (Jelinek et
        al. 1977).
        """
        if not self.places:
            return math.nan
        return likelihoods.perplexity(-self.logprob / len(self.places))

    @property
    def mean_entropy(self) -> float:
        """Mean of `AnswerToken.entropy`, in nats, 0 or more; not a number without tokens."""
        if not self.places:
            return math.nan
        return math.fsum(token.entropy for token in self.places) / len(self.places)

    def low_confidence(
        self,
        *,
        threshold: float = 0.5,
        by: Literal["probability", "entropy"] = "probability",
        min_length: int = 1,
        max_gap: int = 0,
    ) -> TokenSpans:
        """Return the runs of tokens of which the model was not sure, in order of the text.

        Args:
            threshold: A token is unsure when its probability is below this (0 to 1), or its
                entropy (lower bound, nats) above it.
            by: Which of the two.
            min_length: Fewest unsure tokens of a run, 1 or more.
            max_gap: Runs with at most so many sure tokens between them are one.

        Raises:
            InvalidOperationError: An argument is out of its range.
        """
        rules = _spans.Rules(threshold, by, min_length, max_gap)
        return _spans.low_confidence(self.places, rules)

    def forking_tokens(
        self,
        *,
        threshold: float = 0.1,
        label: Label | None = None,
    ) -> ForkingTokens:
        """Return where another token might well have stood, and where that led.

        A place forks when an alternative is recorded with at least the threshold's probability;
        such places decide most of what an answer becomes (Bigelow et al. 2024). Where the forest
        has answers that took the alternative (`fork_at`, or siblings that happen to begin alike),
        they are named, with their outcomes.

        Args:
            threshold: Least probability of the alternative, above 0 up to 1.
            label: From an answer to its outcome (None: it has none), or outcomes by id.

        Raises:
            InvalidOperationError: The threshold is out of its range.
        """
        return _forking.forking_tokens(self, threshold, label)

    def to_records(self) -> Records:
        """Return a row a token; what is infinite or not known is None."""
        return [
            {**token_row(token), "entropy_at_most_nats": self._entropy_at_most(token)}
            for token in self.places
        ]

    def _entropy_at_most(self, token: AnswerToken) -> float | None:
        return None if self.vocabulary is None else token.entropy_at_most(self.vocabulary)

    def __repr__(self) -> str:
        return f"<Tokens: {_strip.headline(self)}>"

    def __str__(self) -> str:
        return f"{_strip.headline(self)}\n{_strip.as_text(self)}".rstrip()

    def _repr_html_(self) -> str:
        return _strip.as_html(self)


def tokens(
    response: AnswerLike, *, forest: AnyForest | None = None, vocabulary: int | None = None
) -> Tokens:
    """Return the tokens of an answer with what their recorded probabilities say.

    Args:
        response: A handle of a client; or a response or its id, with `forest`; or recorded tokens,
            as ``forest.beside.logprobs(response)`` gives them.
        forest: Where the response stands, for what does not know it.
        vocabulary: How many tokens the model knows, 1 or more; with it, rows have an upper bound of
            the entropy, too.

    Raises:
        InvalidOperationError: Nothing is recorded of the response, or it must be loaded first; a
            log-probability is not a number, or plus infinity; or the vocabulary is empty.
        ResponseNotFound: The response is not in the forest.
    """
    found = recorded_of(response, forest)
    if vocabulary is not None and not vocabulary >= 1:
        raise InvalidOperationError(f"a vocabulary of {vocabulary} tokens: give 1 or more, or None")
    places = tuple(AnswerToken(index, one) for index, one in enumerate(found.tokens))
    return Tokens(places, vocabulary, found.forest, found.response)
