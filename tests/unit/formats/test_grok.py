"""Grok exports."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grok_tree.errors import MalformedDocument
from grok_tree.forest import Attachment, Citation, Response
from grok_tree.formats import Document, Skipped, detect_format, opened, read_all
from tests.unit.formats._samples import EXPECTED, TREES, check_counts, documents, names

Json = dict[str, Any]
TIME = {"$date": {"$numberLong": "1750201000123"}}


def _read(*items: Any) -> list[Document | Skipped]:
    data = json.dumps({"conversations": items}).encode()
    return list(read_all(io.BytesIO(data), "grok"))


def _only(*responses: Any, **about: Any) -> Document:
    (found,) = _read({"conversation": {"id": "c", **about}, "responses": list(responses)})
    assert isinstance(found, Document)
    return found


def _said(**fields: Any) -> Response:
    (found,) = _only({"response": {"_id": "r", "sender": "assistant", **fields}}).responses
    return found


@pytest.mark.parametrize("name", names("grok"))
def test_counts_are_exact(name: str) -> None:
    check_counts(name, EXPECTED[name])


def test_leaves_that_are_not_there_are_replaced_by_the_newest_tip() -> None:
    first, second = documents("grok/branched_small.json")
    assert first.forest.leaf is not None
    assert first.forest.leaf.origin.original_id == "4b522f5e-7749-5cbe-9ca5-86292e24496b"
    assert first.conversation.starred
    assert second.repair_counts == {}
    assert second.forest.leaf is not None
    assert second.forest.leaf.create_time == max(one.create_time for one in second.forest.tips)


def test_responses_whose_parent_is_elsewhere_become_roots() -> None:
    found = _only(
        {"_id": "b", "parent_response_id": "gone"},
        {"_id": "a", "parent_response_id": "b"},
        leaf_response_id="gone too",
    )
    assert (found.counts.roots, found.counts.max_depth) == (1, 2)
    assert found.repair_counts == {"leaf_unknown": 1, "orphan": 1}


def test_what_is_only_in_an_export_is_kept() -> None:
    responses = [one for each in documents("grok/branched_small.json") for one in each.responses]
    links = [json.loads(one.origin.raw) for one in responses if "share_link" in one.origin.raw]
    assert [set(one["share_link"]) for one in links] == [{"share_link_id"}] * 3
    assert {one.origin.provenance.get("shared") for one in responses} == {None, "true"}
    searched = [one for one in responses if one.query]
    assert {one.query_type for one in searched} == {"news"}
    cited = next(one for one in responses if one.citations)
    assert cited.citations == (Citation(url="https://example.org/a", title="A"),)
    assert '"preview":"p"' in cited.origin.raw
    thought = next(one for one in responses if one.reasoning)
    assert thought.reasoning not in thought.origin.raw
    assert '"agent":"a"' in thought.origin.raw
    drawn = next(one for one in responses if one.attachments)
    assert drawn.attachments[0].media_type == "image/jpeg"


def test_older_exports_have_other_names_and_times() -> None:
    (document,) = documents("grok/photosynthesis.json")
    assert document.responses[0].create_time == datetime(2025, 6, 21, 19, 28, 21, 194663, UTC)
    assert document.conversation.create_time == datetime(2025, 6, 21, 19, 28, 21, 177720, UTC)
    assert [one.sender for one in document.responses[:2]] == ["human", "assistant"]
    assert [one.model_name for one in document.responses[:2]] == ["", "grok-3"]


@pytest.mark.parametrize(
    ("sender", "is_now", "model"),
    [
        ("human", "human", ""),
        ("USER", "human", ""),
        ("ASSISTANT", "assistant", ""),
        ("grok-3", "assistant", "grok-3"),
        (None, "assistant", ""),
        (7, "assistant", ""),
    ],
)
def test_everybody_but_a_human_is_the_assistant(sender: Any, is_now: str, model: str) -> None:
    found = _said(sender=sender)
    assert (found.sender, found.model_name) == (is_now, model)
    assert found.origin.repairs == ()


@pytest.mark.parametrize(
    "time",
    [
        TIME,
        "2025-06-17T22:56:40.123Z",
        {"$date": "2025-06-17T22:56:40.123Z"},
        {"$date": 1750201000123},
    ],
)
def test_both_kinds_of_times_are_read(time: Any) -> None:
    assert _said(create_time=time).create_time == datetime(2025, 6, 17, 22, 56, 40, 123000, UTC)


def test_fields_of_the_original_sdk_come_one_to_one() -> None:
    found = _said(
        message="",
        partial=True,
        manual=True,
        query="q",
        query_type="t",
        model="grok-4",
        agent_thinking_traces=[{"thinking_trace": "a"}, {"thinking_trace": "b"}],
        web_search_results=[{"url": "found"}],
        cited_web_search_results=[{"url": "cited", "title": "C"}],
        file_attachments=["asset-id"],
        image_attachments=[{"odd": 1}],
        card_attachments_json=["{}"],
    )
    assert (found.partial, found.finish_reason) == (True, "failed")
    assert (found.query, found.query_type, found.model_name) == ("q", "t", "grok-4")
    assert found.reasoning == "a\n\nb"
    assert found.citations == (Citation(url="cited", title="C"),)
    assert found.attachments == (Attachment(url="grok:asset-id"),)
    assert found.origin.provenance["manual"] == "true"
    assert "shared" not in found.origin.provenance
    raw = json.loads(found.origin.raw)
    assert raw["image_attachments"] == [{"odd": 1}]
    assert raw["card_attachments_json"] == ["{}"]
    assert raw["web_search_results"] == [{"url": "found"}]
    assert "message" not in raw


def test_markup_of_the_product_stays_in_the_text() -> None:
    text = 'A<grok:render card_id="1"><argument name="x">1</argument></grok:render>B'
    assert _said(message=text).message == text


def test_flat_responses_and_flat_conversations_are_read_too() -> None:
    flat = {"response_id": "a", "sender": "human", "message": "hi"}
    (found,) = _read({"conversation_id": "c", "title": "T", "responses": [flat]})
    assert isinstance(found, Document)
    assert found.conversation.title == "T"
    assert found.responses[0].message == "hi"


def test_what_is_no_conversation_is_named_and_the_others_are_read() -> None:
    found = _read({"conversation": {"id": "x"}}, 7, {"responses": [7, {"response": 5, "_id": "a"}]})
    assert found[0] == Skipped(0, "x", "it has no 'responses'")
    assert isinstance(found[1], Skipped)
    assert isinstance(found[2], Document)
    assert found[2].counts.nodes == 2


@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"y": {}}, True])
@pytest.mark.parametrize(
    "name",
    [
        "_id",
        "message",
        "sender",
        "create_time",
        "parent_response_id",
        "partial",
        "query",
        "model",
        "metadata",
        "thinking_trace",
        "agent_thinking_traces",
        "web_search_results",
        "error",
        "file_attachments",
        "generated_image_urls",
    ],
)
def test_wrong_types_anywhere_never_lose_a_response(name: str, junk: Any) -> None:
    assert _said(**{name: junk}).conversation_id


def _archive(path: Path, *folders: str) -> Path:
    data = (TREES / "grok" / "branched_small.json").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        for folder in folders:
            archive.writestr(f"{folder}/prod-grok-backend.json", data)
            archive.writestr(f"{folder}/prod-mc-billing.json", data)
            archive.writestr(f"{folder}/prod-mc-auth-mgmt-api.json", data)
            archive.writestr(f"{folder}/prod-mc-asset-server/a/content", b"\x89PNG")
    return path


def test_the_file_is_found_at_any_depth_and_no_other_is_read(tmp_path: Path) -> None:
    path = _archive(tmp_path / "export.zip", "ttl/30d/export_data/user")
    found = list(read_all(path))
    assert [type(one) for one in found] == [Document, Document]
    (tmp_path / "unpacked").mkdir()
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert len(list(read_all(tmp_path / "unpacked"))) == 2


def test_two_exports_in_one_are_refused(tmp_path: Path) -> None:
    path = _archive(tmp_path / "export.zip", "one", "two")
    with opened(path) as source:
        assert detect_format(source).name == "grok"
    with pytest.raises(MalformedDocument, match="holds 2 files named"):
        list(read_all(path))


def test_billing_is_never_read_even_when_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "prod-mc-billing.json"
    path.write_bytes(b'{"invoices": [{"responses": []}]}')
    with pytest.raises(MalformedDocument):
        list(read_all(path, "grok"))


def test_what_is_nested_too_deeply_stops_no_other_conversation() -> None:
    deep = "[" * 3_000 + "]" * 3_000
    data = (
        json.dumps(
            [
                {"responses": [{"_id": "a", "steps": "DEEP"}]},
                {"responses": [{"_id": "a", "steps": "DEEP"}]},
            ]
        )
        .replace('"DEEP"', deep, 1)
        .replace("DEEP", "fine")
    )
    found = list(read_all(io.BytesIO(f'{{"conversations": {data}}}'.encode()), "grok"))
    assert isinstance(found[-1], Document)
    assert len(found) == 2


def test_what_belongs_to_a_whole_conversation_is_kept_but_not_whose_it_is() -> None:
    found = _only({"_id": "a"}, temporary=True, user_id="secret", asset_ids=["x"], kind=None)
    assert json.loads(found.responses[0].origin.raw) == {
        "conversation": {"temporary": True, "asset_ids": ["x"]}
    }
