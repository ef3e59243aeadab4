"""Chatbot UI, portable AI memory, and the web interface of llama.cpp."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given

from grok_tree.forest import Attachment, Citation, Forest, Settings, Timing, ToolCall, Usage
from grok_tree.formats import Document, Skipped, read_all, write
from tests.unit.formats._random_forests import forests
from tests.unit.formats._samples import EXPECTED, check_counts, documents, names

Json = dict[str, Any]


def _read(data: Any, format: str | None = None) -> list[Document | Skipped]:
    text = data if isinstance(data, str) else json.dumps(data)
    return list(read_all(io.BytesIO(text.encode()), format))


def _pam(*messages: Any, **fields: Any) -> Document:
    head = {"schema": "portable-ai-memory-conversation", "id": "c", "messages": list(messages)}
    (found,) = _read({**head, **fields})
    assert isinstance(found, Document), found
    assert found.format == "pam"
    return found


def _llama(*messages: Any, **session: Any) -> Document:
    head = {"type": "session", "harness": "llama.app", "id": "c", **session}
    lines = [head, *({"type": "message", "message": one} for one in messages)]
    (found,) = _read("\n".join(json.dumps(line) for line in lines))
    assert isinstance(found, Document), found
    assert found.format == "llama_ui"
    return found


def test_the_history_of_chatbot_ui_is_chains() -> None:
    first, second = documents("chatbotui/export.json")
    assert (first.counts.nodes, first.counts.max_depth) == (4, 4)
    assert first.conversation.title == "Hello what are you able to do?"
    assert [one.model_name for one in first.responses[:2]] == ["", "gpt-4-1106-preview"]
    assert second.responses[1].model_name == "gpt-3.5-turbo"
    assert first.responses[1].settings == Settings(temperature=1)


def test_dirty_histories_are_read_as_far_as_they_go() -> None:
    good = {
        "id": 5,
        "messages": [7, {"role": "user", "content": ["x"]}, {"role": None}],
        "prompt": "Be brief.",
        "temperature": "hot",
        "model": "m",
    }
    found = _read({"version": 4, "history": [{"id": "x"}, 7, good], "folders": []})
    assert found[0] == Skipped(0, "x", "it has no 'messages'")
    assert isinstance(found[1], Skipped)
    assert isinstance(found[2], Document)
    assert found[2].conversation.system_prompt == "Be brief."
    assert [one.message for one in found[2].responses] == ["", '["x"]', ""]
    assert found[2].repair_counts == {"inferred_role": 1, "text_inferred": 1, "unreadable": 1}


def test_portable_memories_are_read() -> None:
    (document,) = documents("pam/example-conversation.json")
    assert (document.counts.nodes, document.counts.max_depth) == (2, 2)
    assert document.conversation.title == "Initial setup and infrastructure discussion"
    assert document.conversation.modify_time == datetime(2024, 6, 1, 16, tzinfo=UTC)
    assert [one.model_name for one in document.responses] == ["", "claude-3-opus-20240229"]
    kept = json.loads(document.responses[0].origin.raw)
    assert kept["conversation"]["tags"] == ["infrastructure", "networking", "datacenter"]
    assert "text" not in kept


def test_portable_memories_branch_and_think_and_call() -> None:
    def said(key: str, parent: str | None, **fields: Any) -> Json:
        return {"id": key, "parent_id": parent, "role": "assistant", "content": key, **fields}

    found = _pam(
        said("q", None, role="user", children_ids=["b", "a"]),
        said("a", "q", is_thought=True, content={"type": "text", "text": "why"}),
        said(
            "b",
            "q",
            content={
                "type": "multipart",
                "parts": [{"text": "x"}, {"type": "image"}, {"text": "y"}],
            },
            tool_calls=[{"id": "1", "name": "f", "arguments": {"a": 1}}],
            citations=[{"url": "u", "title": "t"}, {"title": "no url"}],
            attachments=[{"name": "n", "mime_type": "text/plain", "size_bytes": 3}],
        ),
    )
    q, b, a = found.responses
    assert found.counts.max_fanout == 2
    assert (a.message, a.reasoning) == ("", "why")
    assert b.message == "x\ny"
    assert b.tool_calls == (ToolCall(call_id="1", name="f", arguments='{"a":1}'),)
    assert b.citations == (Citation(url="u", title="t"),)
    assert b.attachments == (Attachment(url="pam:n", name="n", media_type="text/plain", n_bytes=3),)
    assert q.sender == "human"


def test_portable_memories_without_parents_are_chains() -> None:
    found = _pam(
        {"role": "user", "content": "a"}, {"role": "assistant", "content": {"text": "b"}}, 7
    )
    assert found.counts.max_depth == 3
    assert [one.message for one in found.responses] == ["a", "b", ""]


@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"y": {}}, True])
@pytest.mark.parametrize(
    "name",
    [
        "id",
        "role",
        "content",
        "parent_id",
        "children_ids",
        "created_at",
        "tool_calls",
        "citations",
        "attachments",
        "model",
    ],
)
def test_wrong_types_in_memories_never_lose_a_message(name: str, junk: Any) -> None:
    assert len(_pam({"id": "m", "role": "user", "content": "x", name: junk}).responses) == 1


@pytest.mark.parametrize("name", names("llama_app"))
def test_counts_of_llama_sessions_are_exact(name: str) -> None:
    expected = EXPECTED[name]
    check_counts(name, expected)
    (document,) = documents(name)
    assert document.repair_counts == {"orphan": expected["orphans"]}
    assert document.conversation.title == "Hello 302"
    assert document.forest.leaf is not None
    assert document.forest.leaf.origin.original_id == "15ad3abe-30a5-5fdb-b79e-33fa76555cfe"


def test_the_root_of_a_llama_session_only_holds_it_together() -> None:
    found = _llama(
        {"id": "r", "type": "root", "parent": None, "role": "system", "children": ["b", "a"]},
        {"id": "a", "parent": "r", "role": "user", "content": "a", "timestamp": 1_750_302_000_000},
        {"id": "b", "parent": "r", "role": "user", "content": "b"},
    )
    assert [one.message for one in found.forest.roots] == ["b", "a"]
    assert found.repair_counts == {}
    assert found.conversation.create_time == datetime(2025, 6, 19, 3, tzinfo=UTC)


def test_figures_thoughts_and_calls_of_llama_are_read() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    first, second = _llama(
        {
            "id": "a",
            "role": "assistant",
            "content": "x",
            "model": "m",
            "reasoningContent": "why",
            "toolCalls": json.dumps([call]),
            "timings": {
                "prompt_n": 3,
                "cache_n": 2,
                "prompt_ms": 100,
                "predicted_n": 7,
                "predicted_ms": 400,
                "speed": 1,
            },
            "extra": [{"type": "IMAGE", "name": "a.png", "base64Url": "data:image/png;base64,AA"}],
        },
        {"id": "t", "parent": "a", "role": "tool", "content": "42", "toolCallId": "1"},
    ).responses
    assert (first.reasoning, first.model_name) == ("why", "m")
    assert first.tool_calls == (ToolCall(call_id="1", name="f", arguments="{}"),)
    assert first.usage == Usage(prompt_tokens=5, cached_prompt_tokens=2, completion_tokens=7)
    assert first.timing == Timing(duration_s=0.5)
    assert [one.name for one in first.attachments] == ["a.png"]
    raw = json.loads(first.origin.raw)
    assert raw["timings"] == {"speed": 1}
    assert raw["extra"][0]["base64Url"].startswith("data:")
    assert (second.tool_call_id, second.parent_response_id) == ("1", first.response_id)


def test_traces_of_other_programs_need_only_roles_and_texts() -> None:
    found = _llama(
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "text", "text": "b"}, {"type": "odd"}]},
        harness="mine",
    )
    assert [one.message for one in found.responses] == ["a", "b"]
    assert found.counts.max_depth == 2
    assert json.loads(found.responses[0].origin.raw)["session"] == {"harness": "mine"}


def test_several_sessions_and_broken_lines_are_read() -> None:
    head = '{"type": "session", "harness": "llama.app", "id": "%s"}'
    message = '{"type": "message", "message": {"role": "user", "content": "x"}}'
    found = _read("\n".join([head % "a", message, "broken", head % "b", "7", message, message]))
    assert [one.counts.nodes for one in found if isinstance(one, Document)] == [2, 3]


@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"y": {}}, True])
@pytest.mark.parametrize(
    "name",
    [
        "id",
        "role",
        "content",
        "parent",
        "children",
        "timestamp",
        "timings",
        "toolCalls",
        "extra",
        "type",
        "model",
    ],
)
def test_wrong_types_in_sessions_never_lose_a_message(name: str, junk: Any) -> None:
    assert len(_llama({"id": "m", "role": "user", "content": "x", name: junk}).responses) == 1


def test_a_message_that_is_nested_too_deeply_is_kept_as_it_is() -> None:
    deep = "[" * 3_000 + "]" * 3_000
    message = {"type": "message", "message": {"role": "user", "content": "x", "odd": "DEEP"}}
    lines = ['{"type": "session", "harness": "h"}', json.dumps(message), json.dumps(message)]
    (found,) = _read("\n".join(lines).replace('"DEEP"', deep, 1))
    assert isinstance(found, Document)
    assert [one.message for one in found.responses] == ["", "x"]
    assert deep in json.loads(found.responses[0].origin.raw)["unreadable"]


def _written(forest: Forest) -> Document:
    file = io.BytesIO()
    assert write(forest, file, "llama_ui") == len(forest)
    file.seek(0)
    (found,) = read_all(file)
    assert isinstance(found, Document)
    return found


@pytest.mark.parametrize("name", names("llama_app"))
def test_a_session_of_llama_goes_back_as_it_was(name: str) -> None:
    (document,) = documents(name)
    again = _written(document.forest)
    assert again.counts == document.counts
    assert again.repair_counts == {}
    for first, second in zip(document.responses, again.responses, strict=True):
        assert (first.message, first.origin.raw) == (second.message, second.origin.raw)
        assert first.create_time == second.create_time


@given(forests())
def test_anything_comes_back_from_a_session_but_for_the_losses(forest: Forest) -> None:
    found = _written(forest)
    keys = {one.origin.original_id: one for one in found.responses}
    assert len(found.responses) == len(forest)
    for number, before in enumerate(forest):
        after = keys[before.response_id]
        assert (after.sender, after.message, after.reasoning) == (
            before.sender,
            before.message,
            before.reasoning,
        )
        assert abs(after.create_time - before.create_time) <= timedelta(milliseconds=1)
        assert after.usage == msgspec.structs.replace(before.usage, cost_usd=None)
        assert after.timing.duration_s == pytest.approx(before.timing.duration_s)
        parent = forest.parent_numbers[number]
        above = found.forest.parent(after.response_id)
        assert (above and above.origin.original_id) == (
            None if parent < 0 else forest.responses.ids[parent]
        )
    assert found.conversation.title == forest.conversation.title
    leaf = forest.conversation.leaf_response_id
    if leaf:
        assert found.forest.leaf == keys[leaf]


def test_calls_and_their_answers_come_back_from_a_session() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    document = _llama(
        {
            "id": "a",
            "role": "assistant",
            "content": "",
            "model": "m",
            "toolCalls": json.dumps([call]),
            "extra": [{"name": "n", "content": "text"}],
        },
        {"id": "t", "parent": "a", "role": "tool", "content": "42", "toolCallId": "1"},
        thinkingEnabled=True,
    )
    again = _written(document.forest)
    for first, second in zip(document.responses, again.responses, strict=True):
        for name in ("tool_calls", "tool_call_id", "model_name", "attachments"):
            assert getattr(first, name) == getattr(second, name)
        assert first.origin.raw == second.origin.raw
