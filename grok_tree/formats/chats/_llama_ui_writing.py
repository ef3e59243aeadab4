"""Writing forests as sessions of the llama.cpp web interface, which are also traces to share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

import msgspec

from grok_tree.forest import (
    NO_PARENT,
    NO_TIME,
    Conversation,
    Forest,
    Response,
    ToolCall,
    derived_id,
)
from grok_tree.formats._kept import kept, keys_for
from grok_tree.formats._roles import ROLES
from grok_tree.formats._times import to_seconds

LOSSES = (
    "ids, in their own form",
    "create_time, starred, system_prompt, model_name and system_prompt_name of the conversation",
    "partial and finish_reason",
    "attachments, but for those that came from this format",
    "citations, query and query_type",
    "encrypted_reasoning",
    "settings",
    "usage.cost_usd, usage.reasoning_tokens and whether usage is estimated",
    "timing.first_token_s",
    "logprobs",
    "marks",
    "origin, but for what came from this format",
    "model_name of what no assistant said, tool_call_id of what no tool said",
    "manual and shared",
    "parts of a time below a millisecond",
)

_encoder = msgspec.json.Encoder()


def write_llama_ui(forests: Iterable[Forest], file: BinaryIO) -> int:
    """Write forests one after another, a line for each message; return the number of responses."""
    written = 0
    for forest in forests:
        _write_session(forest, file)
        written += len(forest)
    return written


def _write_session(forest: Forest, file: BinaryIO) -> None:
    conversation = forest.conversation
    keys = keys_for(forest, "llama_ui")
    top = derived_id(0, "llama_ui", conversation.conversation_id, "root")
    children: dict[int, list[str]] = {}
    about: dict[str, Any] = {}
    for number, response in enumerate(forest):
        children.setdefault(forest.parent_numbers[number], []).append(keys[number])
        about.update(kept(response, "llama_ui").get("session") or {})
    leaf = conversation.leaf_response_id
    current = None
    if leaf is not None and leaf in forest:
        current = keys[forest.responses.ids.index(leaf)]
    _write_line(file, {**_session(conversation), "currNode": current, **about})
    root: dict[str, Any] = {"role": "system", "content": "", "type": "root", "parent": None}
    tops = children.get(NO_PARENT, [])
    root |= {"id": top, "convId": conversation.conversation_id, "children": tops}
    _write_line(file, {"type": "message", "message": root})
    for number, response in enumerate(forest):
        parent = forest.parent_numbers[number]
        message = _message(response) | {
            "id": keys[number],
            "convId": conversation.conversation_id,
            "parent": top if parent == NO_PARENT else keys[parent],
            "children": children.get(number, []),
        }
        _write_line(file, {"type": "message", "message": message})


def _write_line(file: BinaryIO, record: dict[str, Any]) -> None:
    file.write(_encoder.encode(record) + b"\n")


def _session(conversation: Conversation) -> dict[str, Any]:
    modified = conversation.modify_time
    return {
        "type": "session",
        "harness": "llama.app",
        "id": conversation.conversation_id,
        "name": conversation.title,
        "lastModified": None if modified == NO_TIME else round(to_seconds(modified) * 1000),
    }


def _message(response: Response) -> dict[str, Any]:
    message = {
        "type": "text",
        **kept(response, "llama_ui"),
        "role": ROLES[response.sender],
        "content": response.message,
        "timestamp": round(to_seconds(response.create_time) * 1000),
    }
    message.pop("session", None)
    if response.reasoning:
        message["reasoningContent"] = response.reasoning
    if response.tool_calls:
        calls = [_call(call) for call in response.tool_calls]
        message["toolCalls"] = _encoder.encode(calls).decode()
    if response.sender == "tool" and response.tool_call_id:
        message["toolCallId"] = response.tool_call_id
    if response.sender == "assistant" and response.model_name:
        message["model"] = response.model_name
    if timings := _timings(response):
        message["timings"] = {**message.get("timings", {}), **timings}
    return message


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.call_id, "type": "function", "function": function}


def _timings(response: Response) -> dict[str, Any]:
    usage = response.usage
    found = {
        "cache_n": usage.cached_prompt_tokens,
        "prompt_n": max(0, usage.prompt_tokens - usage.cached_prompt_tokens),
        "predicted_n": usage.completion_tokens,
        "predicted_ms": response.timing.duration_s * 1000,
    }
    return {name: value for name, value in found.items() if value}
