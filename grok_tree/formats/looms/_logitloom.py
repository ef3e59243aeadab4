"""Token trees of logitloom: each token is a response of its own, with its log-probability.

The prompt that all of them continue is no part of the tree; it is kept with the first tokens.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from grok_tree.forest import FinishReason, TokenLogprob
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import BYTE_ORDER_MARK, decoded_json, raw_json
from grok_tree.formats._loose import (
    key_of,
    name_of,
    number_of,
    object_of,
    raw_with,
    text_of,
    without,
)
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped, SourceConversation, SourceNode, node
from grok_tree.formats.looms._repairs import unreadable
from grok_tree.formats.looms._unfolding import Placed, unfolded

_REASONS: dict[Any, FinishReason] = {"stop": "stop", "length": "length"}


def _detect(source: Opened) -> bool:
    return "isLogitLoomTreeVersion" in source.keys


def _read(source: Opened) -> Iterator[Found]:
    mended: list[str] = []
    with source.open() as file:
        data = file.read().removeprefix(BYTE_ORDER_MARK)
    found = decoded_json(data, Any, mended)
    if not isinstance(found, dict) or not isinstance(found.get("roots"), list):
        yield Skipped(0, "", "it has no list of 'roots', so no tokens")
        return
    asked = object_of(found.get("modelSettings"))
    model = name_of(found.get("modelName"))
    nodes = [_token(one, model) for one in unfolded(found["roots"], mended).nodes]
    for one in nodes:
        if one.parent is None:
            one.raw = raw_with(one.raw, "modelSettings", without(asked, "systemPrompt"))
    if nodes:
        rest = without(found, "isLogitLoomTreeVersion", "modelName", "modelSettings", "roots")
        nodes[0].raw = raw_with(nodes[0].raw, "tree", rest)
    yield SourceConversation(
        nodes=nodes,
        system_prompt=name_of(asked.get("systemPrompt")),
        repairs=tuple(mended),
    )


def _token(place: Placed, model: str) -> SourceNode:
    value = place.value
    if not isinstance(value, dict):
        return unreadable(value, parent=place.parent)
    mended: list[str] = []
    text = text_of(value.get("text"), mended)
    rest = without(value, "id", "text", "children")
    logprob = _logprob(rest)
    reason = _reason(rest)
    return node(
        "assistant",
        text,
        key=key_of(value.get("id")),
        parent=place.parent,
        model_name=model,
        finish_reason=reason,
        logprobs=() if logprob is None else (TokenLogprob(text, logprob),),
        repairs=mended,
        raw=raw_json({name: one for name, one in rest.items() if one is not None}),
    )


def _logprob(rest: dict[str, Any]) -> float | None:
    """Return a token's log-probability; what says the same is taken out of `rest`."""
    logprob, prob = number_of(rest.get("logprob")), number_of(rest.get("prob"))
    if logprob is None:
        return math.log(prob) if prob is not None and 0 < prob <= 1 else None
    del rest["logprob"]
    if prob is not None and logprob <= 0 and math.isclose(math.exp(logprob), prob, abs_tol=1e-5):
        del rest["prob"]
    return logprob


def _reason(rest: dict[str, Any]) -> FinishReason | None:
    found = rest.get("branchFinished")
    if not isinstance(found, str) or found not in _REASONS:
        return None
    del rest["branchFinished"]
    return _REASONS[found]


FORMAT = Format(
    name="logitloom",
    title="Token tree of logitloom (JSON)",
    detect=_detect,
    read=_read,
)
