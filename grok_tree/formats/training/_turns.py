"""Messages as training sets and model APIs write them, in our words and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Attachment, Response, Sender, Settings, Tool, ToolCall
from grok_tree.formats._json import decoded_json, raw_json
from grok_tree.formats._roles import ROLES, sender_of
from grok_tree.formats._source import SourceNode, node

Message = dict[str, Any]

_REASONING = ("reasoning_content", "reasoning", "thinking")
_TEXT_PARTS = {"text", "input_text", "output_text", "refusal"}
_HELD = {"role", "from", "content", "value", "tool_calls", "tool_call_id", *_REASONING}


def message_nodes(messages: Any, *, settings: Settings | None = None) -> list[SourceNode]:
    """Return a list of messages as a chain of nodes.

    Args:
        messages: As the file has them.
        settings: What every answer among them was sampled with.

    Raises:
        MalformedDocument: It is no list.
    """
    if not isinstance(messages, list):
        raise MalformedDocument(f"its messages are no list but {type(messages).__name__}")
    nodes = [message_node(one, settings=settings) for one in messages]
    return hung(nodes)


def hung(nodes: list[SourceNode], *, below: int | None = None, place: int = 0) -> list[SourceNode]:
    """Let nodes be a chain.

    Args:
        nodes: In order.
        below: The place of what the first hangs on.
        place: The place that the first will have.
    """
    for number, one in enumerate(nodes):
        one.parent = place + number - 1 if number else below
    return nodes


def message_node(message: Any, *, settings: Settings | None = None) -> SourceNode:
    """Return one message, of ``role`` and ``content`` or ``from`` and ``value``, as a node."""
    if not isinstance(message, dict):
        return _text_node(message)
    mended: list[str] = []
    role = message.get("role", message.get("from"))
    sender = sender_of(role, mended)
    content = message.get("content", message.get("value"))
    text, thought, attachments, plain = content_of(content)
    calls, calls_plain = _calls(message.get("tool_calls"))
    if role == "function_call" and not calls and (called := _called(text)):
        calls, text = called, ""
    reasoning = next((r for name in _REASONING if isinstance(r := message.get(name), str)), "")
    rest = {name: value for name, value in message.items() if name not in _HELD and is_said(value)}
    rest |= _not_held(message, plain=plain, calls_plain=calls_plain)
    call_id = message.get("tool_call_id")
    return node(
        sender,
        text,
        reasoning=reasoning or thought,
        attachments=attachments,
        tool_calls=calls,
        tool_call_id=str(call_id) if call_id else "",
        settings=settings if settings and sender == "assistant" else Settings(),
        repairs=mended,
        raw=raw_json(rest),
    )


def content_of(content: Any) -> tuple[str, str, tuple[Attachment, ...], bool]:
    """Return text, reasoning and attachments of a content, and whether they are all of it."""
    if isinstance(content, str) or content is None:
        return content or "", "", (), True
    if not isinstance(content, list):
        return raw_text(content), "", (), False
    texts: list[str] = []
    thoughts: list[str] = []
    attachments: list[Attachment] = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else ""
        if not isinstance(part, dict):
            texts.append(raw_text(part))
        elif isinstance(kind, str) and kind in _TEXT_PARTS:
            texts.append(raw_text(part.get("text", part.get("value", part.get("refusal", "")))))
        elif kind in ("thinking", "reasoning"):
            thoughts.append(raw_text(part.get(kind, part.get("text", part.get("value", "")))))
        elif kind in ("image_url", "input_image") and (url := _url(part)):
            attachments.append(Attachment(url=url, media_type="image/*"))
    plain = len(content) == len(texts) == 1 and _is_plain_part(content[0])
    return "\n".join(texts), "\n".join(thoughts), tuple(attachments), plain


def raw_text(value: Any) -> str:
    """Return a text as it is, and anything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else raw_json([value])[1:-1]


def is_said(value: Any) -> bool:
    """Whether a value says something; zero and false do."""
    return value is not None and value not in ("", [], {})


_TOOL_KEYS = {"name", "description", "parameters", "type"}


