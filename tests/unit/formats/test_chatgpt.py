"""ChatGPT exports in and out."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given

from grok_tree.forest import (
    Attachment,
    Citation,
    Forest,
    Response,
    ToolCall,
)
from grok_tree.formats import Document, Skipped, read_all, write
from tests.unit.formats._random_forests import forests
from tests.unit.formats._samples import EXPECTED, TREES, check_counts, documents, names

Json = dict[str, Any]


def _message(key: str, role: str, content: Any, **fields: Any) -> Json:
    return {"id": key, "author": {"role": role}, "content": content, "weight": 1.0, **fields}


def _conversation(*messages: Json | None, **fields: Any) -> Json:
    """Return a conversation of which each message answers the one before."""
    mapping: Json = {}
    parent = None
    for place, message in enumerate(messages):
        key = message["id"] if message else f"structural-{place}"
        mapping[key] = {"id": key, "message": message, "parent": parent, "children": []}
        parent = key
    return {"id": "c", "title": "T", "mapping": mapping, "current_node": parent, **fields}


def _text(text: str) -> Json:
    return {"content_type": "text", "parts": [text]}


def _read(*conversations: Any) -> list[Document | Skipped]:
    return list(read_all(io.BytesIO(json.dumps(conversations).encode()), "chatgpt"))


def _only(conversation: Json) -> Document:
    (found,) = _read(conversation)
    assert isinstance(found, Document)
    return found


def _said(content: Any, role: str = "assistant", **fields: Any) -> Response:
    (found,) = _only(_conversation(_message("m", role, content, **fields))).responses
    return found


@pytest.mark.parametrize("name", names("chatgpt"))
def test_counts_are_exact(name: str) -> None:
    check_counts(name, EXPECTED[name])


def test_what_was_browsed_is_there_with_its_tool_and_its_source() -> None:
    first = documents("chatgpt/browsing_and_quotes.json")[0]
    call = next(one for one in first.responses if one.tool_calls)
    assert call.tool_calls[0].name == "browser"
    assert call.tool_calls[0].arguments.startswith("search(")
    assert call.finish_reason == "tool_calls"
    results = [one for one in first.responses if one.sender == "tool"]
    assert results[0].tool_call_id == call.origin.original_id
    assert {one.origin.provenance["tool"] for one in results} == {"browser"}
    quote = next(one for one in results if one.citations)
    assert "URL:" in quote.message
    assert quote.citations[0].url.startswith("https://www.ultimatespecs.com")
    assert json.loads(quote.origin.raw)["content"]["domain"] == "www.ultimatespecs.com"


@pytest.mark.parametrize(
    ("content", "message", "reasoning"),
    [
        pytest.param(_text("a"), "a", "", id="text"),
        pytest.param({"content_type": "text", "parts": ["a", "b"]}, "a\nb", "", id="two parts"),
        pytest.param({"content_type": "code", "language": "py", "text": "1"}, "1", "", id="code"),
        pytest.param({"content_type": "execution_output", "text": "2"}, "2", "", id="output"),
        pytest.param(
            {"content_type": "execution_output", "parts": ["2"]}, "2", "", id="output in parts"
        ),
        pytest.param(
            {
                "content_type": "thoughts",
                "thoughts": [{"summary": "S", "content": "C"}, {"summary": "", "content": "D"}],
            },
            "",
            "S\nC\n\nD",
            id="thoughts",
        ),
        pytest.param(
            {"content_type": "reasoning_recap", "content": "Thought"}, "", "Thought", id="recap"
        ),
        pytest.param(
            {"content_type": "tether_browsing_display", "result": "R", "summary": "S"},
            "R",
            "",
            id="browsing",
        ),
        pytest.param(
            {"content_type": "tether_browsing_display", "result": None, "summary": "S"},
            "S",
            "",
            id="browsing without result",
        ),
        pytest.param(
            {"content_type": "system_error", "name": "E", "text": "T"}, "T", "", id="error"
        ),
        pytest.param(
            {"content_type": "citable_code_output", "output_str": "O"}, "O", "", id="code output"
        ),
        pytest.param(
            {"content_type": "sonic_webpage", "url": "u", "text": "page"}, "page", "", id="webpage"
        ),
        pytest.param(
            {
                "content_type": "user_editable_context",
                "user_profile": "P",
                "user_instructions": "I",
            },
            "P\n\nI",
            "",
            id="instructions",
        ),
        pytest.param(
            {"content_type": "model_editable_context", "model_set_context": "M"},
            "M",
            "",
            id="memory",
        ),
        pytest.param({"content_type": "brand_new", "stuff": {"x": [1]}}, "", "", id="unknown"),
        pytest.param("plain", "plain", "", id="no object"),
        pytest.param(None, "", "", id="null"),
        pytest.param(7, "", "", id="number"),
    ],
)
def test_each_type_of_content_is_read(content: Any, message: str, reasoning: str) -> None:
    found = _said(content)
    assert (found.message, found.reasoning) == (message, reasoning)


def test_what_is_not_known_is_kept_as_it_is() -> None:
    content = {"content_type": "brand_new", "stuff": {"x": [1]}}
    assert json.loads(_said(content).origin.raw) == {"content": content}


def test_text_is_not_kept_twice() -> None:
    assert _said({"content_type": "code", "language": "py", "text": "once"}).origin.raw == (
        '{"content":{"content_type":"code","language":"py"}}'
    )
    assert _said(_text("once")).origin.raw == ""


def test_pictures_and_sounds_are_attachments_once() -> None:
    found = _said(
        {
            "content_type": "multimodal_text",
            "parts": [
                {
                    "content_type": "image_asset_pointer",
                    "asset_pointer": "file-service://f1",
                    "size_bytes": 9,
                    "width": 1,
                    "height": 1,
                },
                {"content_type": "audio_transcription", "text": "spoken", "direction": "in"},
                {
                    "content_type": "real_time_user_audio_video_asset_pointer",
                    "audio_asset_pointer": {
                        "content_type": "audio_asset_pointer",
                        "asset_pointer": "sediment://a",
                        "format": "wav",
                    },
                },
                "look",
            ],
        },
        "user",
        metadata={"attachments": [{"id": "f1", "name": "cat.png", "mime_type": "image/png"}]},
    )
    assert found.message == "spoken\nlook"
    assert found.attachments == (
        Attachment(url="file-service://f1", name="cat.png", media_type="image/png"),
        Attachment(url="sediment://a", media_type="audio/wav"),
    )


def test_sources_are_citations_with_their_place() -> None:
    old = {"citations": [{"start_ix": 0, "end_ix": 2, "metadata": {"url": "u", "title": "t"}}]}
    new = {
        "content_references": [
            {"start_idx": 1, "end_idx": 99, "items": [{"url": "v"}, {"title": "no url"}]}
        ]
    }
    assert _said(_text("abc"), metadata=old).citations == (
        Citation(url="u", title="t", begin=0, end=2),
    )
    assert _said(_text("abc"), metadata=new).citations == (Citation(url="v"),)


def test_hidden_messages_and_what_the_model_was_not_shown_are_flagged_not_dropped() -> None:
    hidden = _said(
        _text(""), "system", weight=0.0, metadata={"is_visually_hidden_from_conversation": True}
    )
    assert hidden.origin.flags == ("hidden", "out_of_context", "empty")
    assert _said({"content_type": "user_editable_context"}, "user").origin.flags == (
        "hidden",
        "empty",
    )


@pytest.mark.parametrize(
    ("fields", "ending"),
    [
        ({}, (False, "stop")),
        ({"status": "in_progress"}, (True, "failed")),
        ({"metadata": {"finish_details": {"type": "max_tokens"}}}, (False, "length")),
        ({"metadata": {"finish_details": {"type": "interrupted"}}}, (True, "cancelled")),
        ({"metadata": {"finish_details": "?"}}, (False, "stop")),
    ],
)
def test_it_is_known_how_an_answer_ended(fields: Json, ending: Any) -> None:
    found = _said(_text("a"), **fields)
    assert (found.partial, found.finish_reason) == ending


def test_the_model_is_the_message_s_else_the_conversation_s() -> None:
    found = _only(
        _conversation(
            _message("u", "user", _text("q"), metadata={"model_slug": "not asked"}),
            _message("a", "assistant", _text("a"), metadata={"model_slug": "m1"}),
            _message("b", "assistant", _text("b"), metadata={"default_model_slug": "m2"}),
            _message("c", "assistant", _text("c")),
            default_model_slug="m3",
        )
    )
    assert [one.model_name for one in found.responses] == ["", "m1", "m2", "m3"]


def test_what_is_large_and_unused_is_kept_word_for_word() -> None:
    metadata = {"aggregate_result": {"code": "1", "messages": [{"x": None}]}, "odd": "é"}
    assert json.loads(_said(_text("a"), "tool", metadata=metadata).origin.raw) == {
        "metadata": metadata
    }


def test_times_may_be_texts() -> None:
    found = _only(
        _conversation(
            _message("m", "user", _text("a"), create_time="1700000000.5"),
            create_time="1700000000",
        )
    )
    assert found.responses[0].create_time - found.conversation.create_time == timedelta(seconds=0.5)


def test_parents_win_where_children_are_missing_and_children_give_the_order() -> None:
    conversation = _conversation(None, _message("a", "user", _text("a")))
    mapping = conversation["mapping"]
    for key in ("x", "y", "z"):
        mapping[key] = {"message": _message(key, "assistant", _text(key)), "parent": "a"}
    mapping["a"]["children"] = ["z", "gone", "x"]
    found = _only(conversation)
    assert [one.message for one in found.forest.children(found.responses[0].response_id)] == [
        "z",
        "x",
        "y",
    ]
    assert found.repairs == ()


def test_a_null_in_the_middle_does_not_cut_the_tree() -> None:
    found = _only(
        _conversation(
            None,
            _message("a", "user", _text("a")),
            None,
            _message("b", "assistant", _text("b")),
            current_node="gone",
        )
    )
    assert (found.counts.nodes, found.counts.roots, found.counts.max_depth) == (2, 1, 2)
    assert found.repair_counts == {"leaf_unknown": 1}


def test_what_is_no_conversation_is_named_and_the_others_are_read() -> None:
    good = _conversation(_message("a", "user", _text("a")))
    found = _read({"id": "none", "title": "x"}, 7, {"id": "bad", "mapping": [1]}, good)
    assert [type(one) for one in found] == [Skipped, Skipped, Skipped, Document]
    assert found[0] == Skipped(0, "none", "it has no 'mapping', so no messages")
    assert isinstance(found[3], Document)
    assert found[3].index == 3


def test_a_broken_node_is_kept_and_cuts_nothing() -> None:
    conversation = _conversation(
        _message("a", "user", _text("a")),
        {"id": "b", "author": "nobody", "content": {}},
        _message("c", "assistant", _text("c")),
    )
    conversation["mapping"]["d"] = 7
    conversation["mapping"]["e"] = None
    found = _only(conversation)
    by_key = {one.origin.original_id: one for one in found.responses}
    assert by_key["c"].parent_response_id == by_key["b"].response_id
    assert by_key["d"].origin.raw == "7"
    assert found.repair_counts["unreadable"] == 2


@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"y": {}}, True])
@pytest.mark.parametrize(
    "path",
    [
        "id",
        "title",
        "create_time",
        "update_time",
        "current_node",
        "is_starred",
        "mapping.m.parent",
        "default_model_slug",
        "mapping.m.children",
        "mapping.m.message.author",
        "mapping.m.message.author.role",
        "mapping.m.message.author.name",
        "mapping.m.message.author.metadata",
        "mapping.m.message.content",
        "mapping.m.message.content.parts",
        "mapping.m.message.content.content_type",
        "mapping.m.message.create_time",
        "mapping.m.message.weight",
        "mapping.m.message.status",
        "mapping.m.message.recipient",
        "mapping.m.message.metadata",
        "mapping.m.message.metadata.attachments",
        "mapping.m.message.metadata.citations",
        "mapping.m.message.metadata.content_references",
        "mapping.m.message.metadata.model_slug",
    ],
)
def test_wrong_types_anywhere_never_lose_the_message(path: str, junk: Any) -> None:
    metadata: Json = {"attachments": [], "citations": []}
    conversation = _conversation(_message("m", "assistant", _text("a"), metadata=metadata))
    *above, name = path.split(".")
    place = conversation
    for one in above:
        place = place[one]
    place[name] = junk
    assert len(_only(conversation).responses) == 1


def _packed(tmp_path: Path, files: dict[str, bytes]) -> Path:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_archives_folders_shards_and_single_conversations_are_read_alike(tmp_path: Path) -> None:
    data = (TREES / "chatgpt" / "branching_small.json").read_bytes()
    halves = [json.dumps([one]).encode() for one in json.loads(data)]
    shards = {f"conversations-00{n}.json": half for n, half in enumerate(halves)}
    extra = {"export_manifest.json": b"{}", "user.json": b'{"mapping": 1}', "chat.html": b"<p>"}
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, half in {**shards, **extra}.items():
        (folder / name).write_bytes(half)
    single = tmp_path / "one.json"
    single.write_bytes(json.dumps(json.loads(data)[1]).encode())
    expected = documents("chatgpt/branching_small.json")
    ids = [one.conversation.conversation_id for one in expected]
    for path in (
        _packed(tmp_path, {"conversations.json": data, **extra}),
        _packed(tmp_path, {**{f"deep/{name}": half for name, half in shards.items()}, **extra}),
        folder,
    ):
        found = list(read_all(path))
        assert [
            one.conversation.conversation_id for one in found if isinstance(one, Document)
        ] == ids
    (only,) = read_all(single)
    assert isinstance(only, Document)
    assert only.conversation.conversation_id == ids[1]


def _written(forest: Forest) -> list[Document | Skipped]:
    file = io.BytesIO()
    write(forest, file, "chatgpt")
    file.seek(0)
    return list(read_all(file, "chatgpt"))


@pytest.mark.parametrize("name", names("chatgpt"))
def test_what_came_from_chatgpt_goes_back_as_it_was(name: str) -> None:
    for document in documents(name):
        (again,) = _written(document.forest)
        assert isinstance(again, Document)
        assert again.counts == document.counts
        for first, second in zip(document.responses, again.responses, strict=True):
            assert _all_but_ids(first) == _all_but_ids(second)
        assert again.conversation.title == document.conversation.title
        assert again.forest.leaf is not None
        assert document.forest.leaf is not None
        assert again.forest.leaf.origin.original_id == document.forest.leaf.origin.original_id


def _all_but_ids(response: Response) -> Json:
    raw = json.loads(response.origin.raw or "{}")
    metadata = raw.pop("metadata", {})
    # The writer says these even where the export left them out.
    for name in ("model_slug", "finish_details"):
        metadata.pop(name, None)
    fields = (
        "sender",
        "message",
        "reasoning",
        "create_time",
        "partial",
        "finish_reason",
        "model_name",
        "attachments",
        "citations",
        "tool_calls",
        "tool_call_id",
    )
    return {
        **{name: getattr(response, name) for name in fields},
        "raw": {**raw, **metadata},
        "flags": response.origin.flags,
        "facts": {**response.origin.provenance, "conversation": ""},
        "key": response.origin.original_id,
    }


@given(forests())
def test_anything_comes_back_but_for_the_losses(forest: Forest) -> None:
    (found,) = _written(forest)
    assert isinstance(found, Document)
    keys = {one.origin.original_id: one for one in found.responses}
    for number, before in enumerate(forest):
        after = keys[before.response_id]
        told = [after]
        if before.reasoning and before.message:
            thoughts = found.forest.parent(after.response_id)
            assert thoughts is not None
            told.append(thoughts)
        assert told[-1].reasoning == before.reasoning
        assert (after.message, after.sender) == (before.message, before.sender)
        assert abs(after.create_time - before.create_time) < timedelta(milliseconds=1)
        assert after.partial == before.partial
        if before.sender == "assistant" and before.finish_reason in ("stop", "length", "failed"):
            kept = before.partial == (before.finish_reason == "failed")
            assert after.finish_reason == before.finish_reason or not kept
        above = found.forest.parent(told[-1].response_id)
        parent = forest.parent_numbers[number]
        assert (above and above.origin.original_id) == (
            None if parent < 0 else forest.responses.ids[parent]
        )
    assert found.conversation.title == forest.conversation.title
    leaf = forest.conversation.leaf_response_id
    if leaf:
        assert found.forest.leaf == keys[leaf]


def test_calls_sources_and_files_of_any_response_are_written() -> None:
    source = _only(_conversation(_message("a", "assistant", _text("x"))))
    rich = msgspec.structs.replace(
        source.responses[0],
        reasoning="why",
        tool_calls=(
            ToolCall(call_id="1", name="f", arguments="{}"),
            ToolCall(call_id="2", name="g"),
        ),
        attachments=(
            Attachment(url="https://a/b.png", media_type="image/png", name="b", n_bytes=3),
        ),
        citations=(Citation(url="u", title="t", begin=0, end=1),),
        model_name="xai/grok",
        finish_reason="tool_calls",
        origin=msgspec.structs.replace(source.responses[0].origin, format=None),
    )
    document = Document(source.conversation, [rich], "test")
    (found,) = _written(document.forest)
    assert isinstance(found, Document)
    thoughts, text, first, second = found.responses
    assert thoughts.reasoning == "why"
    assert text.message == "x"
    assert [one.tool_calls[0].name for one in (first, second)] == ["f", "g"]
    assert first.tool_calls[0].arguments == "{}"
    assert second.attachments == rich.attachments
    assert {one.model_name for one in found.responses} == {"xai/grok"}


def test_nothing_is_an_empty_array() -> None:
    file = io.BytesIO()
    assert write([], file, "chatgpt") == 0
    assert json.loads(file.getvalue()) == []


def test_what_is_nested_too_deeply_stops_no_other_conversation() -> None:
    deep = "[" * 3_000 + "]" * 3_000
    data = (
        json.dumps(
            [
                _conversation(_message("m", "user", "DEEP")),
                _conversation(_message("m", "user", "DEEP")),
            ]
        )
        .replace('"DEEP"', deep, 1)
        .replace("DEEP", "fine")
    )
    found = list(read_all(io.BytesIO(data.encode()), "chatgpt"))
    assert isinstance(found[-1], Document)
    assert len(found) == 2


def test_what_belongs_to_a_whole_conversation_is_kept_and_goes_back() -> None:
    message = _message("m", "user", _text("a"))
    document = _only(_conversation(None, message, gizmo_id="g", is_archived=True, voice=None))
    about = {"gizmo_id": "g", "is_archived": True}
    assert json.loads(document.responses[0].origin.raw) == {"conversation": about}
    (again,) = _written(document.forest)
    assert isinstance(again, Document)
    assert again.responses[0].origin.raw == document.responses[0].origin.raw


def test_what_is_new_in_an_export_is_kept_and_messages_get_it_back() -> None:
    message = {
        "author": {"role": "user", "badge": "b"},
        "content": {"content_type": "text", "parts": ["x"]},
        "create_time": "soon",
        "mood": {"is": "new"},
    }
    node: Json = {"id": "a", "parent": None, "message": message, "shape": "round"}
    export = [{"conversation_id": "c", "mapping": {"a": node}, "planet": "Mars"}]
    found = list(read_all(io.BytesIO(json.dumps(export).encode())))
    assert isinstance(found[0], Document)
    raw = json.loads(found[0].responses[0].origin.raw)
    assert raw == {
        "mood": {"is": "new"},
        "node": {"shape": "round"},
        "author": {"badge": "b"},
        "create_time": "soon",
        "conversation": {"planet": "Mars"},
    }
    (again,) = _written(found[0].forest)
    assert isinstance(again, Document)
    kept = json.loads(again.responses[0].origin.raw)
    assert {name: kept[name] for name in ("mood", "author", "create_time", "conversation")} == {
        name: raw[name] for name in ("mood", "author", "create_time", "conversation")
    }
