"""Token trees of logitloom."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.unit.formats._made import raw_of, read_json
from tests.unit.formats._samples import documents


def token(text: str, *children: Any, **fields: Any) -> dict[str, Any]:
    return {"id": f"id {text}", "text": text, "children": list(children)} | fields


def loom(*roots: Any, **settings: Any) -> dict[str, Any]:
    return {
        "isLogitLoomTreeVersion": "logit-loom-tree-v1",
        "modelName": "m",
        "modelSettings": settings,
        "roots": list(roots),
    }


def test_every_token_is_a_response_with_its_log_probability() -> None:
    (document,) = documents("logitloom/tokens.ll.json")
    first = document.responses[0]
    assert (first.sender, first.model_name, first.message) == ("assistant", "demo", " than")
    assert document.logprobs[first.response_id][0].logprob == -1.120486
    assert len(document.logprobs) == document.counts.nodes
    assert document.responses[2].finish_reason == "stop"


def test_the_prompt_is_kept_with_the_first_tokens_only() -> None:
    (document,) = documents("logitloom/tokens.ll.json")
    settings = {"kind": "chat", "prompt": "Say something", "prefill": "Well,"}
    assert [raw_of(one) for one in document.forest.roots] == [{"modelSettings": settings}] * 3
    assert not any(one.origin.raw for one in document.responses if one.parent_response_id)


def test_the_system_prompt_is_the_conversations() -> None:
    (document,) = read_json(loom(token("a"), kind="chat", systemPrompt="Be brief."))
    assert document.conversation.system_prompt == "Be brief."
    assert raw_of(document.responses[0]) == {"modelSettings": {"kind": "chat"}}


def test_a_probability_stands_in_for_its_logarithm() -> None:
    (document,) = read_json(loom(token("a", token("b", prob=0), prob=0.5)))
    first = document.responses[0]
    (found,) = document.logprobs[first.response_id]
    assert found.logprob == pytest.approx(math.log(0.5))
    assert len(document.logprobs) == 1


def test_a_reason_that_is_not_known_is_kept() -> None:
    (document,) = read_json(loom(token("a", branchFinished="depth")))
    assert document.responses[0].finish_reason is None
    assert raw_of(document.responses[0]) == {"branchFinished": "depth"}
