"""What a sampling used, in the words of the OpenAI API, which most programs repeat."""

from __future__ import annotations

from typing import Any

from grok_tree.forest import Usage
from grok_tree.formats._loose import count_of, number_of, object_of, without

_COUNTED = ("prompt_tokens", "input_tokens", "completion_tokens", "output_tokens", "total_tokens")
_DETAILED = (
    "prompt_tokens_details",
    "input_tokens_details",
    "completion_tokens_details",
    "output_tokens_details",
)


def usage_of(found: Any) -> tuple[Usage, dict[str, Any]]:
    """Return what was used, and what no field holds.

    Args:
        found: The object of a file; anything else says nothing.
    """
    usage = object_of(found)
    prompt = object_of(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    completion = object_of(
        usage.get("completion_tokens_details") or usage.get("output_tokens_details")
    )
    sampled = count_of(usage.get("completion_tokens", usage.get("output_tokens")))
    # Providers count what was thought into the answer.
    thought = min(count_of(completion.get("reasoning_tokens")), sampled)
    cost = number_of(usage.get("cost"))
    rest = without(usage, *_COUNTED, "cost")
    for name in _DETAILED:
        left = without(object_of(rest.pop(name, None)), "cached_tokens", "reasoning_tokens")
        if any(left.values()):
            rest[name] = left
    return Usage(
        prompt_tokens=count_of(usage.get("prompt_tokens", usage.get("input_tokens"))),
        cached_prompt_tokens=count_of(prompt.get("cached_tokens")),
        completion_tokens=sampled - thought,
        reasoning_tokens=thought,
        cost_usd=cost if cost is not None and cost >= 0 else None,
    ), rest


def usage_as_told(usage: Usage) -> dict[str, Any]:
    """Return what was used in the words of the API; nothing where nothing was."""
    if usage == Usage():
        return {}
    told: dict[str, Any] = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens + usage.reasoning_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_prompt_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
    return told if usage.cost_usd is None else {**told, "cost": usage.cost_usd}
