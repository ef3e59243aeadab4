"""Between the values of the forest and their messages: two functions a type.

What has its default value stays unset in the message, so that it costs nothing on the wire.
"""

from __future__ import annotations

from typing import Any

import msgspec

from grok_tree.forest import (
    Conversation,
    ConversationChange,
    ConversationId,
    MarkChange,
    Model,
    Prices,
    ResponseId,
    SearchHit,
    Share,
)
from grok_tree.wire._facts import time_from_wire, time_to_wire
from grok_tree.wire._responses import _id_or_none
from grok_tree.wire.v1 import forests_pb2 as pb

_CONVERSATION_PLAIN = (
    "conversation_id",
    "title",
    "starred",
    "model_name",
    "system_prompt",
    "system_prompt_name",
    "revision",
    "deleted",
    "n_responses",
)
_CHANGE_FIELDS = (
    "title",
    "starred",
    "model_name",
    "system_prompt",
    "system_prompt_name",
)


def conversation_to_wire(conversation: Conversation) -> pb.Conversation:
    """Return a conversation as a message."""
    return pb.Conversation(
        create_time=time_to_wire(conversation.create_time),
        modify_time=time_to_wire(conversation.modify_time),
        leaf_response_id=conversation.leaf_response_id or "",
        **{name: getattr(conversation, name) for name in _CONVERSATION_PLAIN},
    )


def conversation_from_wire(message: pb.Conversation) -> Conversation:
    """Return a conversation from its message."""
    plain = {name: getattr(message, name) for name in _CONVERSATION_PLAIN}
    return Conversation(
        create_time=time_from_wire(message.create_time),
        modify_time=time_from_wire(message.modify_time),
        leaf_response_id=_id_or_none(message.leaf_response_id),
        **plain,
    )


def change_to_wire(
    request_id: str, conversation_id: str, change: ConversationChange
) -> pb.UpdateConversationRequest:
    """Return the request that changes a conversation; what is unset stays absent."""
    message = pb.UpdateConversationRequest(request_id=request_id, conversation_id=conversation_id)
    for name in _CHANGE_FIELDS:
        value = getattr(change, name)
        if value is not msgspec.UNSET:
            setattr(message, name, value)
    if change.leaf_response_id is not msgspec.UNSET:
        message.leaf_response_id = change.leaf_response_id or ""
    return message


def change_from_wire(message: pb.UpdateConversationRequest) -> ConversationChange:
    """Return the change that a request asks for."""
    given: dict[str, Any] = {
        name: getattr(message, name) for name in _CHANGE_FIELDS if message.HasField(name)
    }
    if message.HasField("leaf_response_id"):
        given["leaf_response_id"] = _id_or_none(message.leaf_response_id)
    return ConversationChange(**given)


def mark_change_to_wire(
    request_id: str, response_id: str, change: MarkChange
) -> pb.MarkResponseRequest:
    """Return the request that changes marks."""
    message = pb.MarkResponseRequest(
        request_id=request_id,
        response_id=response_id,
        add_tags=change.add_tags,
        remove_tags=change.remove_tags,
        scores=change.scores,
        remove_scores=change.remove_scores,
    )
    if change.starred is not None:
        message.starred = change.starred
    if change.note is not None:
        message.note = change.note
    return message


def mark_change_from_wire(message: pb.MarkResponseRequest) -> MarkChange:
    """Return the change of marks that a request asks for."""
    return MarkChange(
        starred=message.starred if message.HasField("starred") else None,
        note=message.note if message.HasField("note") else None,
        add_tags=tuple(message.add_tags),
        remove_tags=tuple(message.remove_tags),
        scores=dict(message.scores),
        remove_scores=tuple(message.remove_scores),
    )


def share_to_wire(share: Share) -> pb.ShareInfo:
    """Return a share as a message."""
    return pb.ShareInfo(
        share_id=share.share_id,
        url=share.url,
        response_id=share.response_id,
        create_time=time_to_wire(share.create_time),
    )


def share_from_wire(message: pb.ShareInfo) -> Share:
    """Return a share from its message."""
    return Share(
        share_id=message.share_id,
        url=message.url,
        response_id=ResponseId(message.response_id),
        create_time=time_from_wire(message.create_time),
    )


def hit_to_wire(hit: SearchHit) -> pb.SearchHit:
    """Return a search hit as a message."""
    return pb.SearchHit(
        conversation_id=hit.conversation_id,
        response_id=hit.response_id or "",
        snippet=hit.snippet,
        title=hit.title,
    )


def hit_from_wire(message: pb.SearchHit) -> SearchHit:
    """Return a search hit from its message."""
    return SearchHit(
        conversation_id=ConversationId(message.conversation_id),
        response_id=_id_or_none(message.response_id),
        snippet=message.snippet,
        title=message.title,
    )


def model_to_wire(model: Model) -> pb.Model:
    """Return a model as a message."""
    return pb.Model(
        name=model.name,
        description=model.description,
        context_length=model.context_length,
        capabilities=model.capabilities,
        is_default=model.is_default,
        available=model.available,
        unavailable_because=model.unavailable_because,
        aliases=model.aliases,
        prices=None if model.prices is None else pb.Prices(**msgspec.structs.asdict(model.prices)),
        default_max_tokens=model.default_max_tokens,
    )


def model_from_wire(message: pb.Model) -> Model:
    """Return a model from its message."""
    return Model(
        name=message.name,
        description=message.description,
        context_length=message.context_length,
        capabilities=tuple(message.capabilities),
        is_default=message.is_default,
        unavailable_because=message.unavailable_because,
        aliases=tuple(message.aliases),
        prices=_prices_from_wire(message.prices) if message.HasField("prices") else None,
        default_max_tokens=message.default_max_tokens,
    )


def _prices_from_wire(message: pb.Prices) -> Prices:
    names = Prices.__struct_fields__
    return Prices(**{n: getattr(message, n) if message.HasField(n) else None for n in names})
