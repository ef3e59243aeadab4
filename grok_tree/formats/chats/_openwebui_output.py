"""What an Open WebUI message says: as a list of output items, or as marks in its text."""

from __future__ import annotations

import html
import re
from contextlib import suppress
from typing import Any

import msgspec

from grok_tree.forest import Response, ToolCall
from grok_tree.formats._loose import key_of, list_of, name_of, object_of

_DETAILS = re.compile(r'<details type="(reasoning|tool_calls)"([^<>]*)>')
_DETAILS_END = "</details>"
_ATTRIBUTE = re.compile(r'([a-z_]+)="([^"]*)"')
_SUMMARY = re.compile(r"\s*<summary>[^<]*</summary>")


class Said(msgspec.Struct):
    """What a message says.

    Attributes:
        texts: Of the answer.
        thoughts: What came before it.
        calls: Of tools.
        encrypted: Reasoning that only its provider can read.
        whole: Whether the other attributes hold everything.
    """

    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ToolCall] = []
    encrypted: str = ""
    whole: bool = True


def said_in_output(output: list[Any]) -> Said:
    """Return what a list of output items says."""
    said = Said()
    kinds = []
    for item in output:
        found = object_of(item)
        kind = name_of(found.get("type"))
        kinds.append(kind)
        match kind:
            case "message":
                said.texts.append(_text(found.get("content")))
            case "reasoning":
                said.thoughts.append(_text(found.get("content")) or _text(found.get("summary")))
                said.encrypted = said.encrypted or name_of(found.get("encrypted_content"))
            case "function_call":
                said.calls.append(_call(found, len(said.calls)))
            case _:
                pass  # it is kept whole
    n_calls = kinds.count("function_call")
    # What is written is thoughts, text, calls: another order, or more, has to be kept.
    said.whole = (
        kinds
        == ["reasoning"] * len(said.thoughts)
        + ["message"] * len(said.texts)
        + ["function_call"] * n_calls
        and max(len(said.thoughts), len(said.texts)) <= 1
    )
    return said


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(name_of(object_of(part).get("text")) for part in list_of(content))


def _call(found: dict[str, Any], number: int) -> ToolCall:
    given = found.get("arguments")
    return ToolCall(
        call_id=key_of(found.get("call_id")) or key_of(found.get("id")) or str(number),
        name=name_of(found.get("name")),
        arguments=given if isinstance(given, str) else msgspec.json.encode(given).decode(),
    )


def said_in_text(content: str) -> Said:
    """Return what a text says in which reasoning and calls of tools are marked."""
    said = Said()
    pieces = []
    at = 0
    for found in _DETAILS.finditer(content):
        if found.start() < at:
            continue
        end = content.find(_DETAILS_END, found.end())
        if end < 0:
            break
        pieces.append(content[at : found.start()])
        at = end + len(_DETAILS_END)
        if found[1] == "reasoning":
            said.thoughts.append(_unquoted(content[found.end() : end]))
        else:
            said.calls.append(_marked_call(found[2], len(said.calls)))
    if not at:
        return Said([content])
    pieces.append(content[at:])
    said.texts = ["".join(piece.strip("\n") for piece in pieces)]
    said.whole = False
    return said


def _unquoted(body: str) -> str:
    """Return reasoning without its heading and without the marks of a quotation."""
    text = html.unescape(_SUMMARY.sub("", body, count=1)).strip("\n")
    lines = text.split("\n")
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)


def _marked_call(attributes: str, number: int) -> ToolCall:
    found = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
    arguments = found.get("arguments", "")
    if arguments.startswith('"'):  # the text of JSON as JSON
        with suppress(msgspec.DecodeError):
            arguments = msgspec.json.decode(arguments, type=str)
    return ToolCall(
        call_id=found.get("id") or str(number), name=found.get("name", ""), arguments=arguments
    )


def output_of(response: Response) -> list[dict[str, Any]]:
    """Return what a response says as output items."""
    items: list[dict[str, Any]] = []
    if response.reasoning or response.encrypted_reasoning:
        thought = [{"type": "output_text", "text": response.reasoning}]
        item = {"type": "reasoning", "status": "completed", "content": thought, "summary": None}
        encrypted = response.encrypted_reasoning
        items.append({**item, "encrypted_content": encrypted} if encrypted else item)
    if response.message:
        text = [{"type": "output_text", "text": response.message}]
        items.append({"type": "message", "role": "assistant", "content": text})
    for call in response.tool_calls:
        named = {"call_id": call.call_id, "name": call.name, "arguments": call.arguments}
        items.append({"type": "function_call", "status": "completed", **named})
    return items


def needs_output(response: Response) -> bool:
    """Whether a text alone would say something else than the response."""
    if response.reasoning or response.tool_calls or response.encrypted_reasoning:
        return True
    return _DETAILS.search(response.message) is not None


def content_of(response: Response) -> str:
    """Return what a response says as a text in which its reasoning is marked."""
    if not response.reasoning:
        return response.message
    quoted = "\n".join(f"> {line}" for line in html.escape(response.reasoning).split("\n"))
    return (
        '<details type="reasoning" done="true" duration="0">\n'
        f"<summary>Thought for 0 seconds</summary>\n{quoted}\n{_DETAILS_END}\n{response.message}"
    )
