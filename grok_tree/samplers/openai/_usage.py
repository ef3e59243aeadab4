"""What servers say was used, checked against what came."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from grok_tree.forest import Usage
from grok_tree.samplers.openai._chunks import Raw, read_part

BYTES_A_TOKEN = 4
"""A rough rule for text in European languages; used where a server does not count."""


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Reported(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int = 0
    total_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


@dataclass(slots=True)
class Count:
    """What we counted of one sibling ourselves: pieces, of which most are one token."""

    n_completion: int = 0
    n_reasoning: int = 0

    @property
    def n_all(self) -> int:
        """All that the model said."""
        return self.n_completion + self.n_reasoning


def reported_usage(raw: Raw, n_came: int) -> Usage | None:
    """Return what a server says, None when it says nothing or contradicts itself.

    Servers include the tokens of reasoning in those of the answer, or do not; the total tells.

    Args:
        raw: The usage of a chunk.
        n_came: How many pieces came.
    """
    said = read_part(raw, _Reported)
    if said is None:
        return None
    cached = (said.prompt_tokens_details and said.prompt_tokens_details.cached_tokens) or 0
    details = said.completion_tokens_details
    reasoning = (details and details.reasoning_tokens) or 0
    completion = said.completion_tokens
    n_beside = said.prompt_tokens + completion
    apart = reasoning > completion or (
        said.total_tokens == n_beside + reasoning and said.total_tokens != n_beside
    )
    if not apart:
        completion -= reasoning
    if min(said.prompt_tokens, cached, reasoning, completion) < 0 or cached > said.prompt_tokens:
        return None
    if (said.total_tokens is not None and said.total_tokens < n_beside) or (
        n_came and not completion + reasoning
    ):
        return None
    return Usage(
        prompt_tokens=said.prompt_tokens,
        cached_prompt_tokens=cached,
        completion_tokens=completion,
        reasoning_tokens=reasoning,
    )


def shared_usages(
    reports: Sequence[Usage], counts: Sequence[Count], prompt_bytes: int
) -> list[Usage]:
    """Return the usage of each sibling of one request.

    A server that reports once has computed the prompt once: the prompt counts for the first
    sibling, so that the siblings together used what was reported.

    Args:
        reports: What the server said: for each sibling in order, or once for all.
        counts: Of each sibling.
        prompt_bytes: Size of the prompt, for an estimate.
    """
    if len(reports) == len(counts):
        return list(reports)
    if len(reports) != 1:
        return [_estimate(count, prompt_bytes if not at else 0) for at, count in enumerate(counts)]
    (whole,) = reports
    texts = _split(whole.completion_tokens, [count.n_completion for count in counts])
    thoughts = _split(whole.reasoning_tokens, [count.n_reasoning for count in counts])
    return [
        Usage(
            prompt_tokens=0 if at else whole.prompt_tokens,
            cached_prompt_tokens=0 if at else whole.cached_prompt_tokens,
            completion_tokens=texts[at],
            reasoning_tokens=thoughts[at],
            estimated=True,
        )
        for at in range(len(counts))
    ]


def _estimate(count: Count, prompt_bytes: int) -> Usage:
    return Usage(
        prompt_tokens=prompt_bytes // BYTES_A_TOKEN,
        completion_tokens=count.n_completion,
        reasoning_tokens=count.n_reasoning,
        estimated=True,
    )


def _split(total: int, weights: Sequence[int]) -> list[int]:
    """Return whole shares of a total, in proportion to weights, that sum up to it."""
    if not any(weights):
        weights = [1] * len(weights)
    bounds = [0]
    for weight in weights:
        bounds.append(bounds[-1] + weight)
    ends = [total * bound // bounds[-1] for bound in bounds]
    return [end - begin for begin, end in itertools.pairwise(ends)]
