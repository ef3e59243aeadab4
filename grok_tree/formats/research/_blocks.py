"""The content of a message as agents write it: a text, or blocks of several kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from grok_tree.forest import MAX_FIELD_BYTES, Attachment, ToolCall
from grok_tree.formats._json import raw_json

Json = dict[str, Any]


class Result(msgspec.Struct):
    """What a tool gave back, for which call."""

    call_id: str
    message: str


class Said(msgspec.Struct):
    """What was said in blocks.

    Attributes:
        texts: What was written.
        thoughts: What the model thought.
        encrypted: Thoughts that only the provider can read.
        calls: Of tools.
        results: Of tools.
        attachments: Images and files.
        rest: What has no field, a block each.
    """

    texts: list[str] = []
    thoughts: list[str] = []
    encrypted: list[str] = []
    calls: list[ToolCall] = []
    results: list[Result] = []
    attachments: list[Attachment] = []
    rest: list[Json] = []

    @property
    def message(self) -> str:
        """All texts, those of results included."""
        return "\n\n".join([*self.texts, *(one.message for one in self.results)])

    @property
    def fields(self) -> Json:
        """For the fields of a response; the call that is answered only if it is one."""
        return {
            "reasoning": "\n\n".join(self.thoughts),
            "encrypted_reasoning": self.encrypted[0] if len(self.encrypted) == 1 else "",
            "tool_calls": tuple(self.calls),
            "tool_call_id": self.results[0].call_id if self.only_results else "",
            "attachments": tuple(self.attachments),
        }

    @property
    def only_results(self) -> bool:
        """Whether a tool said it, not a person."""
        return bool(self.results) and not self.texts


def said_in(content: object) -> Said:
    """Return what a content says, whatever it is made of."""
    said = Said()
    for block in content if isinstance(content, list) else [content]:
        if isinstance(block, str):
            said.texts.append(block)
        elif isinstance(block, dict):
            _take(said, block)
        elif block is not None:
            said.rest.append({"value": block})
    if len(said.results) > 1:
        said.rest.append({"tool_call_ids": [one.call_id for one in said.results]})
    return said


def _take(said: Said, block: Json) -> None:
    kind = block.get("type")
    take = _KINDS.get(kind) if isinstance(kind, str) else None
    rest = {name: value for name, value in block.items() if value is not None}
    if take is not None:
        taken = ("type", *take(said, block))
        rest = {name: value for name, value in rest.items() if name not in taken}
        rest = {"type": kind, **rest} if rest else {}
    if rest:
        said.rest.append(rest)


def _text(said: Said, block: Json) -> tuple[str, ...]:
    said.texts.append(text_of(block.get("text")))
    return ("text",)


def _thinking(said: Said, block: Json) -> tuple[str, ...]:
    if thought := text_of(block.get("thinking")):
        said.thoughts.append(thought)
    return ("thinking",)


def _redacted(said: Said, block: Json) -> tuple[str, ...]:
    said.encrypted.append(text_of(block.get("data")))
    return () if len(said.encrypted) > 1 else ("data",)


def _call(said: Said, block: Json) -> tuple[str, ...]:
    told = "input" if "input" in block else "arguments"
    arguments = block.get(told)
    said.calls.append(
        ToolCall(
            call_id=text_of(block.get("id")),
            name=text_of(block.get("name")),
            arguments=arguments if isinstance(arguments, str) else raw_json(arguments) or "{}",
        )
    )
    return ("id", "name", told)


def _server_call(said: Said, block: Json) -> tuple[str, ...]:
    taken = _call(said, block)
    call = said.calls[-1]
    said.calls[-1] = msgspec.structs.replace(call, kind=call.name or "server")
    return taken


def _result(said: Said, block: Json) -> tuple[str, ...]:
    content = block.get("content")
    texts, others = [], []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, dict) and part.get("type") == "text":
            texts.append(text_of(part.get("text")))
            if len(part) > 2:
                others.append({name: one for name, one in part.items() if name != "text"})
        elif isinstance(part, dict) and part.get("type") == "image":
            taken = ("type", *_image(said, part))
            if left := {name: one for name, one in part.items() if name not in taken}:
                others.append({"type": "image", **left})
        elif isinstance(part, str):
            texts.append(part)
        elif part is not None:
            others.append(part)
    said.results.append(Result(text_of(block.get("tool_use_id")), "\n".join(texts)))
    if others:
        said.rest.append({"tool_result": others})
    return (
        ("tool_use_id", "content")
        if block.get("is_error")
        else (
            "tool_use_id",
            "content",
            "is_error",
        )
    )


def _image(said: Said, block: Json) -> tuple[str, ...]:
    source = block.get("source")
    told: Json = source if isinstance(source, dict) else block
    media_type = text_of(told.get("media_type") or told.get("mimeType"))
    url = text_of(told.get("url"))
    data = text_of(told.get("data"))
    if not url:
        url = f"data:{media_type};base64,{data}"
    if len(url) > MAX_FIELD_BYTES // 4:
        url = f"session:{block.get('type')}"  # an address has an end; the file has the contents
    said.attachments.append(
        Attachment(
            url=url,
            media_type=media_type,
            name=text_of(block.get("title")),
            n_bytes=len(data) * 3 // 4,
        )
    )
    return ("source", "data", "mimeType", "title")


_KINDS: Mapping[str, Callable[[Said, Json], tuple[str, ...]]] = {
    "text": _text,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _call,
    "toolCall": _call,
    "server_tool_use": _server_call,
    "tool_result": _result,
    "image": _image,
    "document": _image,
}


def text_of(value: object) -> str:
    """Return a text as it is, nothing for nothing, JSON for anything else."""
    return value if isinstance(value, str) else raw_json(value)


def key_of(value: object) -> str | None:
    """Return an id as a text, None for what names nothing."""
    return text_of(value) or None
