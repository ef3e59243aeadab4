"""Answers as the original's OpenAI-like messages."""

from __future__ import annotations

from collections.abc import Sequence

from grok_tree.forest import Ended, Response, Token, TokenLogprob, Usage
from grok_tree.wire.original import compat

_LENGTH = ("length", "context")


def choice_of(ended: Ended, tokens: Sequence[Token]) -> compat.Choice:
    """Return a whole answer, with log-probabilities if its tokens have some."""
    said = compat.CompletionMessage(content=ended.response.message, role="assistant")
    return compat.Choice(
        index=ended.index,
        message=said,
        finish_reason=finish_reason_of(ended.response),
        logprobs=logprobs_of(tokens) if tokens else None,
    )


def finish_reason_of(response: Response) -> str:
    """Return why an answer ends: ``length``, or else ``stop``, also when it was stopped by hand."""
    return "length" if response.finish_reason in _LENGTH else "stop"


def logprobs_of(tokens: Sequence[Token]) -> compat.CompatLogprobs:
    """Return the log-probabilities of tokens."""
    known = [one.logprob for one in tokens if one.logprob is not None]
    return compat.CompatLogprobs(content=map(_logprob, known))


def usage_of(usages: Sequence[Usage]) -> compat.CompatUsage:
    """Return what several answers to one prompt used; the prompt counts once."""
    n_prompt = max(one.prompt_tokens for one in usages)
    n_said = sum(one.completion_tokens + one.reasoning_tokens for one in usages)
    return compat.CompatUsage(
        prompt_tokens=n_prompt, completion_tokens=n_said, total_tokens=n_prompt + n_said
    )


def _logprob(known: TokenLogprob) -> compat.CompatLogprob:
    others = [
        compat.CompatTopLogprob(token=one.text, logprob=one.logprob, bytes=one.text.encode())
        for one in known.alternatives
    ]
    return compat.CompatLogprob(
        token=known.text, logprob=known.logprob, bytes=known.text.encode(), top_logprobs=others
    )
