"""What happens during a sampling, as values: the same events from sampler to notebook.

`index` says which sibling an event belongs to, from 0.
"""

from __future__ import annotations

import msgspec

from grok_tree.errors import GrokTreeError
from grok_tree.forest._ids import ResponseId
from grok_tree.forest._values import FinishReason, Response, Usage


class TokenAlternative(msgspec.Struct, frozen=True):
    """A token the model might have sampled instead, with its natural log-probability."""

    text: str
    logprob: float


class TokenLogprob(msgspec.Struct, frozen=True):
    """A sampled token with its natural log-probability.

    Attributes:
        text: The token's text.
        logprob: Natural logarithm of its probability under the raw model.
        alternatives: The likeliest tokens at this place, likeliest first.
        offset: Where the token begins in the response's message, in characters.
    """

    text: str
    logprob: float
    alternatives: tuple[TokenAlternative, ...] = ()
    offset: int = 0


class Token(msgspec.Struct, frozen=True):
    """One piece of the answer's text.

    Attributes:
        text: The piece; the pieces of one sibling joined are its message.
        index: The sibling.
        offset: Where the piece begins in the message, in characters.
        logprob: Present where log-probabilities were asked for.
    """

    text: str
    index: int = 0
    offset: int = 0
    logprob: TokenLogprob | None = None


class Reasoning(msgspec.Struct, frozen=True):
    """One piece of what the model thinks before it answers."""

    text: str
    index: int = 0


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A sampler is done with one sibling."""

    finish_reason: FinishReason = "stop"
    index: int = 0
    usage: Usage = Usage()
    provenance: dict[str, str] = {}


SamplerEvent = Token | Reasoning | Finished
"""What a sampler yields; exactly one `Finished` for every sibling."""


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """The server has stored the human response and asks the model now.

    Attributes:
        sampling_id: For cancelling and following it; empty where that is not known any more.
        human_response: What was stored; None when the message was empty.
        response_ids: The ids that the siblings have, in order of index.
        model_name: The model that is sampled.
    """

    sampling_id: str
    human_response: Response | None
    response_ids: tuple[ResponseId, ...]
    model_name: str


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """One sibling has ended and is stored.

    Attributes:
        response: Complete, or partial with its `finish_reason`.
        error: Why the model failed; None when it finished or was cancelled.
    """

    response: Response
    index: int = 0
    error: GrokTreeError | None = None


SamplingEvent = Started | Token | Reasoning | Ended
"""What a reader of a sampling sees; one `Started`, and one `Ended` for every sibling."""
