"""What the runtime is asked, in the words of its chat interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grok_tree.forest import Settings
from grok_tree.samplers._contract import Prompt, Turn

DEFAULT_SYSTEM_PROMPT = (
    "You are a helpful assistant. Answer the question in a few short, simple English sentences."
)
"""Sent when nobody gives one: without it the model's template inserts its own."""

_ROLES = {"human": "user", "assistant": "assistant", "system": "system", "tool": "tool"}


def chat_request(turns: Sequence[Turn], prompt: Prompt, settings: Settings) -> dict[str, Any]:
    """Return the request for one streamed answer.

    Args:
        turns: The path, root first.
        prompt: Its system prompt and prefill are used.
        settings: Complete: nothing is left open.
    """
    request: dict[str, Any] = {
        "messages": _messages(turns, prompt),
        "stream": True,
        "stream_options": {"include_usage": True},
        # Progress and timings give a chance to stop during a prompt, and count the tokens.
        "return_progress": True,
        "timings_per_token": True,
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "min_p": settings.min_p,
        "top_k": settings.top_k,
        "max_tokens": settings.max_tokens,
        "seed": settings.seed,
        "cache_prompt": True,
    }
    if settings.stop:
        request["stop"] = list(settings.stop)
    if settings.logprobs:
        # With 0 alternatives the runtime gives no log-probabilities at all.
        request |= {"logprobs": True, "top_logprobs": max(1, settings.top_logprobs)}
    if prompt.prefill:
        request |= {"continue_final_message": True, "add_generation_prompt": False}
    return request


def _messages(turns: Sequence[Turn], prompt: Prompt) -> list[dict[str, str]]:
    said = [Turn("system", prompt.system_prompt or DEFAULT_SYSTEM_PROMPT), *turns]
    if prompt.prefill:
        said.append(Turn("assistant", prompt.prefill))
    return [{"role": _ROLES[turn.sender], "content": turn.message} for turn in said]
