"""Rows of forks, and of whole conversations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from grok_tree.analysis._counts import counts_of
from grok_tree.analysis._frames import Kind
from grok_tree.analysis._results import Records
from grok_tree.analysis.tables._columns import time_or_none
from grok_tree.forest import NO_PARENT, Forest

FORKS: dict[str, Kind] = {
    "response_id": "text",
    "conversation_id": "text",
    "sender": "text",
    "message": "text",
    "depth": "int",
    "n_children": "int",
    "n_tips": "int",
    "n_below": "int",
    "n_models": "int",
    "models": "text",
    "n_manual": "int",
}
CONVERSATIONS: dict[str, Kind] = {
    "conversation_id": "text",
    "title": "text",
    "starred": "bool",
    "create_time": "time",
    "modify_time": "time",
    "model_name": "text",
    "system_prompt": "text",
    "system_prompt_name": "text",
    "leaf_response_id": "text",
    "revision": "int",
    "n_responses": "int",
    "n_roots": "int",
    "n_tips": "int",
    "n_forks": "int",
    "max_depth": "int",
    "max_fanout": "int",
}


def forks(forests: Sequence[Forest]) -> Records:
    """Return one row a response with several children."""
    return [row for forest in forests for row in _forks_of(forest)]


def _forks_of(forest: Forest) -> Records:
    counts = counts_of(forest)
    numbers = [number for number, n in enumerate(counts.n_children) if n > 1]
    models, manual = _children_of(forest, set(numbers))
    conversation_id = forest.conversation.conversation_id
    return [
        {
            "response_id": response.response_id,
            "conversation_id": conversation_id,
            "sender": response.sender,
            "message": response.message,
            "depth": counts.depths[number],
            "n_children": counts.n_children[number],
            "n_tips": counts.n_tips[number],
            "n_below": counts.sizes[number] - 1,
            "n_models": len(models[number]),
            "models": ", ".join(sorted(models[number])),
            "n_manual": manual[number],
        }
        for number, response in zip(numbers, forest.responses.several(numbers), strict=True)
    ]


def _children_of(forest: Forest, forks: set[int]) -> tuple[dict[int, set[str]], Counter[int]]:
    """Return the models of each fork's children, and how many of these were written by hand."""
    models: dict[int, set[str]] = {number: set() for number in forks}
    manual: Counter[int] = Counter()
    parents = forest.parent_numbers
    children = [number for number, parent in enumerate(parents) if parent in forks]
    for number, child in zip(children, forest.responses.several(children), strict=True):
        if child.model_name:
            models[parents[number]].add(child.model_name)
        manual[parents[number]] += child.manual
    return models, manual


def conversations(forests: Sequence[Forest]) -> Records:
    """Return one row a conversation; no response is read for it."""
    return [_conversation(forest) for forest in forests]


def _conversation(forest: Forest) -> dict[str, Any]:
    counts, said = counts_of(forest), forest.conversation
    return {
        "conversation_id": said.conversation_id,
        "title": said.title,
        "starred": said.starred,
        "create_time": time_or_none(said.create_time),
        "modify_time": time_or_none(said.modify_time),
        "model_name": said.model_name,
        "system_prompt": said.system_prompt,
        "system_prompt_name": said.system_prompt_name,
        "leaf_response_id": said.leaf_response_id,
        "revision": said.revision,
        "n_responses": len(forest),
        "n_roots": sum(parent == NO_PARENT for parent in forest.parent_numbers),
        "n_tips": sum(n == 0 for n in counts.n_children),
        "n_forks": sum(n > 1 for n in counts.n_children),
        "max_depth": max(counts.depths, default=0),
        "max_fanout": max(counts.n_children, default=0),
    }
