"""The fields of responses and conversations as attributes of a graph's nodes, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from grok_tree.forest import Conversation, Response, ResponseDraft, Sender
from grok_tree.formats._json import raw_json
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import SourceConversation, SourceNode, node

TEXTS = ("sender", "message", "reasoning", "model_name", "finish_reason")
"""Fields that are plain texts, and stand as such."""

_TEXT_NAMES = ("message", "text", "content", "label", "title", "name")
_SENDER_NAMES = ("sender", "role", "author")
_NOT_SAID = {"parent_response_id", "parent_index", "origin"}
_KINDS = {
    one.name: one.type
    for one in msgspec.structs.fields(ResponseDraft)
    if one.name not in {"sender", "message"} | _NOT_SAID
}
_OF_CONVERSATION = ("title", "create_time", "modify_time", "starred", "system_prompt")
_ABOUT_KINDS = {
    one.name: one.type
    for one in msgspec.structs.fields(SourceConversation)
    if one.name in _OF_CONVERSATION
}
_SCALARS = (str, int, float, bool)

EXTRA_PARENT = "extra_parent: it also hangs on {parent}; a response has one parent, the first"

GRAPH_LOSSES = (
    "origin, manual, shared and logprobs",
    "model_name, system_prompt_name and revision of the conversation",
    "ids as such: they become the original_id of what is read back",
)
"""What a graph does not hold."""


def attributes_of(response: Response) -> dict[str, Any]:
    """Return what a response says that can be read back, by the names of its fields."""
    said = msgspec.to_builtins(response)
    found = {name: said[name] for name in TEXTS if said[name] or name == "message"}
    for name in _KINDS:
        if name not in TEXTS and said[name] not in _nothing(name):
            found[name] = said[name]
    return found


def attributes_of_conversation(conversation: Conversation, leaf: str | None) -> dict[str, Any]:
    """Return a conversation's own fields, and where it goes on."""
    said = msgspec.to_builtins(conversation)
    found = {name: said[name] for name in _OF_CONVERSATION if said[name]}
    found["conversation_id"] = conversation.conversation_id
    return found | ({} if leaf is None else {"leaf": leaf})


def found_node(key: str, attributes: Mapping[str, Any], parents: Sequence[str]) -> SourceNode:
    """Return a node of any graph.

    Args:
        key: Its id.
        attributes: What the graph says of it.
        parents: What it hangs on; all but the first are kept beside.
    """
    rest = dict(attributes)
    mended = [EXTRA_PARENT.format(parent=one) for one in parents[1:]]
    sender = _sender(rest, mended)
    text = _text(rest)
    said = dict(_fields(rest, _KINDS))
    if len(parents) > 1:
        rest["links"] = list(parents[1:])
    return node(
        sender,
        key if text is None else text,
        key=key,
        parent=parents[0] if parents else None,
        repairs=mended,
        raw=raw_json(rest),
        **said,
    )


def found_conversation(
    nodes: list[SourceNode], attributes: Mapping[str, Any]
) -> SourceConversation:
    """Return a graph as a conversation."""
    rest = dict(attributes)
    leaf = rest.get("leaf")
    key = rest.get("conversation_id")
    return SourceConversation(
        nodes=nodes,
        key=key if isinstance(key, str) and key else None,
        leaf=leaf if isinstance(leaf, str) else None,
        **dict(_fields(rest, _ABOUT_KINDS)),
    )


def _sender(rest: dict[str, Any], mended: list[str]) -> Sender:
    name = next((one for one in _SENDER_NAMES if isinstance(rest.get(one), str)), None)
    return sender_of(None if name is None else rest.pop(name), mended)


def _text(rest: dict[str, Any]) -> str | None:
    """Take a node's text from its attributes; None if it has nothing of the kind."""
    for name in _TEXT_NAMES:
        if isinstance(rest.get(name), _SCALARS):
            return str(rest.pop(name))
    return None


def _fields(rest: dict[str, Any], kinds: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Take what is a field of ours, and of the right type, out of what a graph says."""
    for name in [one for one in rest if one in kinds]:
        try:
            value = msgspec.convert(rest[name], kinds[name])
        except msgspec.ValidationError:
            continue
        del rest[name]
        yield name, value


def _nothing(name: str) -> tuple[Any, ...]:
    return (None, "", [], {}, False) if name != "create_time" else ()
