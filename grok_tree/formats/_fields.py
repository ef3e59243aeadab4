"""What a file says, cut and mended so that a response can hold it."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import msgspec

from grok_tree.forest import MAX_FIELD_BYTES, ResponseDraft, repaired_text

CUT = "field_cut: its {field} is longer than {limit:,} bytes; the rest of it is not here"

_FIELDS = (
    "model_name",
    "query",
    "query_type",
    "tool_call_id",
    "encrypted_reasoning",
    "attachments",
    "tool_calls",
    "citations",
    "settings",
    "marks",
)
_fields = attrgetter(*_FIELDS)
_encode = msgspec.json.Encoder().encode
_LONG = ("arguments", "encrypted_reasoning")
"""What is as long as a message may be."""


def are_fitting(*values: Any) -> bool:
    """Whether all texts in some values can be stored as they are, as nearly always; else perhaps.

    One pass of an encoder tells that for all of them together.
    """
    try:
        told = _encode(values)
    except (UnicodeEncodeError, msgspec.MsgspecError):
        return False
    return len(told) <= MAX_FIELD_BYTES and rb"\u0000" not in told


def fitting(text: str) -> str:
    """Return as much of a text as a field may hold."""
    sound = repaired_text(text)
    if len(sound) <= MAX_FIELD_BYTES // 4:
        return sound
    return sound.encode()[:MAX_FIELD_BYTES].decode("utf-8", "ignore")


def fitting_draft(said: ResponseDraft, mended: list[str]) -> ResponseDraft:
    """Return what was said with fields that can be stored; its message and reasoning are left.

    Args:
        said: What the file says.
        mended: Takes a sentence for every field that was cut.
    """
    changes: dict[str, Any] = {}
    if are_fitting(*_fields(said)):
        return said
    for name, value in zip(_FIELDS, _fields(said), strict=True):
        fit = _fitting(value, name)
        if fit != value:
            changes[name] = fit
            mended.append(CUT.format(field=name, limit=MAX_FIELD_BYTES))
    return msgspec.structs.replace(said, **changes) if changes else said


def _fitting(value: Any, field: str) -> Any:
    """Return a value of ours whose texts can be stored; how deep it is its type says."""
    match value:
        case str():
            return repaired_text(value) if field in _LONG else fitting(value)
        case tuple():
            return tuple(_fitting(one, field) for one in value)
        case dict():
            return {fitting(name): _fitting(one, name) for name, one in value.items()}
        case msgspec.Struct():
            fields = value.__struct_fields__
            return type(value)(**{name: _fitting(getattr(value, name), name) for name in fields})
        case _:
            return value
