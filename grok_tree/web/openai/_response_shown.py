"""Responses: what answers, whole; also what was answered before and is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from grok_tree.forest import FUNCTION, Response, Settings, TokenLogprob, Tool, ToolCall, Usage
from grok_tree.service import token_of
from grok_tree.web.openai._caller import created_at
from grok_tree.web.openai._chat_answer import cited, functions_in
from grok_tree.web.openai._response_request import PREVIOUS
from grok_tree.web.openai._tokens import chat_logprob

Shown = dict[str, Any]

_INCOMPLETE = ("length", "context")


def response_id_of(response_id: str) -> str:
    """Return the id of a response of a model, as this protocol has it."""
    return f"resp_{response_id}"


def response_shown(response: Response, output: Sequence[Shown], *, instructions: str = "") -> Shown:
    """Return a response of a model.

    Args:
        response: As it is stored; growing, whole or cut.
        output: The items of its output.
        instructions: What the model was told first.
    """
    settings, provenance = response.settings, response.origin.provenance
    shown: Shown = {
        "id": response_id_of(response.response_id),
        "object": "response",
        "created_at": created_at(response.response_id),
        "status": status_of(response),
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": instructions or None,
        "max_output_tokens": settings.max_tokens,
        "metadata": json.loads(provenance.get("metadata", "{}")),
        "model": response.model_name,
        "output": list(output),
        "parallel_tool_calls": True,
        "previous_response_id": provenance.get(PREVIOUS),
        "reasoning": {"effort": settings.reasoning_effort, "summary": None},
        "service_tier": "default",
        "store": True,
        "temperature": settings.temperature,
        "text": {"format": _format(settings.response_format), "verbosity": "medium"},
        "tool_choice": _choice(settings),
        "tools": [_tool(one) for one in settings.tools],
        "top_logprobs": settings.top_logprobs,
        "top_p": settings.top_p,
        "truncation": "disabled",
        "usage": usage_shown(response.usage) if response.finish_reason else None,
        "user": provenance.get("user"),
    }
    if shown["status"] == "incomplete":
        is_long = response.finish_reason in _INCOMPLETE
        shown["incomplete_details"] = {"reason": "max_output_tokens" if is_long else None}
    if shown["status"] == "failed":
        message = "the answer was cut; what came is in the output"
        shown["error"] = {"code": "server_error", "message": message}
    return shown


def status_of(response: Response) -> str:
    """Return how far a response has come, in the words of this protocol."""
    if response.finish_reason is None and not response.manual:
        return "in_progress" if response.partial else "completed"
    if response.finish_reason in _INCOMPLETE:
        return "incomplete"
    if response.partial:
        return "cancelled" if response.finish_reason == "cancelled" else "failed"
    return "completed"


def usage_shown(usage: Usage) -> Shown:
    """Return what an answer used."""
    said = usage.completion_tokens + usage.reasoning_tokens
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_prompt_tokens,
            "cache_write_tokens": 0,
        },
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.prompt_tokens + said,
    }


def output_of(response: Response, logprobs: Sequence[TokenLogprob] = ()) -> list[Shown]:
    """Return the items of an answer: what it thought, what it said, the tools it called."""
    items: list[Shown] = []
    calls = functions_in(response.tool_calls)
    status = "incomplete" if response.partial or status_of(response) != "completed" else "completed"
    if response.reasoning:
        items.append(reasoning_item(response.response_id, 0, response.reasoning))
    if response.message or not calls:
        part = text_part(response.message, response, logprobs)
        items.append(message_item(response.response_id, 0, [part], status=status))
    for number, call in enumerate(calls):
        items.append(call_item(response.response_id, number, call))
    return items


def message_item(
    response_id: str, number: int, parts: Sequence[Shown], *, status: str = "completed"
) -> Shown:
    """Return the item of what was said."""
    return {
        "id": _item_id("msg", response_id, number),
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": list(parts),
    }


def text_part(
    text: str, response: Response | None = None, logprobs: Sequence[TokenLogprob] = ()
) -> Shown:
    """Return the text of a message, with its sources."""
    citations = response.citations if response else ()
    notes = [{"type": "url_citation", **cited(one, text)} for one in citations]
    tokens = [chat_logprob(one) for one in logprobs]
    return {"type": "output_text", "text": text, "annotations": notes, "logprobs": tokens}


def reasoning_item(response_id: str, number: int, text: str | None) -> Shown:
    """Return the item of what was thought; with None for the text, of what begins to be."""
    parts = [] if text is None else [{"type": "reasoning_text", "text": text}]
    item: Shown = {
        "id": _item_id("rs", response_id, number),
        "type": "reasoning",
        "summary": [],
        "content": parts,
        "status": "in_progress" if text is None else "completed",
    }
    return item | {"encrypted_content": token_of(response_id)}


def call_item(response_id: str, number: int, call: ToolCall, *, status: str = "completed") -> Shown:
    """Return the item of a call of a function."""
    return {
        "id": f"fc_{response_id}_{number}",
        "type": "function_call",
        "status": status,
        "call_id": call.call_id,
        "name": call.name,
        "arguments": call.arguments,
    }


def input_items(path: Sequence[Response]) -> Iterator[Shown]:
    """Yield the items of what led to an answer."""
    for response in path:
        match response.sender:
            case "assistant":
                yield from output_of(response)
            case "tool":
                yield {
                    "id": f"fco_{response.response_id}",
                    "type": "function_call_output",
                    "status": "completed",
                    "call_id": response.tool_call_id,
                    "output": response.message,
                }
            case _:
                yield _asked(response)


def _asked(response: Response) -> Shown:
    parts: list[Shown] = []
    if response.message or not response.attachments:
        parts.append({"type": "input_text", "text": response.message})
    for one in response.attachments:
        kind = "input_image" if one.is_image else "input_file"
        part: Shown = {"type": kind, "file_id": one.file_id or None}
        if one.is_image:
            part |= {"detail": "auto", "image_url": one.url or None}
        else:
            part |= {"file_url": one.url or None, "filename": one.name or None}
        parts.append(part)
    return {
        "id": _item_id("msg", response.response_id, 0),
        "type": "message",
        "status": "completed",
        "role": "user" if response.sender == "human" else "system",
        "content": parts,
    }


def _item_id(kind: str, response_id: str, number: int) -> str:
    return f"{kind}_{response_id}" + (f"_{number}" if number else "")


def _tool(tool: Tool) -> Shown:
    if tool.kind != FUNCTION:
        return {"type": tool.kind}
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description or None,
        "parameters": json.loads(tool.parameters) if tool.parameters else None,
        "strict": False,
    }


def _choice(settings: Settings) -> Any:
    choice = settings.tool_choice or "auto"
    if choice in ("auto", "none", "required"):
        return choice
    return {"type": "function", "name": choice}


def _format(wanted: str) -> Shown:
    if not wanted:
        return {"type": "text"}
    if wanted == "json":
        return {"type": "json_object"}
    schema = json.loads(wanted)
    return {"type": "json_schema", "name": "answer", "schema": schema, "strict": True}
