"""What xAI wants back of an answer: its encrypted thoughts, and of a search all of its steps."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from grok_tree.samplers.xai._schema import Schema

_STEPS = "xai-steps:"
"""Before an answer of several steps; what xAI encrypts itself does not hold a colon."""


@dataclass
class Step:
    """One output of an answer: what the model said, or what a tool of xAI gave it."""

    role: int
    texts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    encrypted: list[str] = field(default_factory=list)
    calls: list[Any] = field(default_factory=list)


def to_send_back(schema: Schema, steps: Sequence[Step]) -> str:
    """Return what is kept of an answer for the next turn; empty when xAI encrypted nothing."""
    if not any(step.encrypted for step in steps):
        return ""
    if len(steps) == 1:
        return "".join(steps[0].encrypted)
    messages = [_message(schema, step) for step in steps]
    packed = schema.chat.GetCompletionsRequest(messages=messages).SerializeToString()
    return _STEPS + base64.b64encode(packed).decode()


def replayed(schema: Schema, kept: str) -> Sequence[Any]:
    """Return the messages of an answer of several steps; none when it was only one."""
    if not kept.startswith(_STEPS):
        return ()
    from google.protobuf.message import DecodeError

    request = schema.chat.GetCompletionsRequest()
    try:
        request.ParseFromString(base64.b64decode(kept.removeprefix(_STEPS), validate=True))
    except (binascii.Error, ValueError, DecodeError):
        # Somebody changed it on its way through a file; the text alone is still right.
        return ()
    return tuple(request.messages)


def encrypted_alone(kept: str) -> str:
    """Return the encrypted thoughts of an answer of one step."""
    return "" if kept.startswith(_STEPS) else kept


def _message(schema: Schema, step: Step) -> Any:
    chat = schema.chat
    # A tool's output repeats the call that it answers.
    answers = step.calls[0].id if step.role == chat.ROLE_TOOL and step.calls else None
    return chat.Message(
        role=step.role,
        content=[chat.Content(text="".join(step.texts))],
        reasoning_content="".join(step.reasoning) or None,
        encrypted_content="".join(step.encrypted),
        tool_calls=step.calls,
        tool_call_id=answers,
    )
