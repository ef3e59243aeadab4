"""Logs of inspect_ai."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from grok_tree.errors import ExtraMissing, FormatNotFound, MalformedDocument
from grok_tree.forest import Response
from grok_tree.formats import Document, Skipped, opened, read, read_all
from tests.unit.formats._made import read_json
from tests.unit.formats._samples import EXPECTED, TREES, documents, names

LOGS = [name for name in names("inspect") if "samples" in EXPECTED[name]]
BRANCHING = "inspect/branching/branch-c.eval"
FIXTURE = "inspect/event_fixtures/utility_branch_warmup.json"


def _choices(document: Document) -> list[Response]:
    return [one for one in document.responses if "choice" in one.origin.provenance]


def _message(role: str, content: Any, id: str | None = None, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **({"id": id} if id else {}), **more}


def _model(shown: list[Any], *answers: Any, **more: Any) -> dict[str, Any]:
    choices = [{"message": one, "stop_reason": "stop"} for one in answers]
    output = {"model": "m-1", "choices": choices, **more.pop("output", {})}
    return {"event": "model", "model": "mock/m", "input": shown, "output": output, **more}


def _sample(*events: Any, **more: Any) -> Document:
    sample = {"id": 1, "epoch": 1, "input": "Q", "target": "A", "events": events, **more}
    (found,) = read_all(io.BytesIO(json.dumps(sample).encode()))
    assert isinstance(found, Document), found
    return found


def _eval(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/") + ".json", data)
    return path


@pytest.mark.parametrize("name", LOGS)
def test_counts_are_exact(name: str) -> None:
    found, expected = documents(name), EXPECTED[name]
    assert len(found) == expected["samples"]
    assert len({one.conversation.conversation_id for one in found}) == expected["samples"]
    told = sum(len(_choices(one)) for one in found)
    # The oldest layout has its events in a place that was not counted.
    assert told == max(expected["choices"], 1)
    assert sum(len(one.logprobs) for one in found) == expected["choices_with_logprobs"]
    final = 0
    for one in found:
        assert one.conversation.leaf_response_id is not None
        final += len(one.forest.path(one.conversation.leaf_response_id))
    assert final == expected["final_messages"]
    assert [one.counts.roots for one in found] == [1] * expected["samples"]
    assert {kind: n for one in found for kind, n in one.repair_counts.items()} == {}


def test_epochs_are_conversations_and_choices_are_siblings() -> None:
    found = documents(BRANCHING)
    assert [one.conversation.title for one in found][:3] == [
        "branch_c, s0, epoch 1",
        "branch_c, s0, epoch 2",
        "branch_c, s0, epoch 3",
    ]
    first = found[0]
    asked, four, five = first.responses[:3]
    assert (four.parent_response_id, five.parent_response_id) == (asked.response_id,) * 2
    assert [one.message for one in (asked, four, five)] == [
        "Pick four",
        "answer 1.0: four",
        "answer 1.1: five",
    ]
    assert (four.settings.temperature, four.settings.seed) == (0.7, 7)
    assert four.model_name == "mockllm/model"
    assert four.finish_reason == "stop"
    # A call has one bill, whatever it gave.
    assert (four.usage.total_tokens > 0, five.usage.total_tokens) == (True, 0)
    tokens = first.logprobs[four.response_id]
    assert [one.text for one in tokens] == ["answer ", "1.0: ", "four "]
    assert [one.offset for one in tokens] == [0, 7, 12]
    assert tokens[0].alternatives[1].text == "alt "


def test_branches_hang_where_they_began() -> None:
    for document in documents(BRANCHING):
        branched = [one for one in _choices(document) if "branch" in one.origin.provenance]
        assert len(branched) == 2
        for one in branched:
            path = document.forest.path(one.response_id)
            assert one.origin.provenance["from_anchor"] in [up.origin.original_id for up in path]
        assert document.counts.forks == 4


def test_scores_are_on_the_last_message() -> None:
    first = documents(BRANCHING)[0]
    leaf = first.forest[str(first.conversation.leaf_response_id)]
    assert leaf.marks.scores == {"includes": 1.0}
    assert json.loads(leaf.origin.raw)["scores"]["includes"]["answer"] == "answer 19.0: four"
    scored = [one for one in first.responses if one.marks.scores]
    assert scored == [leaf]


def test_the_sample_is_kept_on_its_first_message() -> None:
    first = documents(BRANCHING)[0].responses[0]
    sample = json.loads(first.origin.raw)["sample"]
    assert (sample["id"], sample["target"], sample["epoch"]) == ("s0", "four", 1)
    assert first.origin.provenance["task"] == "branch_c"
    assert "events" not in sample


@pytest.mark.parametrize("name", ["inspect/log_formats.json", "inspect/log_read_sample.json"])
def test_long_texts_are_put_back(name: str) -> None:
    (found,) = documents(name)
    assert [one.sender for one in found.responses] == ["system", "human", "assistant"]
    assert found.responses[1].message.startswith("Is the following statement")


def test_bare_events_are_one_conversation() -> None:
    """A user who has only the events of a sample expects to see all that was said in it."""
    (found,) = documents(FIXTURE)
    said = {one.message: one for one in found.responses}
    # Four calls; the two equal answers are two samples; the tool's result was never shown.
    assert len(_choices(found)) == 4
    assert [one.message for one in found.responses].count("ok") == 2
    assert found.forest.parent(said["found it"].response_id) == said[""]
    assert said["w"].origin.provenance["branch"] == "branch 1"
    assert found.counts.nodes == 8


def test_equal_answers_are_several_samples() -> None:
    asked = [_message("user", "Q")]
    found = _sample(
        _model(asked, _message("assistant", "A")), _model(asked, _message("assistant", "A"))
    )
    assert (found.counts.nodes, found.counts.max_fanout) == (3, 2)
    # So are cached ones, which even have the same id.
    with_id = _message("assistant", "A", "a")
    found = _sample(_model(asked, with_id), _model(asked, with_id, cache="read"))
    assert [one.origin.original_id for one in found.responses[1:]] == ["a", "a#2"]
    assert json.loads(found.responses[2].origin.raw) == {"cache": "read"}


def test_what_a_branch_replays_is_not_said_again() -> None:
    asked, answer = _message("user", "Q", "q"), _message("assistant", "A", "a")
    more = _message("user", "more", "u")
    found = _sample(
        _model([asked], answer, uuid="e1", span_id="s"),
        {"event": "anchor", "anchor_id": "a", "span_id": "s"},
        {"event": "span_begin", "id": "b", "type": "branch", "name": "second", "parent_id": "s"},
        _model([asked], answer, span_id="b"),
        {"event": "branch", "from_anchor": "a", "span_id": "b"},
        _model([asked, answer, more], _message("assistant", "B", "b1"), uuid="e2", span_id="b"),
        timelines=[
            {
                "name": "target",
                "root": {
                    "type": "span",
                    "content": ["e1"],
                    "branches": [{"type": "span", "content": [{"type": "event", "event": "e2"}]}],
                },
            }
        ],
    )
    assert [one.message for one in found.responses] == ["Q", "A", "more", "B"]
    assert found.responses[3].origin.provenance == {
        "timeline": "target",
        "from_anchor": "a",
        "branch": "second",
        "resolved_model": "m-1",
        "choice": "0",
    }


def test_inputs_come_from_the_pool_too() -> None:
    pool = [_message("system", "S", "s"), _message("user", "Q", "q"), _message("user", "R", "r")]
    found = _sample(
        {**_model([], _message("assistant", "A", "a")), "input_refs": [[0, 2]]},
        {**_model([], _message("assistant", "B", "b")), "input_refs": [[0, 1], [2, 3], [7, 9], 0]},
        events_data={"messages": pool},
    )
    assert [one.message for one in found.responses] == ["S", "Q", "A", "R", "S", "B"]
    assert found.counts.roots == 1


def test_parts_reasoning_and_tools_have_their_fields() -> None:
    answer = _message(
        "assistant",
        [
            {"type": "reasoning", "reasoning": "thought", "signature": "sig"},
            {"type": "text", "text": "one "},
            {"type": "text", "text": "two"},
            {"type": "image", "image": "https://example.invalid/a.png"},
            {"type": "tool_use", "tool_type": "web_search", "id": "w", "name": "web", "result": 1},
            {"type": "data", "data": {"k": 1}},
        ],
        "a",
        tool_calls=[{"id": "c", "function": "add", "arguments": {"n": 1}, "type": "function"}],
    )
    tool = _message("tool", "3", "t", tool_call_id="c", function="add")
    tools = [{"name": "add", "description": "Adds.", "parameters": {"type": "object"}}]
    found = _sample(
        _model(
            [_message("user", "Q", "q")],
            answer,
            tools=tools,
            tool_choice={"name": "add"},
            config={"temperature": -1, "max_tokens": 5, "stop_seqs": ["x"], "num_choices": 1},
            output={
                "time": 2.5,
                "usage": {
                    "input_tokens": 10,
                    "output_tokens": 8,
                    "total_tokens": 22,
                    "input_tokens_cache_read": 3,
                    "input_tokens_cache_write": 1,
                    "reasoning_tokens": 5,
                    "total_cost": 0.5,
                },
            },
        ),
        messages=[_message("user", "Q", "q"), answer, tool],
    )
    said, result = found.responses[1:]
    assert (said.message, said.reasoning) == ("one two", "thought")
    assert [(one.call_id, one.name, one.kind) for one in said.tool_calls] == [
        ("c", "add", "function"),
        ("w", "web", "web_search"),
    ]
    assert said.attachments[0].url == "https://example.invalid/a.png"
    assert (said.settings.max_tokens, said.settings.stop) == (5, ("x",))
    assert said.settings.tool_choice == "add"
    assert said.settings.tools[0].parameters == '{"type":"object"}'
    usage = said.usage
    assert (usage.prompt_tokens, usage.cached_prompt_tokens) == (14, 3)
    assert (usage.completion_tokens, usage.reasoning_tokens, usage.cost_usd) == (3, 5, 0.5)
    assert said.timing.duration_s == 2.5
    raw = json.loads(said.origin.raw)
    assert raw["config"] == {"temperature": -1, "num_choices": 1}
    assert [part["type"] for part in raw["parts"]] == ["reasoning", "tool_use", "data"]
    assert raw["text_lengths"] == [4, 3]
    assert (result.sender, result.tool_call_id, result.message) == ("tool", "c", "3")


def test_a_run_that_failed_still_has_its_input() -> None:
    assert [one.message for one in _sample(messages=[]).responses] == ["Q"]
    failed = _sample({**_model([_message("user", "Q")]), "error": "too long"})
    assert failed.responses[0].origin.provenance["failed_call"] == "too long"


def test_numbers_that_are_none_do_not_stop_it() -> None:
    text = """{"version": 2, "status": "success", "eval": {"task": "t", "x": NaN},
        "results": {"a": Infinity}, "samples": [
        {"id": 1, "epoch": 1, "input": "Q", "target": "", "scores": {"s": {"value": NaN},
         "huge": {"value": 1%s},
         "parts": {"value": {"a": true, "b": 0.5, "c": "P"}}}, "messages": [
         {"role": "user", "content": "Q"}]}, 3, {"id": 2, "epoch": 1, "events": [null, {}],
         "messages": "x", "output": [], "input": [1], "attachments": 3, "timelines": {}}]}"""
    found = list(read_all(io.BytesIO((text % ("0" * 400)).encode())))
    assert [type(one) for one in found] == [Document, Skipped, Document]
    first = found[0]
    assert isinstance(first, Document)
    assert first.responses[0].marks.scores == {"parts.a": 1.0, "parts.b": 0.5, "parts.c": 0.5}
    assert [one.partition(":")[0] for one in first.repairs] == ["number_replaced"]


def test_a_log_that_still_runs_is_read(tmp_path: Path) -> None:
    path = _eval(
        tmp_path / "running.eval",
        _journal__start=b'{"eval": {"task": "running"}}',
        samples__1_epoch_1=b'{"id": 1, "epoch": 1, "messages": [{"role": "user", "content": "Q"}]}',
        samples__2_epoch_1=b"{",
    )
    first, second = read_all(path)
    assert isinstance(first, Document)
    assert first.conversation.title == "running, 1, epoch 1"
    assert isinstance(second, Skipped)


def test_a_folder_of_logs_is_read(tmp_path: Path) -> None:
    for name in ("popularity.eval", "log_formats.json", "log_read_sample.json"):
        (tmp_path / name).write_bytes((TREES / "inspect" / name).read_bytes())
    (tmp_path / "notes.json").write_text("{}", "utf-8")
    assert len(list(read(tmp_path))) == 12


def test_an_unpacked_log_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(TREES / "inspect/popularity.eval") as archive:
        archive.extractall(tmp_path)
    found = list(read(tmp_path))
    assert len(found) == 10
    assert found[0].conversation.title == "popularity, 10, epoch 1"


def test_zstandard_members_are_bounded_and_checked(tmp_path: Path) -> None:
    whole = (TREES / BRANCHING).read_bytes()
    path = tmp_path / "log.eval"
    with opened(TREES / BRANCHING) as log:
        sample = log.matching(r"s0_epoch_1\.json")[0]
        with sample.open() as file:
            assert json.loads(file.read())["id"] == "s0"
    with zipfile.ZipFile(TREES / BRANCHING) as archive:
        info = archive.getinfo("samples/s1_epoch_2.json")
    damaged = bytearray(whole)
    damaged[info.header_offset + 200] ^= 0xFF
    path.write_bytes(damaged)
    found = list(read_all(path))
    assert [type(one) for one in found].count(Skipped) == 1
    assert len(found) == 9


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(300 * 1024 * 1024))
    path = tmp_path / "bomb.eval"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.json", "{}")
        archive.writestr("samples/1_epoch_1.json", bomb)
    data = bytearray(path.read_bytes())
    # The method stands in the file's own header and in the list of files.
    second = data.index(b"PK\x03\x04", 4)
    data[second + 8 : second + 10] = (93).to_bytes(2, "little")
    listed = data.rindex(b"PK\x01\x02")
    data[listed + 10 : listed + 12] = (93).to_bytes(2, "little")
    path.write_bytes(data)
    (found,) = read_all(path)
    assert isinstance(found, Skipped)
    assert "made to fill memory" in found.reason


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'grok-tree\[formats\]'"):
        list(read(TREES / BRANCHING))
    assert len(list(read(TREES / "inspect/popularity.eval"))) == 10


def test_other_json_is_left_to_others() -> None:
    with pytest.raises(FormatNotFound):
        list(read(io.BytesIO(b'{"epoch": 1, "messages": []}')))
    with pytest.raises(MalformedDocument):
        list(read(io.BytesIO(b'{"eval": {}, "status": "started"}')))


def test_what_is_too_long_to_be_kept_of_a_log_is_named() -> None:
    message = {"role": "user", "content": "x", "id": "m"}
    sample = {"id": 1, "epoch": 1, "input": "x", "target": "", "messages": [message]}
    log = {
        "status": "success",
        "eval": {"task": "t"},
        "results": {"notes": "n" * 100_000},
        "samples": [{**sample, "store": {"page": "p" * 100_000}}],
    }
    (found,) = read_json(log)
    raw = json.loads(found.responses[0].origin.raw)
    assert raw["log"] == {"status": "success", "eval": {"task": "t"}}
    assert "store" not in raw["sample"]
    assert found.repair_counts == {"log_cut": 2}
