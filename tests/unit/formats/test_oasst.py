"""OpenAssistant trees, in and out."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from grok_tree.forest import Forest, Response
from grok_tree.formats import Document, Skipped, read, read_all, write
from tests.unit.formats._random_forests import forests
from tests.unit.formats._samples import EXPECTED, TREES, documents, names

OASST = names("oasst")
SAMPLE = TREES / "oasst" / "trees_061_100.jsonl"


def _read(*lines: object) -> list[Document | Skipped]:
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
    return list(read_all(io.BytesIO(text.encode())))


def _document(*lines: object) -> Document:
    (found,) = _read(*lines)
    assert isinstance(found, Document)
    return found


def _message(key: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    role = "prompter" if parent is None else "assistant"
    return {"message_id": key, "parent_id": parent, "text": key, "role": role, **more}


@pytest.mark.parametrize("name", OASST)
def test_counts_are_exact(name: str) -> None:
    counts = [one.counts for one in documents(name)]
    expected = EXPECTED[name]
    assert len(counts) == expected["trees"]
    assert max(one.max_depth for one in counts) == expected["max_depth"]
    assert expected["total"] == {
        key: sum(getattr(one, key) for one in counts)
        for key in ("nodes", "roots", "forks", "leaves")
    }


def test_both_line_kinds_of_one_tree_give_the_same_ids() -> None:
    trees, messages = (documents(name) for name in reversed(OASST))
    shared = {one.conversation.conversation_id for one in trees} & {
        one.conversation.conversation_id for one in messages
    }
    assert len(shared) == 20


def test_rank_and_emojis_are_scores() -> None:
    first = documents("oasst/trees_061_100.jsonl")[0].responses
    assert first[0].marks.scores == {"emoji:+1": 3}
    assert first[1].marks.scores["rank"] == 0
    assert [one.sender for one in first[:2]] == ["human", "assistant"]
    assert json.loads(first[0].origin.raw)["lang"] == "en"


def test_labels_are_scores_and_their_counts_are_kept() -> None:
    labels = {"quality": {"value": 0.75, "count": 3}, "rank": {"value": 1, "count": 1}}
    found = _document(_message("a", labels=labels)).responses[0]
    assert found.marks.scores == {"quality": 0.75}
    assert json.loads(found.origin.raw)["labels"] == {
        "quality": {"count": 3},
        "rank": {"value": 1, "count": 1},
    }


def test_model_names_belong_to_the_assistant() -> None:
    tree = _message("a", model_name="m", replies=[_message("b", "a", model_name="m")])
    prompt, reply = _document(tree).responses
    assert (prompt.model_name, reply.model_name) == ("", "m")
    assert json.loads(prompt.origin.raw) == {"model_name": "m"}


def test_a_deleted_message_keeps_its_replies() -> None:
    deleted = _message("b", "a", deleted=True, replies=[_message("c", "b")])
    found = _document(_message("a", replies=[deleted]))
    assert (found.counts.nodes, found.counts.max_depth) == (3, 3)
    assert found.flag_counts == {"deleted": 1}


def test_a_thread_is_a_chain() -> None:
    thread = [_message("a"), _message("b", "elsewhere"), _message("c", "b")]
    found = _document({"thread_id": "t", "thread": thread})
    assert (found.counts.max_depth, found.counts.nodes, found.repair_counts) == (3, 3, {})


def test_messages_on_lines_of_their_own_are_one_tree() -> None:
    lines = [
        _message("a", message_tree_id="a", tree_state="growing"),
        _message("b", "a", message_tree_id="a", tree_state="growing"),
        _message("c", "a", message_tree_id="a", tree_state="growing"),
        _message("x", message_tree_id="x"),
    ]
    first, second = _read(*lines)
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert (first.counts.forks, first.counts.nodes, second.counts.nodes) == (1, 3, 1)
    without = [
        {name: value for name, value in line.items() if name != "message_tree_id"} for line in lines
    ]
    assert [one.counts for one in _read(*without) if isinstance(one, Document)] == [
        first.counts,
        second.counts,
    ]


def test_dates_are_times() -> None:
    found = _document(_message("a", created_date="2023-02-05T14:23:50.983374+00:00"))
    assert found.responses[0].create_time.isoformat() == "2023-02-05T14:23:50.983374+00:00"
    assert found.conversation.create_time == found.responses[0].create_time


def test_gzip_is_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "trees.jsonl.gz"
    path.write_bytes(gzip.compress(SAMPLE.read_bytes()))
    assert len(list(read(path))) == 40


def test_a_tree_may_be_deep(tmp_path: Path) -> None:
    depth = 5_000
    opening = '{"message_id":"%d","text":"t","role":"prompter","replies":['
    text = "".join(opening % number for number in range(depth)) + "]}" * depth
    found = _document(text)
    assert found.counts.max_depth == depth
    write(found.forest, tmp_path / "out.jsonl", "oasst")
    assert [one.counts for one in read(tmp_path / "out.jsonl", "oasst")] == [found.counts]


def test_dirty_lines_do_not_stop_the_others() -> None:
    found = _read(
        _message("a", labels=[1], emojis={"x": "y", "": None}, rank="first", deleted=3),
        "{",
        {"message_tree_id": "t", "prompt": "text"},
        {"message_tree_id": 7, "prompt": {"text": 5, "role": 7, "replies": ["x", None, 3.5]}},
        {"message_id": None, "replies": {"a": 1}},
        "[1]",
        _message("z", created_date="yesterday", labels={"q": {"value": "NaN"}, "": {"value": 1}}),
    )
    # A line that holds no tree is told of as soon as it is met.
    kinds = [type(one).__name__[0] for one in found]
    assert "".join(kinds) == "SDSDSDD"
    assert [one.index for one in found] == list(range(7))
    assert isinstance(found[3], Document)
    assert [one.message for one in found[3].responses] == ["5", "x", "", "3.5"]
    last = found[6]
    assert isinstance(last, Document)
    assert json.loads(last.responses[0].origin.raw)["created_date"] == "yesterday"


def test_what_was_read_is_written_byte_for_byte() -> None:
    out = io.BytesIO()
    n_responses = write([one.forest for one in read(SAMPLE)], out, "oasst")
    assert n_responses == 483
    assert out.getvalue() == SAMPLE.read_bytes()


def test_messages_are_written_as_trees_without_nulls() -> None:
    out = io.BytesIO()
    write([one.forest for one in read(TREES / OASST[0])], out, "oasst")
    first = json.loads(out.getvalue().split(b"\n")[0])
    assert list(first) == ["message_tree_id", "tree_state", "prompt"]
    assert None not in first["prompt"].values()
    # Read again, every conversation is the one it was.
    again = list(read(io.BytesIO(out.getvalue())))
    before = list(read(TREES / OASST[0]))
    assert [one.conversation for one in again] == [one.conversation for one in before]
    assert [one.responses[1:] for one in again] == [one.responses[1:] for one in before]


def test_a_score_that_was_given_here_is_a_label() -> None:
    (document,) = [one for one in _read(_message("a")) if isinstance(one, Document)]
    first = document.responses[0]
    first.marks.scores["depth"] = 0.5
    out = io.BytesIO()
    write(document.forest, out, "oasst")
    message = json.loads(out.getvalue())["prompt"]
    assert message["labels"] == {"depth": {"value": 0.5, "count": 1}}


@settings(max_examples=60, deadline=None)
@given(forests())
def test_writing_loses_only_what_it_says(forest: Forest) -> None:
    out = io.BytesIO()
    assert write(forest, out, "oasst") == len(forest)
    back = list(read(io.BytesIO(out.getvalue()), "oasst"))
    assert len(back) == len(forest.roots)
    found = {one.origin.original_id: one for document in back for one in document.responses}
    for response in forest:
        again = found[response.response_id]
        parent = forest.parent(response.response_id)
        above = next(
            (one for one in found.values() if one.response_id == again.parent_response_id), None
        )
        assert (None if above is None else above.origin.original_id) == (
            None if parent is None else parent.response_id
        )
        assert _kept(again) == _kept(response)
    for document in back:
        for response in document.responses:
            children = document.forest.children(response.response_id)
            assert [one.origin.original_id for one in children] == [
                one.response_id for one in forest.children(str(response.origin.original_id))
            ]


def _kept(response: Response) -> object:
    scores = {name: value for name, value in response.marks.scores.items() if name.strip()}
    model = response.model_name if response.sender == "assistant" else ""
    return response.sender, response.message, model, scores, response.create_time
