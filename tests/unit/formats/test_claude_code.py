"""Sessions of Claude Code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grok_tree.formats import read
from tests.unit.formats._made import by_key, raw_of, read_bytes, read_lines
from tests.unit.formats._samples import EXPECTED, TREES, check_counts, documents, names


def _line(uuid: str, parent: str | None, kind: str = "user", **more: Any) -> dict[str, Any]:
    said = {"role": kind, "content": uuid, **more.pop("message", {})}
    return {
        "uuid": uuid,
        "parentUuid": parent,
        "type": kind,
        "sessionId": "s",
        "message": said,
        **more,
    }


@pytest.mark.parametrize("name", names("claude_code"))
def test_counts_are_exact(name: str) -> None:
    check_counts(name, EXPECTED[name])


def test_tools_and_usage_have_their_fields() -> None:
    asked, call, result, answer = documents("claude_code/agent_session.jsonl")[0].responses
    assert asked.sender == "human"
    assert (call.tool_calls[0].call_id, call.tool_calls[0].name) == ("toolu_task_001", "Task")
    assert json.loads(call.tool_calls[0].arguments)["subagent_type"] == "Explore"
    assert (call.finish_reason, call.usage.prompt_tokens) == ("tool_calls", 100)
    assert (result.sender, result.tool_call_id) == ("tool", "toolu_task_001")
    assert result.message.startswith("## Codebase Structure")
    assert raw_of(result)["toolUseResult"]["agentId"] == "atest01"
    assert answer.model_name == "claude-opus-4-5-20251101"
    assert answer.create_time.isoformat() == "2026-01-31T13:00:07+00:00"


def test_a_rewound_prompt_is_a_sibling() -> None:
    (found,) = read_lines([_line("a", None), _line("b", "a", "assistant"), _line("c", "a")])
    assert (found.counts.forks, found.counts.leaves) == (1, 2)
    assert found.conversation.leaf_response_id == by_key(found)["c"].response_id


def test_an_answer_on_several_lines_has_one_bill() -> None:
    def part(uuid: str, parent: str, block: dict[str, Any], tokens: int) -> dict[str, Any]:
        usage = {
            "input_tokens": 2,
            "cache_read_input_tokens": 10,
            "cache_creation_input_tokens": 5,
            "output_tokens": tokens,
        }
        return _line(
            uuid,
            parent,
            "assistant",
            message={"id": "m", "model": "x", "content": [block], "usage": usage},
        )

    thinking = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    lines = [
        _line("a", None),
        part("b", "a", thinking, 1),
        part("c", "b", {"type": "text", "text": "Hello"}, 1),
        part("d", "c", {"type": "tool_use", "id": "t", "name": "Bash", "input": {"x": 1}}, 9),
    ]
    (found,) = read_lines(lines)
    _, first, second, third = found.responses
    assert [one.usage.total_tokens for one in found.responses] == [0, 0, 0, 26]
    assert (third.usage.cached_prompt_tokens, third.usage.completion_tokens) == (10, 9)
    assert {one.origin.provenance["message_id"] for one in (first, second, third)} == {"m"}
    assert (first.reasoning, first.message, second.message) == ("hm", "", "Hello")
    assert raw_of(first)["blocks"] == [{"type": "thinking", "signature": "sig"}]


def test_side_chains_are_flagged_roots() -> None:
    lines = [
        _line("a", None),
        _line("b", "a", "assistant"),
        _line("s", None, isSidechain=True),
        _line("t", "s", "assistant", isSidechain=True),
    ]
    (found,) = read_lines(lines)
    assert (found.counts.roots, found.flag_counts) == (2, {"sidechain": 2})
    assert found.conversation.leaf_response_id == by_key(found)["b"].response_id


def test_the_file_of_a_sub_agent_is_a_conversation_of_its_own(tmp_path: Path) -> None:
    for name, lines in (
        ("s.jsonl", [_line("a", None)]),
        ("agent-x.jsonl", [_line("b", None, isSidechain=True, agentId="x")]),
        ("notes.jsonl", [{"text": "no session"}]),
    ):
        (tmp_path / name).write_text("\n".join(map(json.dumps, lines)), "utf-8")
    found = list(read(tmp_path))
    assert [one.responses[0].message for one in found] == ["b", "a"]
    assert len({one.conversation.conversation_id for one in found}) == 2


def test_lines_that_are_no_messages_are_kept_beside_them() -> None:
    snapshot = {"type": "file-history-snapshot", "messageId": "a", "snapshot": {"x": 1}}
    summary = {"type": "summary", "summary": "What it was about", "leafUuid": "b"}
    (found,) = read_lines([summary, _line("a", None), snapshot, snapshot, _line("b", "a")])
    assert found.counts.nodes == 2
    assert found.conversation.title == "What it was about"
    first = raw_of(found.responses[0])
    assert (first["before"], first["beside"]) == ([summary], [snapshot, snapshot])


def test_very_many_lines_that_are_no_messages_are_kept_as_far_as_they_fit() -> None:
    snapshot = {"type": "file-history-snapshot", "messageId": "a", "snapshot": "x" * 1_000}
    (found,) = read_lines([_line("a", None), *[snapshot] * 1_000])
    kept = raw_of(found.responses[0])["beside"]
    assert 30 < len(kept) < 100
    assert found.repairs == (
        f"lines_left: {1_000 - len(kept)} lines that are no messages are too many to be kept",
    )


def test_a_compaction_begins_anew_and_says_after_what() -> None:
    boundary = _line(
        "c",
        None,
        "system",
        subtype="compact_boundary",
        content="Conversation compacted",
        logicalParentUuid="a",
    )
    del boundary["message"]
    lines = [_line("a", None), boundary, _line("d", "c", isMeta=True)]
    (found,) = read_lines(lines)
    said = by_key(found)["c"]
    assert (said.sender, said.message) == ("system", "Conversation compacted")
    assert said.origin.provenance["logical_parent"] == "a"
    assert raw_of(said)["subtype"] == "compact_boundary"
    assert found.flag_counts == {"hidden": 1}
    assert found.counts.roots == 2


def test_images_and_several_results_are_kept() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}}
    results = [
        {"type": "tool_result", "tool_use_id": "t", "content": [image, 5], "is_error": True},
        {"type": "tool_result", "tool_use_id": "u", "content": "fine"},
    ]
    (found,) = read_lines([_line("a", None, message={"content": results})])
    said = found.responses[0]
    assert (said.sender, said.message, said.tool_call_id) == ("tool", "\n\nfine", "t")
    assert said.attachments[0].url == "data:image/png;base64,AA"
    assert {"tool_call_ids": ["t", "u"]} in raw_of(said)["blocks"]


def test_dirty_lines_do_not_stop_it() -> None:
    lines = [
        json.dumps(_line("a", None)),
        "{",
        json.dumps({"uuid": 5, "parentUuid": ["x"], "type": None, "message": [1]}),
        json.dumps(_line("b", "b", "assistant", message={"content": [3, {"type": {}}, None]})),
        json.dumps(_line("a", "gone", "progress", message={"usage": 3, "stop_reason": []})),
    ]
    (found,) = read_bytes("\n".join(lines).encode(), "claude_code")
    assert found.counts.nodes == 4
    assert found.repair_counts == {
        "cycle_broken": 1,
        "duplicate_id": 1,
        "line_skipped": 1,
        "orphan": 2,
    }


def test_sessions_are_recognised() -> None:
    assert next(read(TREES / "claude_code/simple_conversation.jsonl")).format == "claude_code"
