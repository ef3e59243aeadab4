"""The named system prompts that every server begins with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NAMED_PROMPTS: Mapping[str, str] = MappingProxyType(
    {
        "fun": "You are a witty assistant. Answer with a good joke and a true fact, in English.",
    }
)
"""Name to text; ``"fun"`` is what the original's fun mode asked for."""
