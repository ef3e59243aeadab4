"""A message of an inspect_ai log as a node."""

from __future__ import annotations

from typing import Any

from grok_tree.forest import MAX_FIELD_BYTES, Attachment, ToolCall
from grok_tree.formats._json import raw_json
from grok_tree.formats._loose import object_of, objects_in, without
from grok_tree.formats._roles import sender_of
from grok_tree.formats._source import SourceNode, node
from grok_tree.formats.research._blocks import Json, text_of

_MEDIA = ("image", "audio", "video", "document")
_TAKEN = ("id", "role", "content", "tool_calls", "tool_call_id", "model")


def message_node(message: Json, *, key: str | None, parent: int | None, **more: Any) -> SourceNode:
    """Return a message as a node.

    Args:
        message: As the log has it, attachments put in.
        key: Its name in the forest.
        parent: The place of what it answers.
        more: Further fields of what was said, and ``facts``, ``logprobs`` and ``raw`` as an object.
    """
    mended: list[str] = []
    sender = sender_of(message.get("role"), mended)
    content = message.get("content")
    parts = objects_in(content)
    rest: Json = {
        name: value for name, value in message.items() if name not in _TAKEN and value is not None
    }
    rest |= more.pop("raw", {})
    if kept := [one for one in map(_unread, parts) if one]:
        rest["parts"] = kept
    if any(calls := [_unread_call(one) for one in objects_in(message.get("tool_calls"))]):
        rest["tool_calls"] = calls
    texts = [text_of(part.get("text")) for part in parts if part.get("type") == "text"]
    if len(texts) > 1:
        rest["text_lengths"] = [len(one) for one in texts]
    if sender == "assistant":
        more.setdefault("model_name", text_of(message.get("model")))
    elif more.pop("model_name", None) is None and message.get("model"):
        rest["model"] = message["model"]
    return node(
        sender,
        "".join(texts) if isinstance(content, list) else text_of(content),
        key=key,
        parent=parent,
        reasoning="\n".join(_reasoning(part) for part in parts if part.get("type") == "reasoning"),
        encrypted_reasoning=_encrypted(parts),
        tool_calls=(*_calls(message), *_server_calls(parts)),
        tool_call_id=text_of(message.get("tool_call_id")) if sender == "tool" else "",
        attachments=tuple(_attachment(part) for part in parts if part.get("type") in _MEDIA),
        repairs=mended,
        raw=raw_json(rest),
        **more,
    )


def message_text(message: Json) -> str:
    """Return what a message says, by which it is known again."""
    content = message.get("content")
    said = (
        "".join(text_of(one.get("text")) for one in objects_in(content))
        if isinstance(content, list)
        else text_of(content)
    )
    calls = [(one.get("id"), one.get("function")) for one in objects_in(message.get("tool_calls"))]
    return said + (raw_json(calls) if calls else "")


def _reasoning(part: Json) -> str:
    said = part.get("summary") if part.get("redacted") else part.get("reasoning")
    return text_of(said or part.get("summary"))


def _encrypted(parts: list[Json]) -> str:
    """Return the opaque thoughts of a message, if it has just one piece of them."""
    found = [
        text_of(part.get("reasoning"))
        for part in parts
        if part.get("type") == "reasoning" and part.get("redacted")
    ]
    return found[0] if len(found) == 1 else ""


def _unread(part: Json) -> Json:
    """Return what of a part has no field."""
    kind = part.get("type")
    rest = {name: value for name, value in part.items() if value is not None}
    if kind == "text":
        taken = {"type", "text"}
        return _without(rest, taken, kind)
    if kind == "reasoning" and not part.get("redacted"):
        taken = {"type", "reasoning", "redacted"}
        return _without(rest, taken if part.get("reasoning") else taken | {"summary"}, kind)
    if kind in _MEDIA:
        return _without(rest, {"type", str(kind)}, str(kind))
    return rest


def _without(rest: Json, taken: set[str], kind: str) -> Json:
    left = {name: value for name, value in rest.items() if name not in taken}
    return {"type": kind, **left} if left else {}


def _calls(message: Json) -> list[ToolCall]:
    return [
        ToolCall(
            call_id=text_of(call.get("id")),
            name=text_of(call.get("function")),
            arguments=_arguments(call.get("arguments")),
        )
        for call in objects_in(message.get("tool_calls"))
    ]


def _unread_call(call: Json) -> Json:
    """Return what of a call has no field."""
    rest = without(call, "id", "function", "arguments")
    if rest.get("type") == "function":
        del rest["type"]
    return {name: one for name, one in rest.items() if one is not None}


def _server_calls(parts: list[Json]) -> list[ToolCall]:
    """Return the calls that the provider answered itself; the answers stay in the raw part."""
    return [
        ToolCall(
            call_id=text_of(part.get("id")),
            name=text_of(part.get("name")),
            arguments=_arguments(part.get("arguments")),
            kind=text_of(part.get("tool_type")) or "server",
        )
        for part in parts
        if part.get("type") == "tool_use"
    ]


def _arguments(value: object) -> str:
    return value if isinstance(value, str) else raw_json(value) or "{}"


def _attachment(part: Json) -> Attachment:
    kind = str(part["type"])
    held = part.get(kind)
    url = text_of(held.get("url")) if isinstance(held, dict) else text_of(held)
    media_type = text_of(part.get("mime_type"))
    if url.startswith("data:"):
        media_type = media_type or url[5:].partition(";")[0].partition(",")[0]
    if len(url) > MAX_FIELD_BYTES // 4:
        url = f"inspect:{kind}"  # an address has an end; the log itself has the contents
    return Attachment(url=url, media_type=media_type or kind, name=text_of(part.get("filename")))


def with_attachments(sample: Json) -> Json:
    """Put long texts back, which a log keeps apart and names by their sum."""
    held = object_of(sample.get("attachments")) | object_of(
        object_of(sample.get("transcript")).get("content")
    )
    if not held:
        return sample
    waiting: list[Any] = [sample]
    while waiting:
        one = waiting.pop()
        items = one.items() if isinstance(one, dict) else enumerate(one)
        for name, value in list(items):
            if isinstance(value, dict | list):
                waiting.append(value)
            elif isinstance(value, str):
                protocol, found, digest = value.partition("://")
                if found and protocol in ("attachment", "tc") and isinstance(held.get(digest), str):
                    one[name] = held[digest]
    return sample
