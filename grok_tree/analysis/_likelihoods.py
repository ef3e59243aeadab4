"""How likely texts are by the recorded log-probabilities of their tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import TokenLogprob


def logprob_of(token: TokenLogprob) -> float:
    """Return the log-probability of a token, in nats, 0 or less; a rounding above 0 is taken as 0.

    Raises:
        InvalidOperationError: It is not a number, or infinite.
    """
    if not token.logprob < math.inf:
        raise InvalidOperationError(
            f"the log-probability of token {token.text!r} at character {token.offset} is"
            f" {token.logprob}; leave out what is not known, and write minus infinity for what is"
            " impossible"
        )
    return min(0.0, token.logprob)


def log_likelihood(tokens: Sequence[TokenLogprob]) -> float:
    """Return the sum of the log-probabilities of tokens (chain rule), in nats, 0 or less.

    Raises:
        InvalidOperationError: One is not a number, or infinite.
    """
    return math.fsum(logprob_of(token) for token in tokens)


def perplexity(mean: float) -> float:
    """Return exp of the mean surprisal of tokens, 1 or more; infinite where it is too large.

    Args:
        mean: Surprisal a token, in nats, 0 or more.
    """
    return math.exp(mean) if mean < _LARGEST else math.inf


_LARGEST = math.log(1e308)
"""Beyond this the result is no longer a number of double precision."""
