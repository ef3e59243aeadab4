"""Training sets are written row by row, traceable, and come back as what their losses leave."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, HeldResponses, Marks, Origin, ResponseId, Tool
from grok_tree.forest import Settings as Asked
from grok_tree.formats import Document, read_all, write
from grok_tree.testing import forest_of
from tests.unit.formats._hostile import deep_forest, hostile_forest
from tests.unit.formats._random_forests import forests

TREE = "q>a>q2>a2, q>b, q>c>q3>a3, q2>b2"


def rows(forest: Forest, format: str, **options: str | int) -> list[dict[str, Any]]:
    file = io.BytesIO()
    write(forest, file, format, **options)
    content = file.getvalue()
    if format == "sharegpt":
        return list(json.loads(content))
    return [json.loads(line) for line in content.splitlines()]


def back(forest: Forest, format: str) -> list[Document]:
    file = io.BytesIO()
    write(forest, file, format)
    file.seek(0)
    return [one for one in read_all(file, format) if isinstance(one, Document)]


def marked(
    shape: str,
    marks: Mapping[str, Marks] | None = None,
    origins: Mapping[str, Origin] | None = None,
) -> Forest:
    forest = forest_of(shape)
    responses = [
        msgspec.structs.replace(
            one,
            marks=(marks or {}).get(one.message, Marks()),
            origin=(origins or {}).get(one.message, Origin()),
        )
        for one in forest
    ]
    return Forest(forest.conversation, forest.parent_numbers, HeldResponses(responses))


def scored(shape: str, **scores: float) -> Forest:
    return marked(shape, {name: Marks(scores={"s": value}) for name, value in scores.items()})


def texts(forest: Forest, **options: str | int) -> list[str]:
    return [
        "".join(m["content"] for m in row["messages"])
        for row in rows(forest, "messages", **options)
    ]


def test_paths_of_messages() -> None:
    forest = forest_of(TREE, leaf="q2")
    assert texts(forest) == ["qaq2a2", "qb", "qcq3a3", "qaq2b2"]
    assert texts(forest, paths="active") == ["qaq2"]
    assert texts(forest, paths="longest") == ["qaq2b2"]
    assert texts(forest_of(TREE), paths="active") == ["qaq2b2"]
    assert texts(forest_of(""), paths="best") == []


def test_the_best_path_has_most_stars_then_the_best_score() -> None:
    assert texts(scored(TREE, a=2, b=1, c=3), paths="best") == ["qcq3a3"]
    assert texts(scored(TREE, a=2, a2=9, c=3), paths="best") == ["qaq2a2"]
    starred = {"b": Marks(starred=True), "c": Marks(scores={"s": 9})}
    assert texts(marked(TREE, starred), paths="best") == ["qb"]
    ranked = {"a": Marks(scores={"rank": 1}), "b": Marks(scores={"rank": 0})}
    assert texts(marked("q>a, q>b", ranked), paths="best") == ["qb"]


@pytest.mark.parametrize("format", ["messages", "sharegpt"])
def test_every_row_names_its_conversation_and_responses(format: str) -> None:
    forest = forest_of(TREE)
    for row, tip in zip(rows(forest, format), forest.tips, strict=True):
        assert row["conversation_id"] == forest.conversation.conversation_id
        assert row["response_ids"] == forest.path(tip.response_id).ids


@pytest.mark.parametrize(
    ("format", "fields"),
    [("messages", ("sender", "message", "reasoning")), ("sharegpt", ("sender", "message"))],
)
@given(forest=forests())
@settings(max_examples=20, deadline=None)
def test_each_path_comes_back(format: str, fields: tuple[str, ...], forest: Forest) -> None:
    check_paths(forest, format, fields)


@pytest.mark.parametrize(
    ("format", "fields"),
    [("messages", ("sender", "message", "reasoning")), ("sharegpt", ("sender", "message"))],
)
def test_hostile_texts_come_back(format: str, fields: tuple[str, ...]) -> None:
    check_paths(hostile_forest(), format, fields)


def check_paths(forest: Forest, format: str, fields: tuple[str, ...]) -> None:
    documents = back(forest, format)
    for document, tip in zip(documents, forest.tips, strict=True):
        path = list(forest.path(tip.response_id))
        found = list(document.responses)
        if format == "sharegpt":
            assert document.conversation.system_prompt == forest.conversation.system_prompt
        elif forest.conversation.system_prompt and path[0].sender != "system":
            assert found.pop(0).message == forest.conversation.system_prompt
        assert [[getattr(r, name) for name in fields] for r in found] == [
            [getattr(r, name) for name in fields] for r in path
        ]


def test_calls_of_tools_come_back(tmp_path: Path) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    source = tmp_path / "source.jsonl"
    record = {
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "4"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "f", "description": "", "parameters": {"type": "object"}},
            }
        ],
    }
    source.write_text(json.dumps(record))
    (document,) = (one for one in read_all(source) if isinstance(one, Document))
    (row,) = rows(document.forest, "messages")
    assert {name: row[name] for name in record} == record
    (shared,) = rows(document.forest, "sharegpt")
    assert [turn["from"] for turn in shared["conversations"]] == [
        "human",
        "function_call",
        "observation",
    ]
    (again,) = back(document.forest, "sharegpt")
    assert [c.arguments for c in again.responses[1].tool_calls] == ['{"a": 1}']


def pairs(forest: Forest, **options: str | int) -> list[str]:
    return [
        f"{row['chosen'][0]['content']}>{row['rejected'][0]['content']}"
        for row in rows(forest, "dpo", **options)
    ]


def test_pairs_of_scored_siblings() -> None:
    forest = scored("q>a, q>b, q>c, q>d", a=1, b=3, c=2)
    assert pairs(forest) == ["b>c", "b>a"]
    assert sorted(pairs(forest, pairs="all")) == ["b>a", "b>c", "c>a"]
    assert pairs(forest, pairs="best-vs-worst") == ["b>a"]


def test_a_star_beats_every_score_and_equal_scores_say_nothing() -> None:
    marks = {"a": Marks(starred=True), "b": Marks(scores={"s": 9}), "c": Marks(scores={"s": 9})}
    assert pairs(marked("q>a, q>b, q>c", marks)) == ["a>b", "a>c"]
    assert pairs(marked("q>a, q>b, q>c", marks), pairs="all") == ["a>b", "a>c"]


def test_the_score_that_decides_can_be_named() -> None:
    marks = {"a": Marks(scores={"s": 1, "t": 5}), "b": Marks(scores={"s": 2, "u": 9})}
    assert pairs(marked("q>a, q>b", marks)) == []
    assert pairs(marked("q>a, q>b", marks), score="s") == ["b>a"]
    assert pairs(marked("q>a, q>b", marks), score="t") == []
    both = {"a": Marks(scores={"s": 1, "t": 5}), "b": Marks(scores={"s": 2, "t": 1})}
    assert pairs(marked("q>a, q>b", both), score="t") == ["a>b"]
    assert pairs(marked("q>a, q>b", both), score="s") == ["b>a"]


def test_scores_that_judge_the_whole_decide_and_others_are_not_weighed() -> None:
    several = {
        "a": Marks(scores={"quality": 1, "toxicity": 0}),
        "b": Marks(scores={"quality": 0, "toxicity": 1}),
    }
    assert pairs(marked("q>a, q>b", several)) == []
    assert pairs(marked("q>a, q>b", several), score="quality") == ["a>b"]
    assert rows(marked("q>a, q>b", several), "kto") == []
    one_each = {"a": Marks(scores={"quality": 1}), "b": Marks(scores={"toxicity": 1})}
    assert rows(marked("q>a, q>b", one_each), "kto") == []
    ranked = {
        name: Marks(scores={"rank": place, "toxicity": 1 - place, "quality": 0})
        for place, name in enumerate("ab")
    }
    assert pairs(marked("q>a, q>b", ranked)) == ["a>b"]
    assert texts(marked("q>a, q>b", several), paths="best", score="toxicity") == ["qb"]


def test_what_was_written_in_the_place_of_an_answer_is_better() -> None:
    replaced = Origin(kind="replaced", of=ResponseId("a"))
    assert pairs(marked("q>a, q>b, q>c", origins={"b": replaced})) == ["b>a"]
    against = {"a": Marks(starred=True)}
    assert pairs(marked("q>a, q>b, q>c", against, {"b": replaced})) == ["a>b", "a>c"]


def test_answers_to_other_system_prompts_are_no_pair() -> None:
    marks = {"a": Marks(scores={"s": 1}), "b": Marks(scores={"s": 2}), "c": Marks(scores={"s": 0})}
    origins = {name: Origin(system_prompt="be brief") for name in ("b", "c")}
    forest = marked("q>a, q>b, q>c", marks, origins)
    (row,) = rows(forest, "dpo")
    assert [one["content"] for one in row["prompt"]] == ["be brief", "q"]
    assert (row["chosen_id"], row["rejected_id"]) == ("b", "c")


def test_partial_empty_and_equal_answers_are_no_pair() -> None:
    forest = scored("q>a, q>b, q>c, q>d", a=1, b=2, c=3, d=4)
    changes: dict[str, dict[str, Any]] = {
        "b": {"message": "a"},
        "c": {"partial": True},
        "d": {"message": ""},
    }
    responses = [msgspec.structs.replace(one, **changes.get(one.message, {})) for one in forest]
    assert pairs(Forest(forest.conversation, forest.parent_numbers, HeldResponses(responses))) == []


def test_rows_of_pairs_come_back_as_pairs(tmp_path: Path) -> None:
    forest = scored("p>x>q>a, q>b", a=1, b=3)
    write(forest, tmp_path / "x.jsonl", "dpo")
    (document,) = (one for one in read_all(tmp_path / "x.jsonl") if isinstance(one, Document))
    assert document.format == "preference"
    assert [one.message for one in document.responses] == ["p", "x", "q", "b", "a"]
    assert document.parents == [-1, 0, 1, 2, 2]
    (row,) = rows(forest, "dpo")
    assert row["prompt_ids"] == ["p", "x", "q"]


def test_verdicts() -> None:
    marks = {"a": Marks(starred=True), "b": Marks(scores={"s": 2}), "c": Marks(scores={"s": -1})}
    origins = {"e": Origin(kind="replaced", of=ResponseId("d"))}
    forest = marked("q>a, q>b, q>c, q>d, q>e, q>f", marks, origins)
    found = {row["completion_id"]: row["label"] for row in rows(forest, "kto")}
    assert found == {"a": True, "b": True, "c": False, "d": False, "e": True}
    above = {row["completion_id"]: row["label"] for row in rows(forest, "kto", threshold=2)}
    assert above["b"] is False
    named = {row["completion_id"] for row in rows(forest, "kto", score="t")}
    assert named == {"a", "d", "e"}


def test_rows_of_verdicts_come_back(tmp_path: Path) -> None:
    forest = scored("q>a, q>b", a=1, b=0)
    write(forest, tmp_path / "x.jsonl", "kto")
    found = [one for one in read_all(tmp_path / "x.jsonl") if isinstance(one, Document)]
    assert [one.responses[1].marks.scores for one in found] == [
        {"preference": 1},
        {"preference": 0},
    ]


def test_every_answer_is_trained_on_once() -> None:
    forest = forest_of(TREE)
    each = [(row["prompt_ids"][-1], row["completion_id"]) for row in rows(forest, "sft")]
    assert each == [
        ("q", "a"),
        ("q2", "a2"),
        ("q", "b"),
        ("q", "c"),
        ("q3", "a3"),
        ("q2", "b2"),
    ]
    last = [row["completion_id"] for row in rows(forest, "sft", train="last")]
    assert last == ["a2", "b", "a3", "b2"]
    assert [r["completion_id"] for r in rows(forest, "sft", paths="longest", train="last")] == [
        "b2"
    ]


def test_tools_that_an_answer_was_offered_are_in_its_row() -> None:
    forest = forest_of("q>a")
    asked = Asked(tools=(Tool(name="f", parameters='{"type": "object"}'),))
    responses = [msgspec.structs.replace(one, settings=asked) for one in forest]
    (row,) = rows(
        Forest(forest.conversation, forest.parent_numbers, HeldResponses(responses)), "sft"
    )
    assert row["tools"][0]["function"]["parameters"] == {"type": "object"}


@pytest.mark.parametrize("format", ["messages", "sharegpt", "sft", "dpo", "kto"])
def test_deep_and_hostile_forests_are_written(format: str) -> None:
    for forest in (deep_forest(600), hostile_forest(), forest_of("")):
        rows(
            forest,
            format,
            **({"paths": "longest"} if format in ("messages", "sharegpt", "sft") else {}),
        )


def test_the_number_of_responses_is_returned() -> None:
    assert write(forest_of(TREE), io.BytesIO(), "messages") == 9
    assert write(scored("q>a, q>b>c", a=1, b=2), io.BytesIO(), "dpo") == 3


def test_an_option_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidOperationError, match="pairs"):
        write(forest_of("a"), io.BytesIO(), "dpo", pairs="some")
