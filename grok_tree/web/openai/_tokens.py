"""Tokens with their log-probabilities, and what was used, in the words of the protocol."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from grok_tree.forest import FinishReason, TokenLogprob, Usage

FINISH_REASONS: dict[FinishReason | None, str] = {
    "stop": "stop",
    "length": "length",
    "context": "length",
    "tool_calls": "tool_calls",
}
"""Why an answer ends; what was cut has no word there, and is an error."""

_UNLIKELY = -9999.0
"""What the protocol says of a token that is too unlikely for a number."""


def chat_logprob(token: TokenLogprob) -> dict[str, Any]:
    """Return a token with its alternatives, as chats and responses show it."""
    others = [_one(other.text, other.logprob) for other in token.alternatives]
    return _one(token.text, token.logprob) | {"top_logprobs": others}


def shown_logprob(logprob: float) -> float:
    """Return a log-probability as a number that JSON has."""
    return logprob if math.isfinite(logprob) else _UNLIKELY


def _one(text: str, logprob: float) -> dict[str, Any]:
    shown = shown_logprob(logprob)
    return {"token": text, "logprob": shown, "bytes": list(text.encode(errors="replace"))}


def chat_usage(usages: Iterable[Usage]) -> dict[str, Any]:
    """Return what all siblings used together."""
    used = list(usages)
    prompt = sum(one.prompt_tokens for one in used)
    thought = sum(one.reasoning_tokens for one in used)
    said = sum(one.completion_tokens for one in used) + thought
    return {
        "prompt_tokens": prompt,
        "completion_tokens": said,
        "total_tokens": prompt + said,
        "prompt_tokens_details": {
            "cached_tokens": sum(one.cached_prompt_tokens for one in used),
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": thought,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
