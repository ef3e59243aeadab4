"""Rows of what was used and what it cost, a model and a day each."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from grok_tree.analysis._frames import Kind
from grok_tree.analysis._results import Records
from grok_tree.analysis._samples import is_sampled
from grok_tree.analysis.tables._columns import time_or_none
from grok_tree.forest import Forest, Response

COSTS: dict[str, Kind] = {
    "model_name": "text",
    "day": "time",
    "n_samplings": "int",
    "prompt_tokens": "int",
    "cached_prompt_tokens": "int",
    "completion_tokens": "int",
    "reasoning_tokens": "int",
    "cost_usd": "float",
    "n_unknown_costs": "int",
    "n_estimated": "int",
    "duration_s": "float",
}
Group = tuple[str, datetime | None]


def costs(forests: Sequence[Forest]) -> Records:
    """Return one row a model and a day (UTC), models by name, days as they came.

    ``cost_usd`` is the sum of the costs that are known, and None where none is: what is not known
    is counted in ``n_unknown_costs``, never added as nothing.
    """
    groups: dict[Group, list[Response]] = defaultdict(list)
    for forest in forests:
        for response in forest:
            if is_sampled(response):
                groups[response.model_name, _day(response)].append(response)
    return [_row(group, groups[group]) for group in sorted(groups, key=_order)]


def _day(response: Response) -> datetime | None:
    time = time_or_none(response.create_time)
    return time and time.replace(hour=0, minute=0, second=0, microsecond=0)


def _order(group: Group) -> tuple[str, float]:
    return group[0], group[1].timestamp() if group[1] else -math.inf


def _row(group: Group, sampled: Sequence[Response]) -> dict[str, Any]:
    usages = [response.usage for response in sampled]
    known = [usage.cost_usd for usage in usages if usage.cost_usd is not None]
    return {
        "model_name": group[0],
        "day": group[1],
        "n_samplings": len(sampled),
        "prompt_tokens": sum(usage.prompt_tokens for usage in usages),
        "cached_prompt_tokens": sum(usage.cached_prompt_tokens for usage in usages),
        "completion_tokens": sum(usage.completion_tokens for usage in usages),
        "reasoning_tokens": sum(usage.reasoning_tokens for usage in usages),
        "cost_usd": math.fsum(known) if known else None,
        "n_unknown_costs": len(usages) - len(known),
        "n_estimated": sum(usage.estimated for usage in usages),
        "duration_s": math.fsum(response.timing.duration_s for response in sampled),
    }
