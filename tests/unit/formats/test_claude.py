"""Claude.ai exports."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grok_tree.errors import FormatNotFound
from grok_tree.forest import Attachment, Citation, Response, ToolCall
from grok_tree.formats import Document, Skipped, read_all
from tests.unit.formats._samples import EXPECTED, TREES, check_counts, documents, names

Json = dict[str, Any]
ROOT = "00000000-0000-4000-8000-000000000000"


def _message(key: str, sender: str = "assistant", **fields: Any) -> Json:
    return {"uuid": key, "sender": sender, "text": f"text of {key}", **fields}


def _read(*conversations: Any) -> list[Document | Skipped]:
    return list(read_all(io.BytesIO(json.dumps(conversations).encode()), "claude"))


def _only(*messages: Any, **fields: Any) -> Document:
    (found,) = _read({"uuid": "c", "name": "T", "chat_messages": list(messages), **fields})
    assert isinstance(found, Document)
    return found


def _said(*blocks: Any, **fields: Any) -> Response:
    (found,) = _only(_message("m", content=list(blocks), **fields)).responses
    return found


@pytest.mark.parametrize("name", names("claude"))
def test_counts_are_exact(name: str) -> None:
    check_counts(name, EXPECTED[name])


def test_thinking_is_reasoning_and_blocks_go_before_the_flattened_text() -> None:
    (document,) = documents("claude/thinking_example.json")
    answer = document.responses[1]
    assert answer.message == "Hello there! It's great to hear from you."
    assert answer.reasoning.startswith("The user asked for a greeting.")
    assert "Planning a warm greeting" in answer.origin.raw
    assert "I should respond warmly" not in answer.origin.raw
    assert answer.create_time == datetime(2025, 1, 1, 0, 0, 5, tzinfo=UTC)


def test_old_exports_are_chains_with_the_text_and_the_files() -> None:
    (document,) = documents("claude/small_example.json")
    assert document.responses[0].message == "Turn this into a bash command"
    assert [one.name for one in document.responses[0].attachments] == [
        "CleanShot 20241017 at 22.29.542x.png"
    ]
    assert document.repairs == ()


def test_tools_their_results_and_sources_are_kept() -> None:
    found = _said(
        {"type": "text", "text": "see", "citations": []},
        {"type": "tool_use", "id": "t", "name": "search", "input": {"q": 1}, "message": "Looking"},
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "R"}]},
        {
            "type": "text",
            "text": "that",
            "citations": [
                {"start_index": 0, "end_index": 4, "details": {"url": "https://u"}},
                {"start_index": 3, "end_index": 99, "url": "https://v", "title": "V"},
                {"uuid": "no url"},
            ],
        },
        {"type": "token_budget"},
        {"type": "brand_new", "x": 1},
        "loose",
        text="flattened",
    )
    assert found.message == "see\nthat"
    assert found.tool_calls == (ToolCall(call_id="t", name="search", arguments='{"q":1}'),)
    assert found.citations == (
        Citation(url="https://u", begin=4, end=8),
        Citation(url="https://v", title="V"),
    )
    rest = json.loads(found.origin.raw)["content"]
    assert [one["type"] for one in rest[:6]] == [
        "text",
        "tool_use",
        "tool_result",
        "text",
        "token_budget",
        "brand_new",
    ]
    assert rest[1] == {"type": "tool_use", "message": "Looking"}
    assert rest[6] == "loose"


@pytest.mark.parametrize("content", [None, [], "", [{"type": "brand_new"}], [7]])
def test_the_flattened_text_is_used_where_blocks_say_nothing(content: Any) -> None:
    (found,) = _only(_message("m", content=content)).responses
    assert found.message == "text of m"


def test_files_are_attachments_and_what_was_extracted_is_kept() -> None:
    found = _said(
        {"type": "text", "text": "x"},
        attachments=[
            {
                "file_name": "a.txt",
                "file_size": 3,
                "file_type": "text/plain",
                "extracted_content": "abc",
            }
        ],
        files=[{"file_name": "b.png", "file_uuid": "f"}],
        text="x",
    )
    assert found.attachments == (
        Attachment(url="claude:a.txt", name="a.txt", media_type="text/plain", n_bytes=3),
        Attachment(url="claude:f", name="b.png"),
    )
    assert json.loads(found.origin.raw) == {"attachments": [{"extracted_content": "abc"}]}


def test_the_list_may_be_in_any_order_and_siblings_follow_their_times() -> None:
    found = _only(
        _message("late", parent_message_uuid="q", created_at="2025-01-01T00:00:03Z"),
        _message("early", parent_message_uuid="q", created_at="2025-01-01T00:00:02+00:00"),
        _message("q", "human", parent_message_uuid=ROOT, created_at="2025-01-01T00:00:01"),
        _message("lost", parent_message_uuid="gone", created_at="2025-01-01T00:00:00Z"),
    )
    root = next(one for one in found.responses if one.message == "text of q")
    children = found.forest.children(root.response_id)
    assert [one.message for one in children] == ["text of early", "text of late"]
    assert root.origin.repairs == ()
    assert found.repair_counts == {"orphan": 1}
    assert found.forest.leaf is not None
    assert found.forest.leaf.message == "text of late"


def test_the_leaf_and_the_star_and_the_model_are_those_that_are_named() -> None:
    found = _only(
        _message("q", "human", parent_message_uuid=ROOT),
        _message("a", parent_message_uuid="q", stop_reason="max_tokens"),
        _message("b", parent_message_uuid="q", model="other", stop_reason="user_canceled"),
        current_leaf_message_uuid="a",
        is_starred=True,
        model="m",
    )
    assert found.forest.leaf is not None
    assert found.forest.leaf.origin.original_id == "a"
    assert found.conversation.starred
    assert [one.model_name for one in found.responses] == ["", "m", "other"]
    assert [(one.partial, one.finish_reason) for one in found.responses] == [
        (False, None),
        (False, "length"),
        (True, "cancelled"),
    ]


def test_what_is_no_conversation_is_named_and_the_others_are_read() -> None:
    found = _read({"uuid": "p", "name": "no messages"}, 7, {"chat_messages": [7, _message("m")]})
    assert found[0] == Skipped(0, "p", "it has no 'chat_messages'")
    assert isinstance(found[1], Skipped)
    assert isinstance(found[2], Document)
    assert [one.origin.raw for one in found[2].responses] == ['{"unreadable":7}', ""]


@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"y": {}}, True, 1.5])
@pytest.mark.parametrize(
    "name",
    [
        "uuid",
        "sender",
        "text",
        "content",
        "created_at",
        "attachments",
        "files",
        "parent_message_uuid",
        "stop_reason",
        "model",
    ],
)
def test_wrong_types_anywhere_never_lose_a_message(name: str, junk: Any) -> None:
    found = _only({**_message("m"), name: junk}, _message("n", parent_message_uuid="m"))
    assert len(found.responses) == 2


@pytest.mark.parametrize(
    "block",
    [
        {"type": "text", "text": 7},
        {"type": "thinking"},
        {"type": ["text"]},
        {},
        {"type": "tool_use", "id": [], "name": 7, "input": None},
        {
            "type": "text",
            "text": "t",
            "citations": [7, {"url": 7}, {"url": "u", "start_index": "0"}],
        },
    ],
)
def test_broken_blocks_never_lose_a_message(block: Json) -> None:
    assert _said(block).sender == "assistant"


def test_batches_are_read_without_projects_users_and_memories(tmp_path: Path) -> None:
    one = (TREES / "claude" / "branching_small.json").read_bytes()
    two = (TREES / "claude" / "thinking_example.json").read_bytes()
    private = json.dumps([{"uuid": "u", "chat_messages": [], "name": "private"}]).encode()
    extra = ("users.json", "projects.json", "memories.json", "projects/p.json")
    for number, data in enumerate((one, two)):
        with zipfile.ZipFile(tmp_path / f"batch-000{number}.zip", "w") as archive:
            archive.writestr("conversations.json", data)
            for name in extra:
                archive.writestr(name, private)
    found = [one for one in read_all(tmp_path) if isinstance(one, Document)]
    assert [one.conversation.title for one in found] == ["Claude 98", "Thinking Demo"]
    assert [one.index for one in found] == [0, 1]
    (only,) = read_all(tmp_path / "batch-0001.zip")
    assert isinstance(only, Document)


def test_an_archive_of_users_alone_is_no_export(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("users.json", b'[{"chat_messages": []}]')
    with pytest.raises(FormatNotFound):
        list(read_all(tmp_path / "x.zip"))


def test_what_is_nested_too_deeply_stops_no_other_conversation() -> None:
    deep = "[" * 3_000 + "]" * 3_000
    data = (
        json.dumps(
            [
                {"uuid": "c", "chat_messages": [_message("m", content=[{"type": "DEEP"}])]},
                {"uuid": "c", "chat_messages": [_message("m", content=[{"type": "DEEP"}])]},
            ]
        )
        .replace('"DEEP"', deep, 1)
        .replace("DEEP", "fine")
    )
    found = list(read_all(io.BytesIO(data.encode()), "claude"))
    assert isinstance(found[-1], Document)
    assert len(found) == 2


def test_what_belongs_to_a_whole_conversation_is_kept() -> None:
    found = _only(_message("m"), project={"uuid": "p", "name": "P"}, summary="S")
    assert json.loads(found.responses[0].origin.raw) == {
        "conversation": {"project": {"uuid": "p", "name": "P"}, "summary": "S"}
    }
