"""Settings of a sampling in the words of other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from grok_tree.forest import ReasoningEffort, Settings

_NUMBERS = ("temperature", "top_p", "min_p", "frequency_penalty", "presence_penalty")
_COUNTS = ("top_k", "max_tokens", "seed")


def settings_of(options: object) -> tuple[Settings, dict[str, Any]]:
    """Return what was asked of a sampler, and the options that have no field.

    Args:
        options: Names to values, as the OpenAI API calls them; anything else is no options.
    """
    rest = dict(options) if isinstance(options, Mapping) else {}
    taken: dict[str, Any] = {}
    for name in _NUMBERS:
        if _is(rest.get(name), int | float):
            taken[name] = float(rest.pop(name))
    for name in _COUNTS:
        if _is(rest.get(name), int) and abs(rest[name]) < 2**63:
            taken[name] = rest.pop(name)
    if rest.get("reasoning_effort") in get_args(ReasoningEffort):
        taken["reasoning_effort"] = rest.pop("reasoning_effort")
    stop = rest.get("stop")
    stops = [stop] if isinstance(stop, str) else stop
    if isinstance(stops, list) and stops and all(isinstance(one, str) for one in stops):
        taken["stop"] = tuple(stops)
        del rest["stop"]
    if rest.get("logprobs") is True:
        taken["logprobs"] = rest.pop("logprobs")
    top = rest.get("top_logprobs")
    if isinstance(top, int) and not isinstance(top, bool) and 0 <= top <= 20:
        taken["top_logprobs"] = rest.pop("top_logprobs")
    return Settings(**taken), {name: one for name, one in rest.items() if one is not None}


def _is(value: object, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
