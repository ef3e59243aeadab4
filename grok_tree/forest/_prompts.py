"""The named system prompts that every server begins with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from grok_tree.errors import InvalidOperationError

NAMED_PROMPTS: Mapping[str, str] = MappingProxyType(
    {
        "fun": "You are a witty assistant. Answer with a good joke and a true fact, in English.",
    }
)
"""Name to text; ``"fun"`` is what the original's fun mode asked for."""


def named_prompt(name: str) -> str:
    """Return the text of a named prompt; empty for an empty name.

    Raises:
        InvalidOperationError: The registry has no such name; the message has those it has.
    """
    if name and name not in NAMED_PROMPTS:
        known = ", ".join(sorted(NAMED_PROMPTS))
        raise InvalidOperationError(f"no system prompt is named {name!r}; there are: {known}")
    return NAMED_PROMPTS.get(name, "")
