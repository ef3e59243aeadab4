"""What inspect_ai says of one call of a model: settings, usage, log-probabilities, scores."""

from __future__ import annotations

from collections.abc import Mapping

from grok_tree.forest import (
    FinishReason,
    Settings,
    TokenAlternative,
    TokenLogprob,
    Tool,
    Usage,
)
from grok_tree.formats._json import raw_json
from grok_tree.formats._loose import count_of, logprob_of, number_of, object_of, objects_in, without
from grok_tree.formats._settings import settings_of, with_tools
from grok_tree.formats.research._blocks import Json, text_of

_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "max_tokens": "length",
    "model_length": "context",
    "tool_calls": "tool_calls",
}
_CHOICES = {"any": "required", "none": "none"}
_EVENT_TAKEN = (
    *("event", "input", "input_refs", "tools", "tool_choice", "config", "output", "model"),
    *("timestamp", "call", "error", "cache", "events"),
)
_OUTPUT_TAKEN = ("model", "choices", "usage", "time", "error", "completion")
_USAGE_TAKEN = (
    *("input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", "total_cost"),
    "input_tokens_cache_read",
)
_REQUEST_TAKEN = ("messages", "input", "contents", "system", "instructions", "tools")
_RESPONSE_TAKEN = ("choices", "content", "output", "candidates", "usage", "model")
_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""Correct, incorrect, partly correct, and no answer, which counts as incorrect."""


def settings_said(event: Json) -> tuple[Settings, Json]:
    """Return what a model event asked for, and what of it has no field."""
    config = dict(object_of(event.get("config")))
    if "stop_seqs" in config:
        config["stop"] = config.pop("stop_seqs")
    settings, rest = settings_of(config)
    tools = [
        Tool(
            name=text_of(tool.get("name")),
            description=text_of(tool.get("description")),
            parameters=raw_json(tool.get("parameters")),
        )
        for tool in objects_in(event.get("tools"))
    ]
    choice = event.get("tool_choice")
    chosen = (
        text_of(choice.get("name"))
        if isinstance(choice, dict)
        else _CHOICES.get(text_of(choice), "")
    )
    made, left = with_tools(settings, tools, choice=chosen if tools else "")
    return made, {**rest, **left}


def usage_said(output: Json) -> Usage:
    """Return what a call used."""
    said = object_of(output.get("usage"))
    counts = {name: count_of(said.get(name)) for name in said}
    prompt, completion = counts.get("input_tokens", 0), counts.get("output_tokens", 0)
    cached = counts.get("input_tokens_cache_read", 0)
    around = cached + counts.get("input_tokens_cache_write", 0)
    if around and counts.get("total_tokens", 0) == prompt + completion + around:
        prompt += around  # some providers count what was cached apart
    reasoning = min(counts.get("reasoning_tokens", 0), completion)
    return Usage(
        prompt_tokens=prompt,
        cached_prompt_tokens=cached,
        completion_tokens=completion - reasoning,
        reasoning_tokens=reasoning,
        cost_usd=number_of(said.get("total_cost")),
    )


def unread(event: Json) -> Json:
    """Return what of a call of a model has no field, without the copies of its messages."""
    output = object_of(event.get("output"))
    call = object_of(event.get("call"))
    found = {
        "event": without(event, *_EVENT_TAKEN),
        "output": without(output, *_OUTPUT_TAKEN),
        "usage": without(object_of(output.get("usage")), *_USAGE_TAKEN),
        "call": without(call, "request", "response", "call_key", "call_refs"),
        "request": without(object_of(call.get("request")), *_REQUEST_TAKEN),
        "response": without(object_of(call.get("response")), *_RESPONSE_TAKEN),
    }
    said = {name: _filled(one) for name, one in found.items()}
    return {name: one for name, one in said.items() if one}


def unread_choice(choice: Json) -> Json:
    """Return what of one answer has no field."""
    return _filled(without(choice, "message", "stop_reason", "logprobs"))


def _filled(value: Json) -> Json:
    return {name: one for name, one in value.items() if one not in (None, "", [], {}, False)}


def finish_reason(reason: object) -> FinishReason | None:
    """Return why an answer ended, None for what we have no word for."""
    return _REASONS.get(reason) if isinstance(reason, str) else None


def logprobs(choice: Json) -> list[TokenLogprob]:
    """Return the log-probabilities of an answer; none if one of them cannot be read."""
    found = []
    offset = 0
    for token in objects_in(object_of(choice.get("logprobs")).get("content")):
        said = text_of(token.get("token"))
        value = logprob_of(token.get("logprob"))
        if value is None:
            return []
        others = [
            TokenAlternative(text_of(one.get("token")), likely)
            for one in objects_in(token.get("top_logprobs"))
            if (likely := logprob_of(one.get("logprob"))) is not None
        ]
        found.append(TokenLogprob(said, value, tuple(others), offset))
        offset += len(said)
    return found


def scores_said(scores: object) -> dict[str, float]:
    """Return the scores of a sample as numbers, as far as they are any."""
    found: dict[str, float] = {}
    for name, score in object_of(scores).items():
        value = score.get("value") if isinstance(score, dict) else score
        parts = {name: value}
        if isinstance(value, dict):
            parts = {f"{name}.{part}": one for part, one in value.items()}
        for part, one in parts.items():
            grade = _GRADES.get(one) if isinstance(one, str) else number(one)
            if grade is not None and part.strip():
                found[part] = grade
    return found


def number(value: object) -> float | None:
    """Return a number or a truth value as a float, None for anything else."""
    return float(value) if isinstance(value, bool) else number_of(value)