def tools_of(tools: Any) -> tuple[Tool, ...] | None:
    """Return the tools of a record, a list or its JSON; None if they are in no known form."""
    if isinstance(tools, str):
        try:
            tools = decoded_json(tools.encode(), list[Any]) if tools.strip() else []
        except MalformedDocument:
            return None
    found = []
    for one in tools if isinstance(tools, list) else [None]:
        if not isinstance(one, dict):
            return None
        said = one.get("function", one)
        if not isinstance(said, dict) or not isinstance(said.get("name"), str):
            return None
        found.append(
            Tool(
                name=said["name"],
                description=raw_text(said.get("description")),
                parameters=raw_text(said.get("parameters")),
            )
        )
    return tuple(found)


def are_held(tools: Any) -> bool:
    """Whether `tools_of` has all that a record says of its tools."""
    if tools_of(tools) is None:
        return False
    if isinstance(tools, str):
        tools = decoded_json(tools.encode(), list[Any]) if tools.strip() else []
    for one in tools:
        said = one.get("function", one)
        beside = {} if said is one else one
        if not (said.keys() <= _TOOL_KEYS and beside.keys() <= {"type", "function"}):
            return False
        if not {said.get("type"), beside.get("type")} <= {None, "function"}:
            return False
    return True


def message_of(response: Response) -> Message:
    """Return a response as a message of the OpenAI API."""
    message: Message = {"role": ROLES[response.sender], "content": response.message}
    if response.reasoning:
        message["reasoning_content"] = response.reasoning
    if response.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.call_id,
                "type": call.kind,
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in response.tool_calls
        ]
    if response.tool_call_id:
        message["tool_call_id"] = response.tool_call_id
    return message


def messages_of(path: Iterable[Response], system_prompt: str) -> list[Message]:
    """Return a path as messages, the system prompt first, where it is not said there."""
    messages = [message_of(one) for one in path]
    if system_prompt and (not messages or messages[0]["role"] != "system"):
        messages.insert(0, {"role": "system", "content": system_prompt})
    return messages


def tools_json(path: Iterable[Response]) -> list[Message]:
    """Return the tools that the last answer of a path could call, as the OpenAI API has them."""
    offered: tuple[Tool, ...] = ()
    for one in path:
        offered = one.settings.tools or offered
    return [
        {
            "type": one.kind,
            "function": {
                "name": one.name,
                "description": one.description,
                "parameters": _parsed(one.parameters),
            },
        }
        for one in offered
    ]


def line(record: Any) -> bytes:
    """Return a record as a line."""
    return msgspec.json.encode(record) + b"\n"


def _text_node(text: Any) -> SourceNode:
    mended: list[str] = []
    sender: Sender = sender_of(None, mended)
    return node(sender, raw_text(text), repairs=mended)


def _not_held(message: Message, *, plain: bool, calls_plain: bool) -> Message:
    rest: Message = {}
    if not plain:
        rest["content"] = message.get("content", message.get("value"))
    if not calls_plain:
        rest["tool_calls"] = message["tool_calls"]
    for name in _REASONING:
        if message.get(name) and not isinstance(message[name], str):
            rest[name] = message[name]
    if message.get("from") == "function_call":
        rest["from"] = "function_call"
    return rest


def _calls(found: Any) -> tuple[tuple[ToolCall, ...], bool]:
    """Return calls of tools, and whether they are all that stands there."""
    if not found:
        return (), True
    calls: list[ToolCall] = []
    plain = isinstance(found, list)
    for one in found if isinstance(found, list) else ():
        said = one.get("function", one) if isinstance(one, dict) else None
        if not isinstance(said, dict):
            plain = False
            continue
        plain = plain and set(one) <= {"id", "type", "function"}
        arguments = said.get("arguments", said.get("parameters"))
        calls.append(
            ToolCall(
                call_id=raw_text(one.get("id")),
                name=raw_text(said.get("name")),
                arguments=raw_text(arguments),
            )
        )
    return tuple(calls), plain


def _called(text: str) -> tuple[ToolCall, ...]:
    """Return the calls that a text holds as JSON; none if it is something else."""
    try:
        found = decoded_json(text.encode(), Any)
    except MalformedDocument:
        return ()
    several = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in several):
        return ()
    return _calls(several)[0]


def _url(part: Message) -> str:
    found = part.get("image_url")
    url = found.get("url") if isinstance(found, dict) else found
    # What is inside the address itself stays in raw: an address has a bounded length.
    return url if isinstance(url, str) and not url.startswith("data:") else ""


def _is_plain_part(part: Any) -> bool:
    return isinstance(part, str) or (
        isinstance(part, dict) and set(part) <= {"type", "text", "value"}
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return text
