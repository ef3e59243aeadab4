"""Responses and drafts as messages and back; long texts travel apart from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, get_args

import msgspec

from grok_tree.forest import (
    FinishReason,
    Marks,
    Origin,
    Response,
    ResponseDraft,
    ResponseId,
    Settings,
    Timing,
    Usage,
)
from grok_tree.wire._facts import (
    marks_from_wire,
    marks_to_wire,
    one_of,
    origin_from_wire,
    set_origin,
    set_time,
    settings_from_wire,
    settings_to_wire,
    time_from_wire,
    time_to_wire,
    timing_from_wire,
    timing_to_wire,
    usage_from_wire,
    usage_to_wire,
)
from grok_tree.wire._parts import (
    attachment_from_wire,
    attachment_to_wire,
    citation_from_wire,
    citation_to_wire,
    tool_call_from_wire,
    tool_call_to_wire,
)
from grok_tree.wire.v1 import forests_pb2 as pb

_FINISH_REASONS = get_args(FinishReason)
_NO_SETTINGS = Settings()
_NO_USAGE = Usage()
_NO_TIMING = Timing()
_NO_ORIGIN = Origin()
_NO_MARKS = Marks()

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
Message = TypeVar("Message", pb.Response, pb.ResponseDraft)
INLINE_BYTES = 512 * 1024
"""Texts of one response that are longer together do not travel with it, but apart."""
_WIDEST = 4
"""Most bytes of a character in UTF-8."""


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
    set_time(message.create_time, response.create_time)
    _parts_to_wire(response, message)
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
        finish_reason=one_of(message.finish_reason or None, _FINISH_REASONS, "finish reason"),
        create_time=time_from_wire(message.create_time),
        **plain,
        **_parts_from_wire(message),
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
    _parts_to_wire(draft, message)
    _facts_to_wire(draft, message)
    return message


def draft_from_wire(message: pb.ResponseDraft) -> ResponseDraft:
    """Return a draft from its message; without an origin it counts as sampled."""
    plain = {name: getattr(message, name) for name in _DRAFT_PLAIN}
    created = message.create_time if message.HasField("create_time") else None
    return ResponseDraft(
        parent_response_id=_id_or_none(message.parent_response_id),
        parent_index=message.parent_index if message.HasField("parent_index") else None,
        finish_reason=one_of(message.finish_reason or None, _FINISH_REASONS, "finish reason"),
        create_time=None if created is None else time_from_wire(created),
        **plain,
        **_parts_from_wire(message),
        **_facts_from_wire(message),
    )


def _parts_to_wire(value: Response | ResponseDraft, message: Message) -> None:
    if value.attachments:
        message.attachments.extend(map(attachment_to_wire, value.attachments))
    if value.tool_calls:
        message.tool_calls.extend(map(tool_call_to_wire, value.tool_calls))
    if value.tool_call_id:
        message.tool_call_id = value.tool_call_id
    if value.citations:
        message.citations.extend(map(citation_to_wire, value.citations))
    if value.encrypted_reasoning:
        message.encrypted_reasoning = value.encrypted_reasoning


def _parts_from_wire(message: Message) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if message.attachments:
        parts["attachments"] = tuple(map(attachment_from_wire, message.attachments))
    if message.tool_calls:
        parts["tool_calls"] = tuple(map(tool_call_from_wire, message.tool_calls))
    if message.tool_call_id:
        parts["tool_call_id"] = message.tool_call_id
    if message.citations:
        parts["citations"] = tuple(map(citation_from_wire, message.citations))
    if message.encrypted_reasoning:
        parts["encrypted_reasoning"] = message.encrypted_reasoning
    return parts


def _facts_to_wire(value: Response | ResponseDraft, message: Message) -> None:
    if value.settings is not _NO_SETTINGS and value.settings != _NO_SETTINGS:
        message.settings.CopyFrom(settings_to_wire(value.settings))
    if value.usage is not _NO_USAGE and value.usage != _NO_USAGE:
        message.usage.CopyFrom(usage_to_wire(value.usage))
    if value.timing is not _NO_TIMING and value.timing != _NO_TIMING:
        message.timing.CopyFrom(timing_to_wire(value.timing))
    if value.origin is not _NO_ORIGIN and value.origin != _NO_ORIGIN:
        set_origin(message.origin, value.origin)
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


def _id_or_none(text: str) -> ResponseId | None:
    return ResponseId(text) if text else None
