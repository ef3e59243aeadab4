"""What is known of a response beside its text, as messages and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

from google.protobuf.timestamp_pb2 import Timestamp

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    Marks,
    Origin,
    OriginKind,
    ReasoningEffort,
    Settings,
    Timing,
    Usage,
)
from grok_tree.wire._parts import tool_from_wire, tool_to_wire
from grok_tree.wire.v1 import forests_pb2 as pb

_ORIGIN_KINDS = get_args(OriginKind)

_OPTIONAL_SETTINGS = (
    "temperature",
    "top_p",
    "min_p",
    "top_k",
    "max_tokens",
    "seed",
    "frequency_penalty",
    "presence_penalty",
)
_EFFORTS = get_args(ReasoningEffort)
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
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_to_wire(time: datetime) -> Timestamp:
    """Return a time, which must be aware, as a message."""
    message = Timestamp()
    set_time(message, time)
    return message


def set_time(message: Timestamp, time: datetime) -> None:
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
        stop=settings.stop,
        logprobs=settings.logprobs,
        top_logprobs=settings.top_logprobs,
        reasoning_effort=settings.reasoning_effort or "",
        response_format=settings.response_format,
        tools=[tool_to_wire(tool) for tool in settings.tools],
        tool_choice=settings.tool_choice,
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
        reasoning_effort=one_of(message.reasoning_effort or None, _EFFORTS, "reasoning effort"),
        response_format=message.response_format,
        tools=tuple(tool_from_wire(tool) for tool in message.tools),
        tool_choice=message.tool_choice,
        **given,
    )


def usage_to_wire(usage: Usage) -> pb.Usage:
    """Return usage as a message."""
    message = pb.Usage(**{name: getattr(usage, name) for name in _USAGE_COUNTS})
    message.estimated = usage.estimated
    if usage.cost_usd is not None:
        message.cost_usd = usage.cost_usd
    return message


def usage_from_wire(message: pb.Usage) -> Usage:
    """Return usage from its message."""
    cost = message.cost_usd if message.HasField("cost_usd") else None
    counts = {name: getattr(message, name) for name in _USAGE_COUNTS}
    return Usage(cost_usd=cost, estimated=message.estimated, **counts)


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
    set_origin(message, origin)
    return message


def set_origin(message: pb.Origin, origin: Origin) -> None:
    message.kind = origin.kind
    if origin.repairs:
        message.repairs.extend(origin.repairs)
    if origin.flags:
        message.flags.extend(origin.flags)
    if origin.raw:
        message.raw = origin.raw
    if origin.provenance:
        message.provenance.update(origin.provenance)
    if origin.offset is not None:
        message.offset = origin.offset
    if origin.system_prompt is not None:
        message.system_prompt = origin.system_prompt
    if origin.forced:
        message.forced = origin.forced
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
        kind=one_of(message.kind or "sampled", _ORIGIN_KINDS, "origin"),
        offset=message.offset if message.HasField("offset") else None,
        forced=message.forced,
        system_prompt=message.system_prompt if message.HasField("system_prompt") else None,
        repairs=tuple(message.repairs),
        flags=tuple(message.flags),
        raw=message.raw,
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


def one_of(value: Any, known: tuple[Any, ...], what: str) -> Any:
    """Return a value of a closed set; what the store could not read back must not come in."""
    if value is not None and value not in known:
        raise InvalidOperationError(
            f"{value!r} is no {what}; it must be one of: {', '.join(known)}"
        )
    return value
