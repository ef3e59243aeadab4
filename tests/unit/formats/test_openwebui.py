"""Open WebUI chats in and out."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given

from grok_tree.forest import Attachment, Citation, Forest, Marks, Response, ToolCall, Usage
from grok_tree.formats import Document, Skipped, read_all, write
from tests.unit.formats._random_forests import forests
from tests.unit.formats._samples import EXPECTED, check_counts, documents, names

Json = dict[str, Any]
TIME = 1_750_000_000


def _message(key: str, parent: str | None = None, role: str = "assistant", **fields: Any) -> Json:
    own: Json = {
        "id": key,
        "parentId": parent,
        "childrenIds": [],
        "role": role,
        "content": f"said {key}",
    }
    return {**own, "timestamp": TIME, **fields}


def _chat(*messages: Json, current: str | None = None, **fields: Any) -> Json:
    history = {"messages": {one["id"]: one for one in messages}, "currentId": current}
    return {"id": "c", "title": "T", "chat": {"history": history}, **fields}


def _read(*chats: Any) -> list[Document | Skipped]:
    return list(read_all(io.BytesIO(json.dumps(chats).encode())))


def _only(chat: Any) -> Document:
    found = next(iter(read_all(io.BytesIO(json.dumps([chat]).encode()), "openwebui")))
    assert isinstance(found, Document), found
    return found


def _said(**fields: Any) -> Response:
    (found,) = _only(_chat(_message("m", **fields))).responses
    return found


def _text(kind: str, text: str) -> Json:
    return {"type": kind, "content": [{"type": "output_text", "text": text}]}


@pytest.mark.parametrize("name", names("openwebui"))
def test_counts_are_exact(name: str) -> None:
    check_counts(name, EXPECTED[name])


def test_parallel_models_are_siblings() -> None:
    (document,) = documents("openwebui/branched_ok.json")
    assert {one.model_name for one in document.responses if one.sender == "human"} == {""}
    assert {one.model_name for one in document.responses if one.sender == "assistant"} == {"m1"}
    answer = next(one for one in document.responses if one.sender == "assistant")
    assert answer.usage == Usage(prompt_tokens=9, completion_tokens=4)
    assert json.loads(answer.origin.raw) == {"modelName": "M 1", "modelIdx": 0}
    assert document.conversation.create_time == datetime.fromtimestamp(TIME, UTC)


def test_output_is_preferred_to_what_is_marked_in_the_text() -> None:
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "why"}]},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": '{"a":1}'},
        {"type": "function_call_output", "call_id": "1", "output": [{"text": "42"}]},
        _text("message", "It is 42."),
    ]
    found = _said(content='<details type="reasoning">\n> other\n</details>\nold', output=output)
    assert (found.message, found.reasoning) == ("It is 42.", "why")
    assert found.tool_calls == (ToolCall(call_id="1", name="f", arguments='{"a":1}'),)
    assert json.loads(found.origin.raw) == {"output": output}


def test_output_that_fields_hold_is_not_kept_twice() -> None:
    found = _said(output=[_text("reasoning", "why"), _text("message", "so")])
    assert (found.message, found.reasoning, found.origin.raw) == ("so", "why", "")


def test_reasoning_and_calls_are_found_in_older_texts() -> None:
    content = (
        '<details type="reasoning" done="true" duration="2">\n<summary>Thought for 2 seconds'
        "</summary>\n> if a &lt; b\n> then\n</details>\n"
        '<details type="tool_calls" done="true" id="call_1" name="f"'
        ' arguments="&quot;{\\&quot;a\\&quot;:1}&quot;" result="42">\n<summary>x</summary>\n'
        "</details>\nIt is 42."
    )
    found = _said(content=content)
    assert (found.message, found.reasoning) == ("It is 42.", "if a < b\nthen")
    assert found.tool_calls == (ToolCall(call_id="call_1", name="f", arguments='{"a":1}'),)
    assert json.loads(found.origin.raw) == {"content": content}


@pytest.mark.parametrize(
    "content",
    [
        "<details><summary>mine</summary>text</details>",
        '<details type="reasoning">never closed',
        '<details type="reasoning"' + "x" * 50,
        "plain",
    ],
)
def test_other_details_are_text(content: str) -> None:
    assert _said(content=content).message == content


def test_a_user_may_write_such_marks() -> None:
    content = '<details type="reasoning">x</details>'
    assert _said(role="user", content=content).message == content


def test_children_that_are_not_listed_are_there_and_the_list_gives_the_order() -> None:
    document = _only(
        _chat(
            _message("q", None, "user", childrenIds=["b", "a", "gone"]),
            _message("a", "q"),
            _message("b", "q"),
            _message("c", "q"),
            _message("after", "a", "user"),
        )
    )
    root = document.responses[0]
    assert [one.message for one in document.forest.children(root.response_id)] == [
        "said b",
        "said a",
        "said c",
    ]
    assert document.counts.max_depth == 3


def test_an_answer_that_lost_its_place_is_a_root_and_not_the_leaf() -> None:
    lost = {"id": "lost", "content": "late answer", "done": True, "childrenIds": []}
    document = _only(_chat(_message("q", None, "user"), _message("a", "q"), lost, current="lost"))
    assert document.counts.roots == 2
    assert document.repair_counts == {"inferred_role": 1, "leaf_unknown": 1}
    assert document.forest.leaf is not None
    assert document.forest.leaf.message == "said a"
    found = next(one for one in document.responses if one.message == "late answer")
    assert found.sender == "assistant"


@pytest.mark.parametrize("place", ["bare", "bare in a list", "wrapped", "wrapped in a list"])
def test_a_bare_chat_is_read_like_a_wrapped_one(place: str) -> None:
    wrapped = _chat(_message("q", None, "user"), current="q")
    chat = {"title": "T", **wrapped["chat"]} if place.startswith("bare") else wrapped
    data = json.dumps([chat] if place.endswith("list") else chat).encode()
    (found,) = read_all(io.BytesIO(data))
    assert isinstance(found, Document)
    assert (found.format, found.conversation.title, found.counts.nodes) == ("openwebui", "T", 1)


def test_a_chat_with_only_a_list_is_a_chain() -> None:
    document = _only({"chat": {"messages": [_message("a", None, "user"), {"content": "b"}]}})
    assert document.counts.max_depth == 2


def test_files_sources_ratings_and_endings_are_read() -> None:
    found = _said(
        done=False,
        favorite=True,
        annotation={"rating": -1, "comment": "no"},
        sources=[
            {"source": {"name": "N"}, "metadata": [{"source": "https://u"}], "document": ["d"]}
        ],
        files=[
            {"type": "image", "url": "https://i/x.png"},
            {"type": "image", "url": "data:image/png;base64,AAAA"},
            {"type": "file", "id": "f", "name": "n.txt", "content_type": "text/plain", "size": 5},
        ],
        statusHistory=[{"action": "web_search"}],
        usage={
            "prompt_tokens": 5,
            "completion_tokens": 9,
            "cost": 0.5,
            "speed": 3,
            "completion_tokens_details": {"reasoning_tokens": 4},
        },
    )
    assert (found.partial, found.finish_reason) == (True, "failed")
    assert found.marks == Marks(starred=True, scores={"rating": -1.0})
    assert found.citations == (Citation(url="https://u", title="N"),)
    assert found.attachments == (
        Attachment(url="https://i/x.png", media_type="image/*"),
        Attachment(url="f", name="n.txt", media_type="text/plain", n_bytes=5),
    )
    assert found.usage == Usage(
        prompt_tokens=5, completion_tokens=5, reasoning_tokens=4, cost_usd=0.5
    )
    raw = json.loads(found.origin.raw)
    assert raw["annotation"]["comment"] == "no"
    assert "base64" in raw["files"][1]["url"]
    assert raw["statusHistory"] == [{"action": "web_search"}]
    assert raw["usage"] == {"speed": 3}


def test_the_prompt_the_star_and_times_in_milliseconds_are_read() -> None:
    chat = _chat(_message("m", timestamp=TIME * 1000), pinned=True)
    chat["chat"] |= {"params": {"system": "Be brief."}, "timestamp": TIME * 1000}
    document = _only(chat)
    assert document.conversation.system_prompt == "Be brief."
    assert document.conversation.starred
    assert document.responses[0].create_time == datetime.fromtimestamp(TIME, UTC)
    assert document.conversation.create_time == datetime.fromtimestamp(TIME, UTC)


def test_what_is_no_chat_is_named_and_the_others_are_read() -> None:
    found = _read(_chat(_message("a")), {"id": "x", "chat": {}}, 7)
    assert isinstance(found[0], Document)
    assert found[1] == Skipped(1, "x", "it has no messages")
    assert isinstance(found[2], Skipped)


@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"y": {}}, True, 1e300])
@pytest.mark.parametrize(
    "name",
    [
        "parentId",
        "childrenIds",
        "role",
        "content",
        "timestamp",
        "model",
        "usage",
        "files",
        "sources",
        "annotation",
        "output",
        "done",
        "error",
        "favorite",
        "id",
    ],
)
def test_wrong_types_anywhere_never_lose_a_message(name: str, junk: Any) -> None:
    chat = _chat(_message("m"))
    chat["chat"]["history"]["messages"]["m"][name] = junk
    chat["chat"]["history"]["messages"]["n"] = junk
    assert len(_only(chat).responses) == 2


def _written(forest: Forest) -> tuple[Document, Json]:
    file = io.BytesIO()
    assert write(forest, file, "openwebui") == len(forest)
    file.seek(0)
    (found,) = read_all(file, "openwebui")
    assert isinstance(found, Document), found
    (chat,) = json.loads(file.getvalue())
    return found, chat


@pytest.mark.parametrize("name", names("openwebui"))
def test_what_came_from_open_webui_goes_back_as_it_was(name: str) -> None:
    for document in documents(name):
        again, chat = _written(document.forest)
        assert [_all_but_ids(one) for one in again.responses] == [
            _all_but_ids(one) for one in document.responses
        ]
        assert again.conversation.title == document.conversation.title
        messages = chat["chat"]["history"]["messages"]
        for key, one in messages.items():
            assert all(messages[child]["parentId"] == key for child in one["childrenIds"])
        assert sum(len(one["childrenIds"]) for one in messages.values()) == (
            document.counts.nodes - document.counts.roots
        )
        active = chat["chat"]["messages"]
        assert active[-1]["id"] == chat["chat"]["history"]["currentId"]
        assert [one["parentId"] for one in active[1:]] == [one["id"] for one in active[:-1]]


def _all_but_ids(response: Response) -> Json:
    names = (
        "sender",
        "message",
        "reasoning",
        "create_time",
        "partial",
        "finish_reason",
        "usage",
        "model_name",
        "attachments",
        "citations",
        "tool_calls",
        "marks",
    )
    return {
        **{name: getattr(response, name) for name in names},
        "raw": json.loads(response.origin.raw or "{}"),
        "key": response.origin.original_id,
    }


@given(forests())
def test_anything_comes_back_but_for_the_losses(forest: Forest) -> None:
    found, _ = _written(forest)
    keys = {one.origin.original_id: one for one in found.responses}
    assert len(found.responses) == len(forest)
    for number, before in enumerate(forest):
        after = keys[before.response_id]
        fields = ("sender", "message", "partial")
        assert [getattr(after, name) for name in fields] == [
            getattr(before, name) for name in fields
        ]
        if before.sender == "assistant":
            assert after.reasoning == before.reasoning
        assert abs(after.create_time - before.create_time) < timedelta(milliseconds=1)
        assert after.usage == before.usage
        assert after.marks.starred == before.marks.starred
        parent = forest.parent_numbers[number]
        above = found.forest.parent(after.response_id)
        assert (above and above.origin.original_id) == (
            None if parent < 0 else forest.responses.ids[parent]
        )
    conversation = found.conversation
    assert conversation.title == forest.conversation.title
    assert conversation.system_prompt == forest.conversation.system_prompt
    leaf = forest.conversation.leaf_response_id
    if leaf:
        assert found.forest.leaf == keys[leaf]


def test_all_that_a_response_holds_is_written() -> None:
    source = _only(_chat(_message("m")))
    rich = msgspec.structs.replace(
        source.responses[0],
        message='not <details type="reasoning">marked</details>',
        reasoning="> why\n\n<b>",
        encrypted_reasoning="opaque",
        tool_calls=(ToolCall(call_id="1", name="f", arguments="{}"),),
        attachments=(Attachment(url="https://a/b.png", media_type="image/png", n_bytes=3),),
        citations=(Citation(url="https://u", title="t"), Citation(url="https://v")),
        model_name="xai/grok",
        finish_reason="stop",
    )
    answer = msgspec.structs.replace(
        rich,
        response_id="0192f0c1-2345-7abc-8def-0123456789ab",
        sender="tool",
        message="42",
        reasoning="",
        encrypted_reasoning="",
        tool_calls=(),
        tool_call_id="1",
        model_name="",
        parent_response_id=rich.response_id,
        attachments=(),
        citations=(),
        finish_reason=None,
    )
    found, chat = _written(Document(source.conversation, [rich, answer], "test").forest)
    first, second = found.responses
    for name in (
        "message",
        "reasoning",
        "encrypted_reasoning",
        "tool_calls",
        "attachments",
        "citations",
        "model_name",
        "finish_reason",
    ):
        assert getattr(first, name) == getattr(rich, name)
    assert (second.sender, second.message, second.tool_call_id) == ("tool", "42", "1")
    assert chat["chat"]["models"] == ["xai/grok"]


def test_what_is_nested_too_deeply_stops_no_other_conversation() -> None:
    deep = "[" * 3_000 + "]" * 3_000
    data = (
        json.dumps([_chat(_message("m", info="DEEP")), _chat(_message("m", info="DEEP"))])
        .replace('"DEEP"', deep, 1)
        .replace("DEEP", "fine")
    )
    found = list(read_all(io.BytesIO(data.encode()), "openwebui"))
    assert isinstance(found[-1], Document)
    assert len(found) == 2


def test_what_belongs_to_a_whole_chat_is_kept_and_goes_back() -> None:
    chat = _chat(_message("m"), folder_id="f", archived=True, meta={"tags": ["t"]})
    chat["chat"] |= {"tags": ["t"], "params": {"temperature": 0.5}}
    document = _only(chat)
    again, written = _written(document.forest)
    assert written["folder_id"] == "f"
    assert written["archived"] is True
    assert written["chat"]["params"] == {"temperature": 0.5}
    raws = [json.loads(one.responses[0].origin.raw) for one in (again, document)]
    assert raws[0] == raws[1]
