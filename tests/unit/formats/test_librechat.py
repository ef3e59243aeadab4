"""LibreChat conversations."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from grok_tree.forest import Attachment, Response, ToolCall
from grok_tree.formats import Document, Skipped, read_all
from tests.unit.formats._samples import EXPECTED, check_counts, documents, names

Json = dict[str, Any]
NO_PARENT = "00000000-0000-0000-0000-000000000000"


def _message(key: str, parent: str | None = NO_PARENT, **fields: Any) -> Json:
    own: Json = {"messageId": key, "parentMessageId": parent, "isCreatedByUser": False}
    return {**own, "text": f"said {key}", "model": None, **fields}


def _read(found: Any) -> list[Document | Skipped]:
    return list(read_all(io.BytesIO(json.dumps(found).encode()), "librechat"))


def _only(*messages: Any, **fields: Any) -> Document:
    (found,) = _read({"conversationId": "c", "title": "T", "messages": list(messages), **fields})
    assert isinstance(found, Document), found
    return found


def _said(**fields: Any) -> Response:
    (found,) = _only(_message("m", **fields)).responses
    return found


@pytest.mark.parametrize("name", names("librechat"))
def test_counts_are_exact(name: str) -> None:
    check_counts(name, EXPECTED[name])


def test_messages_inside_messages_are_a_tree_with_the_model_of_the_options() -> None:
    (document,) = documents("librechat/export.json")
    assert document.repairs == ()
    assert [one.sender for one in document.responses] == ["human", "assistant"] * 3
    assert {one.model_name for one in document.responses[1::2]} == {"gpt-3.5-turbo"}
    assert document.conversation.create_time == datetime(2024, 4, 9, 14, 32, 5, 230000, UTC)
    kept = json.loads(document.responses[0].origin.raw)
    assert kept["conversation"]["options"]["resendFiles"] is True


def test_it_is_told_when_other_branches_were_not_exported() -> None:
    (document,) = documents("librechat/linear.json")
    assert document.repair_counts == {"path_only": 1}
    assert document.responses[1].model_name == "gpt-4o"


def test_children_before_their_parents_keep_their_place() -> None:
    found = _only(_message("c", "b"), _message("b", "a"), _message("a", None))
    assert (found.counts.roots, found.counts.max_depth) == (1, 3)
    assert found.repair_counts == {}


def test_a_message_without_text_keeps_what_hangs_on_it() -> None:
    found = _only(_message("a", text="", children=[_message("b", "a", text=None), "loose"]))
    assert (found.counts.nodes, found.counts.max_fanout) == (3, 2)
    assert found.flag_counts == {"empty": 3}
    assert found.repair_counts == {"unreadable": 1}


@pytest.mark.parametrize("parent", [None, "elsewhere", NO_PARENT])
def test_standing_inside_counts_where_the_parent_is_not_named(parent: str | None) -> None:
    found = _only(_message("a", children=[_message("b", parent)]))
    assert found.counts.max_depth == 2
    assert found.repair_counts == {}


def test_older_exports_call_the_messages_a_tree() -> None:
    (found,) = read_all(
        io.BytesIO(
            json.dumps(
                {
                    "conversationId": "c",
                    "messagesTree": [_message("a", children=[_message("b", "a")])],
                }
            ).encode()
        )
    )
    assert isinstance(found, Document)
    assert (found.format, found.counts.max_depth) == ("librechat", 2)


def test_a_chain_of_thousands_inside_of_one_another_is_read() -> None:
    text = '{"messageId":"%d","text":"x","isCreatedByUser":true,"children":['
    deep = "".join(text % number for number in range(1_500)) + "]}" * 1_500
    data = f'{{"conversationId":"c","messages":[{deep}]}}'.encode()
    (found,) = read_all(io.BytesIO(data), "librechat")
    assert isinstance(found, Document), found
    assert found.counts.max_depth == 1_500


def test_parts_are_texts_thoughts_and_calls() -> None:
    call = {"type": "tool_call", "tool_call": {"id": "1", "name": "f", "args": "{}", "output": "4"}}
    found = _said(
        text="",
        content=[
            {"type": "think", "think": "why"},
            call,
            {"type": "text", "text": {"value": "so"}},
            {"type": "text", "text": "on"},
            {"type": "error", "error": "E"},
        ],
        files=[{"file_id": "f", "filename": "a.png", "type": "image/png", "bytes": 3}],
        finish_reason="length",
    )
    assert (found.message, found.reasoning) == ("so\non", "why")
    assert found.tool_calls == (ToolCall(call_id="1", name="f", arguments="{}"),)
    assert found.attachments == (
        Attachment(url="f", name="a.png", media_type="image/png", n_bytes=3),
    )
    assert found.finish_reason == "length"
    assert json.loads(found.origin.raw)["content"] == [call, {"type": "error", "error": "E"}]


@pytest.mark.parametrize(
    ("fields", "ending"),
    [
        ({}, (False, None)),
        ({"unfinished": True}, (True, "cancelled")),
        ({"error": True}, (False, "failed")),
        ({"finish_reason": "stop"}, (False, "stop")),
    ],
)
def test_it_is_known_how_an_answer_ended(fields: Json, ending: Any) -> None:
    found = _said(**fields)
    assert (found.partial, found.finish_reason) == ending


@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"y": {}}, True])
@pytest.mark.parametrize(
    "name",
    [
        "messageId",
        "parentMessageId",
        "isCreatedByUser",
        "text",
        "content",
        "children",
        "createdAt",
        "model",
        "files",
        "finish_reason",
    ],
)
def test_wrong_types_anywhere_never_lose_a_message(name: str, junk: Any) -> None:
    assert len(_only({**_message("m"), name: junk}, _message("n", "m")).responses) >= 2


def test_what_has_no_messages_is_named() -> None:
    assert _read([{"conversationId": "c"}, 7])[0] == Skipped(0, "c", "it has no 'messages'")
