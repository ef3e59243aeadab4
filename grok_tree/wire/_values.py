"""Between the values of the forest and their messages: two functions a type.

What has its default value stays unset in the message, so that it costs nothing on the wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar, get_args

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    Conversation,
    ConversationChange,
    ConversationId,
    FinishReason,
    MarkChange,
    Marks,
    Model,
    Origin,
    OriginKind,
    Response,
    ResponseDraft,
    ResponseId,
    SearchHit,
    Settings,
    Share,
    Timing,
    Usage,
)
from grok_tree.wire.v1 import forests_pb2 as pb

_ORIGIN_KINDS, _FINISH_REASONS = get_args(OriginKind), get_args(FinishReason)
_NO_SETTINGS, _NO_USAGE, _NO_TIMING = Settings(), Usage(), Timing()
_NO_ORIGIN, _NO_MARKS = Origin(), Marks()
_OPTIONAL_SETTINGS = ("temperature", "top_p", "min_p", "top_k", "max_tokens", "seed")
_USAGE_COUNTS = (
    "prompt_tokens",
    "cached_prompt_tokens",
    "completion_tokens",
    "reasoning_tokens",
)
_ORIGIN_TEXTS = {
    "of": "of_response_id",
    "format": "format",
    "original_id": "original_id",
    "run": "run_id",
    "cell": "cell",
    "door": "door",
    "client": "client",
}
"""Field of the value to field of the message, where None and empty are the same."""
_RESPONSE_PLAIN = (
    "response_id",
    "conversation_id",
    "sender",
    "message",
    "reasoning",
    "manual",
    "partial",
    "shared",
    "query",
    "query_type",
    "model_name",
    "position",
    "revision",
    "deleted",
)
_DRAFT_PLAIN = (
    "sender",
    "message",
    "reasoning",
    "partial",
    "model_name",
    "query",
    "query_type",
)
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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Message = TypeVar("Message", pb.Response, pb.ResponseDraft)

INLINE_BYTES = 512 * 1024
"""Texts of one response that are longer together do not travel with it, but apart."""

_WIDEST = 4
"""Most bytes of a character in UTF-8."""


def time_to_wire(time: datetime) -> Timestamp:
    """Return a time, which must be aware, as a message."""
    message = Timestamp()
    _set_time(message, time)
    return message


def _set_time(message: Timestamp, time: datetime) -> None:
    since = time - _EPOCH
    message.seconds = since.days * 86_400 + since.seconds
    message.nanos = since.microseconds * 1_000


def time_from_wire(message: Timestamp) -> datetime:
    """Return a time, aware and in UTC.

    Raises:
        InvalidOperationError: It is no time between the years 1 and 9999.
    """
    try:
        return message.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidOperationError(
            f"{message.seconds} s and {message.nanos} ns is not a time; send seconds since 1970,"
            " with 0 to 999,999,999 ns"
        ) from error


def settings_to_wire(settings: Settings) -> pb.Settings:
    """Return settings as a message."""
    message = pb.Settings(
        stop=settings.stop, logprobs=settings.logprobs, top_logprobs=settings.top_logprobs
    )
    for name in _OPTIONAL_SETTINGS:
        value = getattr(settings, name)
        if value is not None:
            setattr(message, name, value)
    return message


def settings_from_wire(message: pb.Settings) -> Settings:
    """Return settings from their message."""
    given = {name: getattr(message, name) for name in _OPTIONAL_SETTINGS if message.HasField(name)}
    return Settings(
        stop=tuple(message.stop),
        logprobs=message.logprobs,
        top_logprobs=message.top_logprobs,
        **given,
    )


def usage_to_wire(usage: Usage) -> pb.Usage:
    """Return usage as a message."""
    message = pb.Usage(**{name: getattr(usage, name) for name in _USAGE_COUNTS})
    if usage.cost_usd is not None:
        message.cost_usd = usage.cost_usd
    return message


def usage_from_wire(message: pb.Usage) -> Usage:
    """Return usage from its message."""
    cost = message.cost_usd if message.HasField("cost_usd") else None
    return Usage(cost_usd=cost, **{name: getattr(message, name) for name in _USAGE_COUNTS})


def timing_to_wire(timing: Timing) -> pb.Timing:
    """Return timing as a message."""
    return pb.Timing(first_token_s=timing.first_token_s, duration_s=timing.duration_s)


def timing_from_wire(message: pb.Timing) -> Timing:
    """Return timing from its message."""
    first = message.first_token_s if message.HasField("first_token_s") else None
    return Timing(first_token_s=first, duration_s=message.duration_s)


def origin_to_wire(origin: Origin) -> pb.Origin:
    """Return an origin as a message."""
    message = pb.Origin()
    _set_origin(message, origin)
    return message


def _set_origin(message: pb.Origin, origin: Origin) -> None:
    message.kind = origin.kind
    if origin.repairs:
        message.repairs.extend(origin.repairs)
    if origin.provenance:
        message.provenance.update(origin.provenance)
    if origin.offset is not None:
        message.offset = origin.offset
    for ours, theirs in _ORIGIN_TEXTS.items():
        text = getattr(origin, ours)
        if text:
            setattr(message, theirs, text)


def origin_from_wire(message: pb.Origin) -> Origin:
    """Return an origin from its message; an empty kind means sampled."""
    texts: dict[str, Any] = {
        ours: getattr(message, theirs) or None for ours, theirs in _ORIGIN_TEXTS.items()
    }
    return Origin(
        kind=_one_of(message.kind or "sampled", _ORIGIN_KINDS, "origin"),
        offset=message.offset if message.HasField("offset") else None,
        repairs=tuple(message.repairs),
        provenance=dict(message.provenance),
        **texts,
    )


def marks_to_wire(marks: Marks) -> pb.Marks:
    """Return marks as a message."""
    times = {name: time_to_wire(time) for name, time in marks.times.items()}
    return pb.Marks(
        starred=marks.starred,
        tags=marks.tags,
        note=marks.note,
        scores=marks.scores,
        times=times,
    )


def marks_from_wire(message: pb.Marks) -> Marks:
    """Return marks from their message."""
    return Marks(
        starred=message.starred,
        tags=tuple(message.tags),
        note=message.note,
        scores=dict(message.scores),
        times={name: time_from_wire(time) for name, time in message.times.items()},
    )


def response_to_wire(response: Response) -> pb.Response:
    """Return a response as a message; texts that are too long to travel with it are left out."""
    apart = texts_size(response, above=INLINE_BYTES) > INLINE_BYTES
    if apart:
        response = msgspec.structs.replace(response, message="", reasoning="")
    # Written out, because this runs once for each response that travels.
    message = pb.Response(
        response_id=response.response_id,
        conversation_id=response.conversation_id,
        parent_response_id=response.parent_response_id or "",
        sender=response.sender,
        message=response.message,
        reasoning=response.reasoning,
        manual=response.manual,
        partial=response.partial,
        shared=response.shared,
        query=response.query,
        query_type=response.query_type,
        model_name=response.model_name,
        finish_reason=response.finish_reason or "",
        position=response.position,
        revision=response.revision,
        deleted=response.deleted,
        text_apart=apart,
    )
    _set_time(message.create_time, response.create_time)
    _facts_to_wire(response, message)
    return message


def responses_to_wire(responses: Iterable[Response]) -> list[pb.Response]:
    """Return responses for one message; texts for which there is no room any more are left out."""
    messages = []
    room = INLINE_BYTES
    for response in responses:
        message = response_to_wire(response)
        size = len(message.message.encode()) + len(message.reasoning.encode())
        if size > room:
            message.text_apart = True
            message.message = message.reasoning = ""
        else:
            room -= size
        messages.append(message)
    return messages


def texts_size(texts: Response | ResponseDraft, *, above: int = 0) -> int:
    """Return how many bytes the texts of a response have in UTF-8.

    Args:
        texts: What has them.
        above: Only a size above this one has to be exact, which is quicker for short texts.
    """
    at_most = (len(texts.message) + len(texts.reasoning)) * _WIDEST
    if at_most <= above:
        return at_most
    return len(texts.message.encode()) + len(texts.reasoning.encode())


def iter_pieces(text: str) -> Iterator[str]:
    """Yield a long text in pieces that each fit into a message with room to spare."""
    step = INLINE_BYTES // _WIDEST
    for begin in range(0, len(text), step):
        yield text[begin : begin + step]


def response_from_wire(message: pb.Response) -> Response:
    """Return a response from its message."""
    plain = {name: getattr(message, name) for name in _RESPONSE_PLAIN}
    return Response(
        parent_response_id=_id_or_none(message.parent_response_id),
        finish_reason=_one_of(message.finish_reason or None, _FINISH_REASONS, "finish reason"),
        create_time=time_from_wire(message.create_time),
        **plain,
        **_facts_from_wire(message),
    )


def draft_to_wire(draft: ResponseDraft) -> pb.ResponseDraft:
    """Return a draft as a message."""
    message = pb.ResponseDraft(
        parent_response_id=draft.parent_response_id or "",
        parent_index=draft.parent_index,
        finish_reason=draft.finish_reason or "",
        **{name: getattr(draft, name) for name in _DRAFT_PLAIN},
    )
    if draft.create_time is not None:
        message.create_time.CopyFrom(time_to_wire(draft.create_time))
    _facts_to_wire(draft, message)
    return message


def draft_from_wire(message: pb.ResponseDraft) -> ResponseDraft:
    """Return a draft from its message; without an origin it counts as sampled."""
    plain = {name: getattr(message, name) for name in _DRAFT_PLAIN}
    created = message.create_time if message.HasField("create_time") else None
    return ResponseDraft(
        parent_response_id=_id_or_none(message.parent_response_id),
        parent_index=message.parent_index if message.HasField("parent_index") else None,
        finish_reason=_one_of(message.finish_reason or None, _FINISH_REASONS, "finish reason"),
        create_time=None if created is None else time_from_wire(created),
        **plain,
        **_facts_from_wire(message),
    )


def _facts_to_wire(value: Response | ResponseDraft, message: Message) -> None:
    if value.settings is not _NO_SETTINGS and value.settings != _NO_SETTINGS:
        message.settings.CopyFrom(settings_to_wire(value.settings))
    if value.usage is not _NO_USAGE and value.usage != _NO_USAGE:
        message.usage.CopyFrom(usage_to_wire(value.usage))
    if value.timing is not _NO_TIMING and value.timing != _NO_TIMING:
        message.timing.CopyFrom(timing_to_wire(value.timing))
    if value.origin is not _NO_ORIGIN and value.origin != _NO_ORIGIN:
        _set_origin(message.origin, value.origin)
    if value.marks is not _NO_MARKS and value.marks != _NO_MARKS:
        message.marks.CopyFrom(marks_to_wire(value.marks))


def _facts_from_wire(message: Message) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if message.HasField("settings"):
        facts["settings"] = settings_from_wire(message.settings)
    if message.HasField("usage"):
        facts["usage"] = usage_from_wire(message.usage)
    if message.HasField("timing"):
        facts["timing"] = timing_from_wire(message.timing)
    facts["origin"] = origin_from_wire(message.origin) if message.HasField("origin") else _NO_ORIGIN
    if message.HasField("marks"):
        facts["marks"] = marks_from_wire(message.marks)
    return facts


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
    )


def _one_of(value: Any, known: tuple[Any, ...], what: str) -> Any:
    """Return a value of a closed set; what the store could not read back must not come in."""
    if value is not None and value not in known:
        raise InvalidOperationError(
            f"{value!r} is no {what}; it must be one of: {', '.join(known)}"
        )
    return value


def _id_or_none(text: str) -> ResponseId | None:
    return ResponseId(text) if text else None
