"""Chat completions: what answers, whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grok_tree.forest import Citation, Response, Started, ToolCall
from grok_tree.service import token_of
from grok_tree.web.openai._caller import created_at
from grok_tree.web.openai._following import Answer
from grok_tree.web.openai._http import encode
from grok_tree.web.openai._tokens import FINISH_REASONS, chat_logprob, chat_usage


def completion_id(started: Started) -> str:
    """Return the id of a completion: that of its first sibling is in it."""
    return f"chatcmpl-{started.response_ids[0]}"


def chat_completion(started: Started, answers: Sequence[Answer], *, kept: bool) -> bytes:
    """Return the body of an answer.

    Args:
        started: What was begun.
        answers: The siblings, in order of index.
        kept: Whether they are stored, and can be gone on from.
    """
    body = {
        "id": completion_id(started),
        "object": "chat.completion",
        "created": created_at(started.response_ids[0]),
        "model": started.model_name,
        "choices": [_choice(index, one, kept=kept) for index, one in enumerate(answers)],
        "usage": chat_usage(one.response.usage for one in answers),
        "service_tier": "default",
        "system_fingerprint": None,
    }
    return encode(body)


def _choice(index: int, answer: Answer, *, kept: bool) -> dict[str, Any]:
    response = answer.response
    logprobs = None
    if answer.logprobs:
        content = [chat_logprob(one) for one in answer.logprobs]
        logprobs = {"content": content, "refusal": None}
    return {
        "index": index,
        "message": _message(response, kept=kept),
        "logprobs": logprobs,
        "finish_reason": FINISH_REASONS[response.finish_reason],
    }


def _message(response: Response, *, kept: bool) -> dict[str, Any]:
    calls = functions_in(response.tool_calls)
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if calls and not response.message else response.message,
        "refusal": None,
        "annotations": [_annotation(one, response) for one in response.citations],
    }
    if response.reasoning:
        message["reasoning_content"] = response.reasoning
    if calls:
        message["tool_calls"] = [call_shown(one) for one in calls]
    if kept:
        message["encrypted_content"] = token_of(response.response_id)
    return message


def functions_in(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """Return the calls that the client must answer; those of a provider's tools it has run."""
    return [one for one in calls if one.kind == "function"]


def call_shown(call: ToolCall) -> dict[str, Any]:
    """Return a call of a function."""
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.call_id, "type": "function", "function": function}


def _annotation(citation: Citation, response: Response) -> dict[str, Any]:
    return {"type": "url_citation", "url_citation": cited(citation, response.message)}


def cited(citation: Citation, message: str) -> dict[str, Any]:
    """Return a source; one of the whole message spans all of it."""
    begin = citation.begin or 0
    end = len(message) if citation.end is None else citation.end
    return {
        "url": citation.url,
        "title": citation.title,
        "start_index": begin,
        "end_index": end,
    }
