"""Who said it, in the words of other programs and in ours."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from grok_tree.forest import Sender

INFERRED = "inferred_role: its role is {role!r}; it was read as {sender!r}"

_SENDERS: Mapping[str, Sender] = MappingProxyType(
    {
        "human": "human",
        "user": "human",
        "prompter": "human",
        "assistant": "assistant",
        "ai": "assistant",
        "bot": "assistant",
        "gpt": "assistant",
        "chatgpt": "assistant",
        "bing": "assistant",
        "bard": "assistant",
        "llm": "assistant",
        "model": "assistant",
        "function_call": "assistant",
        "system": "system",
        "developer": "system",
        "tool": "tool",
        "toolresult": "tool",
        "tool_result": "tool",
        "function": "tool",
        "observation": "tool",
    }
)

ROLES: Mapping[Sender, str] = MappingProxyType(
    {"human": "user", "assistant": "assistant", "system": "system", "tool": "tool"}
)
"""Our senders in the words of the OpenAI API, which most formats use."""


def sender_of(role: object, mended: list[str], *, default: Sender = "assistant") -> Sender:
    """Return who has a role, in any case of letters; who is not known counts as `default`.

    Args:
        role: As the file has it.
        mended: Takes a sentence when the role was guessed.
        default: What an unknown role is read as.
    """
    sender = _SENDERS.get(role.lower()) if isinstance(role, str) else None
    if sender is None:
        sender = default
        # What is no text may be nested as deeply as it likes.
        told = role if isinstance(role, str | int | float | None) else type(role).__name__
        mended.append(INFERRED.format(role=told, sender=sender))
    return sender
