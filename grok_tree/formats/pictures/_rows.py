"""Responses as flat rows, the same in every table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from grok_tree.forest import NO_PARENT, NO_TIME, Forest, Response

COLUMNS: Mapping[str, str] = {
    "conversation_id": "text",
    "title": "text",
    "response_id": "text",
    "parent_response_id": "text",
    "position": "count",
    "depth": "count",
    "n_children": "count",
    "on_active_path": "truth",
    "sender": "text",
    "message": "text",
    "reasoning": "text",
    "create_time": "time",
    "model_name": "text",
    "finish_reason": "text",
    "manual": "truth",
    "partial": "truth",
    "shared": "truth",
    "starred": "truth",
    "tags": "texts",
    "note": "text",
    "scores": "scores",
    "temperature": "number",
    "top_p": "number",
    "max_tokens": "count",
    "seed": "count",
    "prompt_tokens": "count",
    "cached_prompt_tokens": "count",
    "completion_tokens": "count",
    "reasoning_tokens": "count",
    "cost_usd": "number",
    "first_token_s": "number",
    "duration_s": "number",
    "tool_calls": "json",
    "tool_call_id": "text",
    "origin_kind": "text",
    "origin_of": "text",
    "origin_format": "text",
    "original_id": "text",
    "run": "text",
    "cell": "text",
}
"""Name and kind of each column, in order."""

ROW_LOSSES = (
    "settings but temperature, top_p, max_tokens and seed",
    "origin but kind, of, format, original_id, run and cell",
    "query, query_type, attachments, citations, encrypted_reasoning and logprobs",
    "times of marks, and revision",
    "all fields of the conversation but conversation_id, title and the path to its leaf",
)


def iter_rows(forest: Forest) -> Iterator[dict[str, Any]]:
    """Yield a row for each response, in order of creation; unknown times are None."""
    fanouts = Counter(forest.parent_numbers)
    leaf = forest.leaf
    active = set() if leaf is None else set(forest.path(leaf.response_id).ids)
    depths: list[int] = []
    for number, one in enumerate(forest):
        parent = forest.parent_numbers[number]
        depths.append(0 if parent == NO_PARENT else depths[parent] + 1)
        yield {
            "conversation_id": forest.conversation.conversation_id,
            "title": forest.conversation.title,
            "position": number,
            "depth": depths[number],
            "n_children": fanouts[number],
            "on_active_path": one.response_id in active,
            **_fields(one),
        }


def _fields(one: Response) -> dict[str, Any]:
    return {
        "response_id": one.response_id,
        "parent_response_id": one.parent_response_id,
        "sender": one.sender,
        "message": one.message,
        "reasoning": one.reasoning,
        "create_time": None if one.create_time == NO_TIME else one.create_time,
        "model_name": one.model_name,
        "finish_reason": one.finish_reason,
        "manual": one.manual,
        "partial": one.partial,
        "shared": one.shared,
        "starred": one.marks.starred,
        "tags": list(one.marks.tags),
        "note": one.marks.note,
        "scores": one.marks.scores,
        "temperature": one.settings.temperature,
        "top_p": one.settings.top_p,
        "max_tokens": one.settings.max_tokens,
        "seed": one.settings.seed,
        "prompt_tokens": one.usage.prompt_tokens,
        "cached_prompt_tokens": one.usage.cached_prompt_tokens,
        "completion_tokens": one.usage.completion_tokens,
        "reasoning_tokens": one.usage.reasoning_tokens,
        "cost_usd": one.usage.cost_usd,
        "first_token_s": one.timing.first_token_s,
        "duration_s": one.timing.duration_s,
        "tool_calls": msgspec.to_builtins(one.tool_calls),
        "tool_call_id": one.tool_call_id,
        "origin_kind": one.origin.kind,
        "origin_of": one.origin.of,
        "origin_format": one.origin.format,
        "original_id": one.origin.original_id,
        "run": one.origin.run,
        "cell": one.origin.cell,
    }
