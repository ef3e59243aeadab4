"""What was said so far, from xAI's messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import MAX_FIELD_BYTES, Attachment, Sender
from grok_tree.server.xai._attachments import Brought
from grok_tree.server.xai._schema import Schema
from grok_tree.server.xai._tools import call_of
from grok_tree.service import Said, response_in


@dataclass(frozen=True)
class Path:
    """What a call says was said.

    Attributes:
        said: In order, without what the model is told first.
        system_prompt: What it is told first; None when the call does not say.
        files: Contents of attachments by their ids.
    """

    said: tuple[Said, ...]
    system_prompt: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)


def path_of(schema: Schema, messages: Sequence[Any], *, below: bool) -> Path:
    """Return what the messages of a request say.

    Args:
        schema: xAI's words.
        messages: Of the request.
        below: Whether the request names the response that it goes on from.

    Raises:
        InvalidOperationError: A message makes no sense here.
    """
    brought = Brought()
    said = tuple(_said(schema, message, brought) for message in messages)
    # Who says nothing else means it as what is to be answered.
    if said[:1] and (below or said[1:]) and _is_prompt(said[0]):
        return Path(said[1:], said[0].message, brought.files)
    return Path(said, None, brought.files)


def _is_prompt(said: Said) -> bool:
    return said.sender == "system" and len(said.message.encode()) <= MAX_FIELD_BYTES


def _said(schema: Schema, message: Any, brought: Brought) -> Said:
    sender = _sender(schema, message.role)
    token = response_in(message.encrypted_content)
    if sender == "human" and message.encrypted_content:
        raise InvalidOperationError(
            "a message holds a compacted history, which only who made it can read; send the"
            " messages themselves"
        )
    return Said(
        sender=sender,
        message=_text(message.content),
        attachments=_attachments(sender, message.content, brought),
        tool_calls=tuple(call_of(schema, call) for call in message.tool_calls),
        tool_call_id=message.tool_call_id,
        reasoning=message.reasoning_content,
        encrypted_reasoning="" if token else message.encrypted_content,
        response_id=token,
    )


def _sender(schema: Schema, role: int) -> Sender:
    chat = schema.chat
    senders: dict[int, Sender] = {
        chat.ROLE_USER: "human",
        chat.ROLE_ASSISTANT: "assistant",
        chat.ROLE_SYSTEM: "system",
        chat.ROLE_DEVELOPER: "system",
        chat.ROLE_TOOL: "tool",
        chat.ROLE_FUNCTION: "tool",
    }
    if role not in senders:
        raise InvalidOperationError(f"a message has the role {role}; say who it is from")
    return senders[role]


def _text(contents: Iterable[Any]) -> str:
    return "\n".join(one.text for one in contents if one.WhichOneof("content") == "text")


def _attachments(
    sender: Sender, contents: Iterable[Any], brought: Brought
) -> tuple[Attachment, ...]:
    attached = [one for one in contents if one.WhichOneof("content") not in ("text", None)]
    if attached and sender != "human":
        raise InvalidOperationError(
            f"a message of the {sender} has a file or an image; attach them to the user's"
        )
    return tuple(brought.attachment_of(one) for one in attached)
