"""Where the recorded probabilities of an answer are found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from grok_tree.analysis._given import AnyForest, OneResponse, forest_around, id_of
from grok_tree.analysis._samples import is_sampled
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, Response, TokenLogprob

_HOW = "sample it with logprobs=True, top_logprobs=5"


@dataclass(frozen=True)
class Recorded:
    """What is recorded of one answer.

    Attributes:
        tokens: The tokens, in order.
        forest: Where the answer stands; None where tokens were given alone.
        response: The answer; None where tokens were given alone.
    """

    tokens: Sequence[TokenLogprob]
    forest: Forest | None = None
    response: Response | None = None


AnswerLike = OneResponse | Sequence[TokenLogprob]
"""A handle of a response; a response or its id beside a forest; or the tokens themselves."""


def recorded_of(given: AnswerLike, forest: AnyForest | None) -> Recorded:
    """Return the recorded tokens of an answer.

    Raises:
        InvalidOperationError: There are none, or a forest is missing, or one is no number.
        ResponseNotFound: The response is not in the forest.
    """
    if isinstance(given, Sequence) and not isinstance(given, str):
        return Recorded(numbers_of(given))
    snapshot, response = placed(given, forest)
    return Recorded(numbers_of(logprobs_of(snapshot, response)), snapshot, response)


def numbers_of(tokens: Sequence[TokenLogprob]) -> Sequence[TokenLogprob]:
    """Return recorded tokens, all of whose log-probabilities are such.

    Raises:
        InvalidOperationError: One is not a number, or plus infinity.
    """
    for index, one in enumerate(tokens):
        logprobs = (one.logprob, *(other.logprob for other in one.alternatives))
        if not all(logprob < math.inf for logprob in logprobs):
            raise InvalidOperationError(
                f"the log-probabilities of token {index}, {one.text!r}, are not all numbers; leave"
                " out what is not known, and write minus infinity for what is impossible"
            )
    return tokens


def placed(given: OneResponse, forest: AnyForest | None) -> tuple[Forest, Response]:
    """Return a response and the snapshot that it stands in.

    Raises:
        InvalidOperationError: It is not a handle, and no forest was given.
        ResponseNotFound: It is not in the forest.
    """
    snapshot = forest_around([given], forest)
    return snapshot, snapshot[id_of(given)]


def logprobs_of(forest: Forest, response: Response) -> Sequence[TokenLogprob]:
    """Return the recorded tokens of a response.

    Raises:
        InvalidOperationError: None are recorded; or they are not loaded, and nobody may wait.
    """
    found = logprobs_if_any(forest, response)
    if not found and (response.message or not response.settings.logprobs):
        raise _without(response)
    return found


def logprobs_if_any(forest: Forest, response: Response) -> Sequence[TokenLogprob]:
    """Return the recorded tokens of a response, empty where none are recorded.

    Raises:
        InvalidOperationError: They are recorded but not loaded, and nobody may wait for them.
    """
    try:
        return forest.beside.logprobs(response)
    except InvalidOperationError:
        # A snapshot that cannot wait says so of every response, also of those that have none.
        if response.settings.logprobs:
            raise
        return ()


def _without(response: Response) -> InvalidOperationError:
    who = response.response_id
    if not is_sampled(response):
        return InvalidOperationError(
            f"response {who} was not sampled (sender {response.sender}), so its tokens have no"
            " log-probabilities; give an answer of a model",
            response_id=who,
        )
    return InvalidOperationError(
        f"no log-probabilities are recorded of response {who}; {_HOW}", response_id=who
    )
