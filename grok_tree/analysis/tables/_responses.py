"""Rows of responses, and of what was asked of the model for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from grok_tree.analysis._counts import counts_of
from grok_tree.analysis._frames import Kind
from grok_tree.analysis._results import Records
from grok_tree.analysis._samples import is_sampled
from grok_tree.analysis.tables._columns import Columns, kinds_of, reader_of
from grok_tree.forest import Forest, Response

_RESPONSE: Columns = {
    "response_id": ("text", "response_id"),
    "parent_response_id": ("text", "parent_response_id"),
    "conversation_id": ("text", "conversation_id"),
    "position": ("int", "position"),
    "sender": ("text", "sender"),
    "message": ("text", "message"),
    "create_time": ("time", "create_time"),
    "model_name": ("text", "model_name"),
    "finish_reason": ("text", "finish_reason"),
    "manual": ("bool", "manual"),
    "partial": ("bool", "partial"),
    "origin_kind": ("text", "origin.kind"),
    "starred": ("bool", "marks.starred"),
    "note": ("text", "marks.note"),
}
RESPONSES: dict[str, Kind] = {
    **kinds_of(_RESPONSE),
    "tags": "text",
    "depth": "int",
    "n_children": "int",
    "n_characters": "int",
}
_read_response = reader_of(_RESPONSE)

_SAMPLING: Columns = {
    "response_id": ("text", "response_id"),
    "parent_response_id": ("text", "parent_response_id"),
    "conversation_id": ("text", "conversation_id"),
    "create_time": ("time", "create_time"),
    "model_name": ("text", "model_name"),
    "message": ("text", "message"),
    "finish_reason": ("text", "finish_reason"),
    "partial": ("bool", "partial"),
    "settings_temperature": ("float", "settings.temperature"),
    "settings_top_p": ("float", "settings.top_p"),
    "settings_min_p": ("float", "settings.min_p"),
    "settings_top_k": ("int", "settings.top_k"),
    "settings_max_tokens": ("int", "settings.max_tokens"),
    "settings_seed": ("int", "settings.seed"),
    "settings_logprobs": ("bool", "settings.logprobs"),
    "settings_top_logprobs": ("int", "settings.top_logprobs"),
    "settings_frequency_penalty": ("float", "settings.frequency_penalty"),
    "settings_presence_penalty": ("float", "settings.presence_penalty"),
    "settings_reasoning_effort": ("text", "settings.reasoning_effort"),
    "settings_response_format": ("text", "settings.response_format"),
    "settings_tool_choice": ("text", "settings.tool_choice"),
    "usage_prompt_tokens": ("int", "usage.prompt_tokens"),
    "usage_cached_prompt_tokens": ("int", "usage.cached_prompt_tokens"),
    "usage_completion_tokens": ("int", "usage.completion_tokens"),
    "usage_reasoning_tokens": ("int", "usage.reasoning_tokens"),
    "usage_cost_usd": ("float", "usage.cost_usd"),
    "usage_estimated": ("bool", "usage.estimated"),
    "timing_first_token_s": ("float", "timing.first_token_s"),
    "timing_duration_s": ("float", "timing.duration_s"),
    "origin_kind": ("text", "origin.kind"),
    "origin_of": ("text", "origin.of"),
    "origin_offset": ("int", "origin.offset"),
    "origin_forced": ("text", "origin.forced"),
    "origin_format": ("text", "origin.format"),
    "origin_run": ("text", "origin.run"),
    "origin_cell": ("text", "origin.cell"),
    "origin_door": ("text", "origin.door"),
    "origin_client": ("text", "origin.client"),
    "origin_system_prompt": ("text", "origin.system_prompt"),
}
SAMPLINGS: dict[str, Kind] = {
    **kinds_of(_SAMPLING),
    "settings_stop": "text",
    "settings_n_tools": "int",
    "origin_provenance": "text",
}
_read_sampling = reader_of(_SAMPLING)


def responses(forests: Sequence[Forest]) -> Records:
    """Return one row a response, with a column ``score_NAME`` for every score that is given."""
    rows = [row for forest in forests for row in _responses_of(forest)]
    scores = [row.pop("") for row in rows]
    names = sorted({name for given in scores for name in given})
    for row, given in zip(rows, scores, strict=True):
        row.update((f"score_{name}", given.get(name)) for name in names)
    return rows


def _responses_of(forest: Forest) -> Records:
    counts = counts_of(forest)
    rows = []
    for response, depth, n_children in zip(forest, counts.depths, counts.n_children, strict=True):
        row = _read_response(response)
        row["tags"] = ", ".join(response.marks.tags)
        row["depth"], row["n_children"] = depth, n_children
        row["n_characters"] = len(response.message)
        row[""] = response.marks.scores
        rows.append(row)
    return rows


def samplings(forests: Sequence[Forest]) -> Records:
    """Return one row a response that a model said."""
    return [_sampling(one) for forest in forests for one in forest if is_sampled(one)]


def _sampling(response: Response) -> dict[str, Any]:
    row = _read_sampling(response)
    row["settings_stop"] = _json(list(response.settings.stop))
    row["settings_n_tools"] = len(response.settings.tools)
    row["origin_provenance"] = _json(response.origin.provenance)
    return row


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
