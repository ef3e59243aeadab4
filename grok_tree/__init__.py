"""Grow, keep and study forests of language model responses.

The names below are loaded when they are first used, so that importing the package is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from grok_tree import errors

if TYPE_CHECKING:
    from grok_tree.client import (
        AsyncClient,
        Client,
        Conversation,
        Response,
        Sampling,
        SamplingGroup,
        SyncConversation,
        SyncResponse,
        SyncSampling,
        SyncSamplingGroup,
        does_it_work,
    )
    from grok_tree.errors import GrokTreeError
    from grok_tree.forest import Attachment, Budget, Forest, Tool

_HOMES = {
    "AsyncClient": "grok_tree.client",
    "Attachment": "grok_tree.forest",
    "Budget": "grok_tree.forest",
    "Client": "grok_tree.client",
    "Conversation": "grok_tree.client",
    "Forest": "grok_tree.forest",
    "GrokTreeError": "grok_tree.errors",
    "Response": "grok_tree.client",
    "Sampling": "grok_tree.client",
    "SamplingGroup": "grok_tree.client",
    "SyncConversation": "grok_tree.client",
    "SyncResponse": "grok_tree.client",
    "SyncSampling": "grok_tree.client",
    "SyncSamplingGroup": "grok_tree.client",
    "Tool": "grok_tree.forest",
    "does_it_work": "grok_tree.client",
}

__all__ = [
    "AsyncClient",
    "Attachment",
    "Budget",
    "Client",
    "Conversation",
    "Forest",
    "GrokTreeError",
    "Response",
    "Sampling",
    "SamplingGroup",
    "SyncConversation",
    "SyncResponse",
    "SyncSampling",
    "SyncSamplingGroup",
    "Tool",
    "does_it_work",
    "errors",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
