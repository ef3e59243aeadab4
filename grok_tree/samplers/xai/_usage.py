"""What an answer used and cost."""

from __future__ import annotations

from typing import Any

from grok_tree.forest import Usage, usd_of

_BYTES_PER_TOKEN = 4
"""Of English; only for an answer whose tokens nobody counted."""


def usage_of(counted: Any) -> Usage:
    """Return xAI's figures; figures that contradict each other are marked as estimated."""
    prompt = max(counted.prompt_tokens, 0)
    cached = max(counted.cached_prompt_text_tokens, 0)
    has_cost = counted.HasField("cost_in_usd_ticks")
    return Usage(
        prompt_tokens=prompt,
        cached_prompt_tokens=min(cached, prompt),
        completion_tokens=max(counted.completion_tokens, 0),
        reasoning_tokens=max(counted.reasoning_tokens, 0),
        cost_usd=usd_of(counted.cost_in_usd_ticks) if has_cost else None,
        estimated=cached > prompt,
    )


def estimated_usage(n_prompt_bytes: int, n_bytes: int) -> Usage:
    """Return figures for an answer that xAI did not count."""
    return Usage(
        prompt_tokens=-(-n_prompt_bytes // _BYTES_PER_TOKEN),
        completion_tokens=-(-n_bytes // _BYTES_PER_TOKEN),
        estimated=True,
    )
