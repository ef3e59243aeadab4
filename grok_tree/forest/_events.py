"""What happens during a sampling, as values: the same events from sampler to notebook.

`index` says which sibling an event belongs to, from 0.
"""

from __future__ import annotations

import msgspec

from grok_tree.errors import GrokTreeError
from grok_tree.forest._ids import ResponseId
from grok_tree.forest._parts import Attachment, Citation, ToolCall
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


class Searched(msgspec.Struct, frozen=True):
    """The model searched.

    Attributes:
        query: What it looked for.
        query_type: Where: ``web``, ``x``, or the provider's word.
        index: The sibling.
    """

    query: str
    query_type: str = ""
    index: int = 0


class ToolCalled(msgspec.Struct, frozen=True):
    """The model called a tool; the call is complete."""

    tool_call: ToolCall
    index: int = 0


class Cited(msgspec.Struct, frozen=True):
    """The model named a source."""

    citation: Citation
    index: int = 0


class Pictured(msgspec.Struct, frozen=True):
    """The model made an image.

    Attributes:
        attachment: Where it is; from a sampler that hands over `data`, without a `file_id`.
        index: The sibling.
        data: Its bytes, for the store to keep; empty everywhere above the service.
    """

    attachment: Attachment
    index: int = 0
    data: bytes = b""


Part = Searched | ToolCalled | Cited | Pictured
"""What comes whole, beside the text."""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A sampler is done with one sibling.

    Attributes:
        finish_reason: Why it ends.
        index: The sibling.
        usage: What it used.
        provenance: What produced it, in the sampler's own words. Known everywhere: ``model`` (the
            name under which the provider served it), ``request_id`` (the provider's), ``seed``.
        encrypted_reasoning: What the provider wants back with the next turn.
    """

    finish_reason: FinishReason = "stop"
    index: int = 0
    usage: Usage = Usage()
    provenance: dict[str, str] = {}
    encrypted_reasoning: str = ""


SamplerEvent = Token | Reasoning | Part | Finished
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


SamplingEvent = Started | Token | Reasoning | Part | Ended
"""What a reader of a sampling sees; one `Started`, and one `Ended` for every sibling."""


def parts_of(response: Response, index: int) -> list[Part]:
    """Return what stands beside the text of a stored answer, as the events that brought it."""
    queries = response.query.split("\n") if response.query else []
    kinds = response.query_type.split("\n")
    kinds += [""] * (len(queries) - len(kinds))
    return [
        *(Searched(query, kind, index) for query, kind in zip(queries, kinds, strict=False)),
        *(Pictured(attachment, index) for attachment in response.attachments),
        *(ToolCalled(call, index) for call in response.tool_calls),
        *(Cited(citation, index) for citation in response.citations),
    ]
