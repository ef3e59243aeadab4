"""Sessions of the Pi agent."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.formats._made import by_key, raw_of, read_bytes, read_lines
from tests.unit.formats._samples import EXPECTED, check_counts, documents

SAMPLE = "pi/v3_branched.jsonl"
HEADER = {"type": "session", "version": 3, "id": "s", "timestamp": "2026-01-03T14:00:00Z"}


def _entry(id: str, parent: str | None, kind: str = "message", **more: Any) -> dict[str, Any]:
    time = "2026-01-03T14:00:01Z"
    return {"type": kind, "id": id, "parentId": parent, "timestamp": time, **more}


def _said(id: str, parent: str | None, role: str, content: Any, **more: Any) -> dict[str, Any]:
    return _entry(id, parent, message={"role": role, "content": content, **more})


def test_counts_are_exact() -> None:
    check_counts(SAMPLE, EXPECTED[SAMPLE])
    (found,) = documents(SAMPLE)
    spoken = [one for one in found.responses if one.sender in ("human", "assistant")]
    assert len(spoken) == EXPECTED[SAMPLE]["messages"]


def test_labels_are_tags() -> None:
    (found,) = documents(SAMPLE)
    said = by_key(found)
    assert said["2a4ce367"].marks.tags == ("checkpoint-1",)
    assert (said["bc42d7f4"].message, said["bc42d7f4"].origin.flags) == ("", ("hidden", "empty"))
    assert said["df8b36a0"].message == "Left branch tried another plan."
    assert raw_of(said["df8b36a0"]) == {"type": "branch_summary", "fromId": "d4ecfbc8"}


def test_the_last_entry_is_where_the_user_is() -> None:
    (found,) = documents(SAMPLE)
    assert found.conversation.leaf_response_id == by_key(found)["c3a1899a"].response_id
    assert found.responses[0].origin.provenance == {
        "conversation": "5a824976-2581-5908-8525-fef1e81a8136",
        "cwd": "/path/to/project",
    }
    assert found.responses[1].model_name == "demo/demo-1"
    assert found.responses[1].usage.total_tokens == 8
    assert found.responses[1].finish_reason == "stop"


def test_a_label_that_was_taken_away_is_no_tag() -> None:
    lines = [
        HEADER,
        _said("a", None, "user", "Q"),
        _entry("l", "a", "label", targetId="a", label="x"),
        _entry("m", "l", "label", targetId="a"),
    ]
    assert read_lines(lines)[0].responses[0].marks.tags == ()


def test_tools_thoughts_and_shell_have_their_fields() -> None:
    call = {"type": "toolCall", "id": "c", "name": "read", "arguments": {"path": "a"}}
    usage = {"input": 5, "output": 3, "cacheRead": 2, "cacheWrite": 1, "cost": {"total": 0.25}}
    lines = [
        HEADER,
        _entry("i", None, "session_info", name="A name"),
        _said("a", "i", "user", [{"type": "image", "data": "AA", "mimeType": "image/png"}]),
        _said(
            "b",
            "a",
            "assistant",
            [{"type": "thinking", "thinking": "hm", "thinkingSignature": "s"}, call],
            stopReason="toolUse",
            usage=usage,
        ),
        _said("c", "b", "toolResult", [{"type": "text", "text": "found"}], toolCallId="c"),
        _entry("d", "c", message={"role": "bashExecution", "command": "ls", "output": "a"}),
        _said("e", "d", "assistant", "cut", stopReason="aborted"),
        _entry("f", "e", "compaction", summary="So far", firstKeptEntryId="b"),
        _entry("g", "f", "custom_message", customType="note", content="Look", display=True),
        _entry("h", "g", "custom", customType="state", data={"k": 1}),
        _entry("j", "h", "model_change", provider="p", modelId="m"),
    ]
    (found,) = read_lines(lines)
    said = by_key(found)
    assert found.conversation.title == "A name"
    assert said["a"].attachments[0].media_type == "image/png"
    assert (said["b"].reasoning, said["b"].tool_calls[0].arguments) == ("hm", '{"path":"a"}')
    assert (said["b"].usage.prompt_tokens, said["b"].usage.cost_usd) == (8, 0.25)
    assert (said["c"].sender, said["c"].tool_call_id) == ("tool", "c")
    assert (said["d"].sender, said["d"].message) == ("human", "ls\n\na")
    assert (said["e"].partial, said["e"].finish_reason) == (True, "cancelled")
    assert (said["f"].message, raw_of(said["f"])["firstKeptEntryId"]) == ("So far", "b")
    assert said["g"].message == "Look"
    assert raw_of(said["h"]) == {"type": "custom", "customType": "state", "data": {"k": 1}}
    assert [key for key, one in said.items() if "hidden" in one.origin.flags] == ["i", "h", "j"]
    assert found.counts.max_depth == 10


def test_entries_without_ids_are_a_chain() -> None:
    lines: list[Any] = [{"type": "session", "id": "s", "cwd": "/", "provider": "p"}]
    lines += [
        {"type": "message", "message": {"role": role, "content": role}}
        for role in ("user", "assistant", "user")
    ]
    (found,) = read_lines(lines)
    assert (found.counts.max_depth, found.counts.nodes) == (3, 3)


def test_dirty_lines_do_not_stop_it() -> None:
    lines = [
        json.dumps(HEADER),
        "[]",
        json.dumps(_entry("a", "gone", message="text")),
        json.dumps(_said("b", "a", "", None, usage=[], stopReason={}, timestamp="x")),
        json.dumps({"type": 3, "id": {"x": 1}, "parentId": 5, "summary": [1]}),
        json.dumps(_entry("l", "b", "label", targetId=None, label=7)),
    ]
    (found,) = read_bytes("\n".join(lines).encode())
    assert found.counts.nodes == 4
    assert found.repair_counts == {"inferred_role": 1, "line_skipped": 1, "orphan": 2}
