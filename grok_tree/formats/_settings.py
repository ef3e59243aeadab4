"""Settings of a sampling in the words of other programs, as far as they are possible ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, get_args

import msgspec

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import ReasoningEffort, Settings, Tool, check_settings
from grok_tree.formats._loose import number_of

_NUMBERS = ("temperature", "top_p", "min_p", "frequency_penalty", "presence_penalty")
_COUNTS = ("top_k", "max_tokens", "seed", "top_logprobs")


def settings_of(options: object) -> tuple[Settings, dict[str, Any]]:
    """Return what was asked of a sampler, and the options that have no field.

    Args:
        options: Names to values, as the OpenAI API calls them; anything else is no options.
    """
    rest = dict(options) if isinstance(options, Mapping) else {}
    taken: dict[str, Any] = {}
    for name, value in list(rest.items()):
        read = _read(name, value)
        if read is not None and _fits(**{name: read}):
            taken[name] = read
            del rest[name]
    return Settings(**taken), {name: one for name, one in rest.items() if one is not None}


def with_tools(
    settings: Settings, tools: Iterable[Tool], *, choice: str = "", answer: str = ""
) -> tuple[Settings, dict[str, Any]]:
    """Return settings with the tools that a model had, and what of that cannot be a setting.

    Args:
        settings: Without them.
        tools: In the order of the file.
        choice: Which tool must be called, in our words.
        answer: The JSON Schema that the answer must fit, empty for free text.
    """
    fitting, left = _split(tuple(tools))
    made = msgspec.structs.replace(settings, tools=fitting)
    rest: dict[str, Any] = {"tools": [msgspec.to_builtins(tool) for tool in left]} if left else {}
    for name, value in (("tool_choice", choice), ("response_format", answer)):
        if value and _fits(**{"tools": fitting, name: value}):
            made = msgspec.structs.replace(made, **{name: value})
        elif value:
            rest[name] = value
    return made, rest


def _read(name: str, value: object) -> object:
    """Return a setting in our type, None for what is none."""
    if name in _NUMBERS:
        return number_of(value)
    if name in _COUNTS and isinstance(value, int) and not isinstance(value, bool):
        return value
    if name == "reasoning_effort" and value in get_args(ReasoningEffort):
        return value
    if name == "logprobs" and value is True:
        return value
    if name == "stop":
        stops = [value] if isinstance(value, str) else value
        if isinstance(stops, list) and all(isinstance(one, str) for one in stops):
            return tuple(stops)
    return None


@lru_cache(maxsize=256)
def _split(tools: tuple[Tool, ...]) -> tuple[tuple[Tool, ...], tuple[Tool, ...]]:
    """Return the tools that a request may have, and the others."""
    fitting: tuple[Tool, ...] = ()
    left: tuple[Tool, ...] = ()
    for tool in tools:
        if _fits(tools=(*fitting, tool)):
            fitting += (tool,)
        else:
            left += (tool,)
    return fitting, left


def _fits(**settings: Any) -> bool:
    try:
        check_settings(Settings(**settings))
    except InvalidOperationError:
        return False
    return True
