"""Training sets are read record by record, with what is better and what they share."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grok_tree.forest import TokenAlternative, TokenLogprob
from grok_tree.formats import Document, Skipped, read_all
from tests.unit.formats._samples import EXPECTED, TREES, documents, names


def read(folder: Path, *records: Any, name: str = "x.jsonl") -> list[Document | Skipped]:
    path = folder / name
    if name.endswith(".jsonl"):
        path.write_text("\n".join(json.dumps(one) for one in records), "utf-8")
    else:
        path.write_text(json.dumps(records, indent=1), "utf-8")
    return list(read_all(path))


def only(folder: Path, *records: Any, name: str = "x.jsonl") -> Document:
    (found,) = read(folder, *records, name=name)
    assert isinstance(found, Document), found
    return found


def said(document: Document) -> list[tuple[int, str, str]]:
    return [
        (parent, one.sender, one.message)
        for parent, one in zip(document.parents, document.responses, strict=True)
    ]


def scores(document: Document) -> list[dict[str, float]]:
    return [one.marks.scores for one in document.responses]


@pytest.mark.parametrize("name", names("chatml", "sharegpt", "preference"))
def test_every_record_is_a_conversation(name: str) -> None:
    found = documents(name)
    assert len(found) == EXPECTED[name]["records"]
    assert len({one.conversation.conversation_id for one in found}) == len(found)


def test_a_pair_of_the_sample_is_two_siblings_below_its_prompt() -> None:
    raw = json.loads((TREES / "preference/sharegpt_dpo_101_150.json").read_text("utf-8"))
    for record, document in zip(
        raw, documents("preference/sharegpt_dpo_101_150.json"), strict=True
    ):
        n = len(record["conversations"])
        assert document.parents == [*range(-1, n), n - 1]
        *prompt, better, worse = document.responses
        assert [one.message for one in prompt] == [t["value"] for t in record["conversations"]]
        assert better.message == record["chosen"]["value"]
        assert worse.message == record["rejected"]["value"]
        assert (better.marks.scores, worse.marks.scores) == ({"preference": 1}, {"preference": 0})


def test_parts_and_weights_of_the_messages_sample_are_kept() -> None:
    first, answer = documents("chatml/v1_sft_20.jsonl")[0].responses
    assert (first.message, json.loads(first.origin.raw)) == ("hi", {"loss_weight": 0.0})
    assert json.loads(answer.origin.raw) == {"loss_weight": 1.0}


def test_equal_records_stay_several(tmp_path: Path) -> None:
    record = {"messages": [{"role": "user", "content": "a"}]}
    found = read(tmp_path, record, record, {**record, "id": 7}, {**record, "id": 7})
    ids = {one.conversation.conversation_id for one in found if isinstance(one, Document)}
    assert len(ids) == 4


def test_roles_of_sharegpt(tmp_path: Path) -> None:
    call = {"name": "add", "arguments": {"a": 1}}
    roles = ["system", "human", "user", "function_call", "observation", "bard", "chatgpt", "odd"]
    values = ["s", "h", "u", json.dumps(call), "3", "b", "c", {"not": "text"}]
    turns = [{"from": role, "value": one} for role, one in zip(roles, values, strict=True)]
    document = only(tmp_path, {"conversations": turns, "system": "be kind", "x": 0}, name="x.json")
    assert document.format == "sharegpt"
    assert document.conversation.system_prompt == "be kind"
    assert [one.sender for one in document.responses] == [
        "system",
        "human",
        "human",
        "assistant",
        "tool",
        "assistant",
        "assistant",
        "assistant",
    ]
    (called,) = document.responses[3].tool_calls
    assert (called.name, json.loads(called.arguments)) == ("add", {"a": 1})
    assert document.responses[7].message == '{"not":"text"}'
    assert document.repair_counts == {"inferred_role": 1}
    assert json.loads(document.responses[0].origin.raw) == {"record": {"x": 0}}


def test_tools_reasoning_and_images_of_messages(tmp_path: Path) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    picture = {"type": "image_url", "image_url": {"url": "https://example.invalid/a.png"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "look"}, picture]},
        {"role": "assistant", "content": None, "tool_calls": [call], "thinking": "hm"},
        {"role": "tool", "tool_call_id": "c1", "content": "4", "name": "f"},
    ]
    tools = json.dumps([{"type": "function", "function": {"name": "f", "parameters": {}}}])
    document = only(tmp_path, {"messages": messages, "tools": tools, "id": "n1"})
    human, answer, tool = document.responses
    assert (human.message, human.attachments[0].url) == ("look", picture["image_url"]["url"])  # type: ignore[index]
    assert (answer.reasoning, answer.tool_calls[0].call_id) == ("hm", "c1")
    assert answer.settings.tools[0].name == "f"
    assert (tool.tool_call_id, json.loads(tool.origin.raw)) == ("c1", {"name": "f"})


def test_one_indented_record_is_one_conversation(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"title": "t", "messages": [USER, GOOD]}, indent=2))
    (found,) = read_all(path)
    assert isinstance(found, Document)
    assert (found.format, found.conversation.title) == ("messages", "t")
    assert said(found) == [(-1, "human", "q"), (0, "assistant", "good")]


def test_one_bare_list_of_messages_is_one_conversation(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path,
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        name="x.json",
    )
    assert isinstance(found, Document)
    assert said(found) == [(-1, "human", "a"), (0, "assistant", "b")]


USER = {"role": "user", "content": "q"}
GOOD, BAD = {"role": "assistant", "content": "good"}, {"role": "assistant", "content": "bad"}


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "q", "chosen": "good", "rejected": "bad"},
        {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
        {"chosen": [USER, GOOD], "rejected": [USER, BAD]},
        {"prompt": "q", "chosen": [USER, GOOD], "rejected": [USER, BAD]},
        {"chosen_messages": [USER, GOOD], "rejected_messages": [USER, BAD]},
        {
            "conversations": [{"from": "human", "value": "q"}],
            "chosen": {"from": "gpt", "value": "good"},
            "rejected": {"from": "gpt", "value": "bad"},
        },
        {"question": "q", "chosen": "good", "rejected": "bad"},
        {
            "chosen": "\n\nHuman: q\n\nAssistant: good",
            "rejected": "\n\nHuman: q\n\nAssistant: bad",
        },
    ],
    ids=["texts", "lists", "implicit", "repeated", "named", "sharegpt", "question", "dialogue"],
)
@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
def test_every_shape_of_a_pair(tmp_path: Path, record: dict[str, Any], name: str) -> None:
    document = only(tmp_path, record, name=name)
    assert document.format == "preference"
    assert said(document) == [
        (-1, "human", "q"),
        (0, "assistant", "good"),
        (0, "assistant", "bad"),
    ]
    assert scores(document) == [{}, {"preference": 1}, {"preference": 0}]


def test_a_prompt_inside_two_texts_is_split_after_a_word(tmp_path: Path) -> None:
    document = only(tmp_path, {"chosen": "The sky is blue.", "rejected": "The sky is black."})
    assert [one.message for one in document.responses] == ["The sky is ", "blue.", "black."]
    assert document.repair_counts == {"prompt_split": 1}


def test_answers_of_several_messages_fork_where_they_differ(tmp_path: Path) -> None:
    more = [GOOD, {"role": "user", "content": "more"}, GOOD]
    document = only(tmp_path, {"chosen": [USER, *more], "rejected": [USER, GOOD, BAD]})
    assert [parent for parent, *_ in said(document)] == [-1, 0, 1, 2, 1]
    assert scores(document) == [{}, {}, {"preference": 1}, {}, {"preference": 0}]


def test_equal_answers_stay_two(tmp_path: Path) -> None:
    document = only(tmp_path, {"prompt": "q", "chosen": "same", "rejected": "same"})
    assert [one.message for one in document.responses] == ["q", "same", "same"]


def test_scores_and_other_columns_of_a_pair(tmp_path: Path) -> None:
    record = {"prompt": "q", "chosen": "a", "rejected": "b", "score_chosen": 8, "margin": 2.5}
    document = only(tmp_path, record)
    assert scores(document) == [{}, {"preference": 1, "score": 8}, {"preference": 0}]
    assert json.loads(document.responses[0].origin.raw) == {"record": {"margin": 2.5}}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"prompt": "q", "completion": "a", "label": True}, [{}, {"preference": 1}]),
        ({"prompt": [USER], "completion": [BAD], "label": False}, [{}, {"preference": 0}]),
        ({"messages": [USER, BAD], "label": False}, [{}, {"preference": 0}]),
        (
            {
                "conversations": [
                    {"from": "human", "value": "q"},
                    {"from": "gpt", "value": "a"},
                ],
                "kto_tag": True,
            },
            [{}, {"preference": 1}],
        ),
        (
            {"prompt": "q", "completions": ["a", "b"], "labels": [True, False]},
            [{}, {"step": 1}, {"step": 0}],
        ),
        ({"prompt": "q", "completion": "a"}, [{}, {}]),
        ({"instruction": "q", "input": "i", "output": "a"}, [{}, {}]),
        ({"prompt": "q"}, [{}]),
        ({"prompt": [USER]}, [{}]),
    ],
)
def test_verdicts_steps_and_prompts(
    tmp_path: Path, record: dict[str, Any], expected: list[dict[str, float]]
) -> None:
    document = only(tmp_path, record)
    assert document.format == "preference"
    assert scores(document) == expected
    assert document.parents == list(range(-1, len(expected) - 1))


def test_an_instruction_has_its_input_below_it(tmp_path: Path) -> None:
    record = {"instruction": "add", "input": "1 1", "output": "2", "system": "s", "source": "x"}
    found = read(tmp_path, record, {**record, "input": ""}, name="x.json")
    documents = [one for one in found if isinstance(one, Document)]
    assert [[one.message for one in doc.responses] for doc in documents] == [
        ["add\n1 1", "2"],
        ["add", "2"],
    ]
    assert documents[0].conversation.system_prompt == "s"


def test_a_label_that_is_no_verdict_is_kept_raw(tmp_path: Path) -> None:
    document = only(tmp_path, {"messages": [USER, GOOD], "label": "positive"})
    assert scores(document) == [{}, {}]
    assert json.loads(document.responses[0].origin.raw) == {"record": {"label": "positive"}}


DIRTY: list[Any] = [
    None,
    7,
    "text",
    [],
    {},
    {"messages": None},
    {"messages": "text"},
    {"messages": []},
    {"messages": [None, 7, "text", [], {}, {"role": 7, "content": {"a": [1]}}]},
    {"messages": [{"role": "assistant", "content": [None, 7, {}], "tool_calls": [7, {"id": []}]}]},
    {"messages": [{"role": "tool", "content": "a", "tool_calls": "x", "tool_call_id": 7}]},
    {"messages": [{"role": ["a"], "content": "\ud800 \x00"}], "tools": [7], "id": [], "title": 7},
]


@pytest.mark.parametrize("format", ["messages", "sharegpt", "preference", "openai_requests"])
@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_dirty_records_never_stop_the_others(tmp_path: Path, format: str, ending: str) -> None:
    first = {"messages": [USER]}
    shapes: list[Any] = [first, *DIRTY]
    for dirty in DIRTY[5:]:
        messages = dirty["messages"]
        shapes += [
            {"conversations": messages},
            {"chosen": messages, "rejected": messages, "prompt": messages},
            {"prompt": messages, "completions": messages, "labels": messages},
            {"prompt": 7, "completion": messages, "label": messages},
            {"request": {"messages": messages}, "response": {"choices": messages}},
            {"request": {"input": messages, "stop": 7, "temperature": "hot"}, "response": 7},
            {"body": {"input": messages}, "response": {"body": {"output": messages, "usage": 7}}},
        ]
    path = tmp_path / f"x.{ending}"
    lines = [json.dumps(one) for one in shapes]
    path.write_text("\n".join([*lines, "{broken"]) if ending == "jsonl" else f"[{','.join(lines)}]")
    found = list(read_all(path, format))
    assert any(isinstance(one, Skipped) for one in found)
    if format == "messages":
        assert isinstance(found[0], Document)
        assert len(found) == len(shapes) + (ending == "jsonl")


def call(messages: list[Any], *answers: str, **more: Any) -> dict[str, Any]:
    choices = [
        {"index": n, "message": {"role": "assistant", "content": one}, "finish_reason": "stop"}
        for n, one in enumerate(answers)
    ]
    usage = {"prompt_tokens": 5, "completion_tokens": 9}
    response = {"id": "r", "model": "m-1", "created": 1767225600, "choices": choices}
    return {
        "request": {"model": "m", "messages": messages, **more},
        "response": response | {"usage": usage},
    }


def test_recorded_calls_that_begin_alike_are_one_conversation(tmp_path: Path) -> None:
    system = {"role": "system", "content": "s"}
    follow = {"role": "user", "content": "then"}
    document = only(
        tmp_path,
        call([system, USER], "one", "two", temperature=0.5, seed=3, user="u"),
        call([system, USER], "one"),
        call([system, USER, {"role": "assistant", "content": "two"}, follow], "end"),
    )
    assert document.format == "openai_requests"
    assert said(document) == [
        (-1, "system", "s"),
        (0, "human", "q"),
        (1, "assistant", "one"),
        (1, "assistant", "two"),
        (1, "assistant", "one"),
        (3, "human", "then"),
        (5, "assistant", "end"),
    ]
    first, second = document.responses[2:4]
    assert (first.settings.temperature, first.settings.seed) == (0.5, 3)
    assert (first.model_name, first.finish_reason) == ("m-1", "stop")
    assert (first.usage.total_tokens, second.usage.total_tokens) == (14, 0)
    assert json.loads(first.origin.raw)["request"] == {"user": "u"}
    assert first.create_time.year == 2026


def test_a_shared_system_prompt_alone_joins_nothing(tmp_path: Path) -> None:
    system = {"role": "system", "content": "s"}
    other = {"role": "user", "content": "other"}
    assert len(read(tmp_path, call([system, USER], "a"), call([system, other], "b"))) == 2


def test_recorded_responses_go_on_from_the_one_before(tmp_path: Path) -> None:
    def response(id: str, *items: Any) -> dict[str, Any]:
        return {"id": id, "status": "completed", "model": "m", "output": list(items)}

    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}
    tool = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    text = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "ok"}],
    }
    result = {"type": "function_call_output", "call_id": "c1", "output": "4"}
    document = only(
        tmp_path,
        {
            "request": {"model": "m", "instructions": "s", "input": "q"},
            "response": response("r1", thought, tool),
        },
        {
            "request": {"model": "m", "input": [result], "previous_response_id": "r1"},
            "response": response("r2", thought, text),
        },
        {
            "request": {
                "model": "m",
                "instructions": "s",
                "input": [{"role": "user", "content": "q"}, thought, tool, result],
            },
            "response": response("r3", text),
        },
    )
    assert said(document) == [
        (-1, "system", "s"),
        (0, "human", "q"),
        (1, "assistant", ""),
        (2, "tool", "4"),
        (3, "assistant", "ok"),
        (3, "assistant", "ok"),
    ]
    called = document.responses[2]
    assert (called.reasoning, called.tool_calls[0].name, called.finish_reason) == (
        "hm",
        "f",
        "tool_calls",
    )
    assert document.responses[4].reasoning == "hm"


def test_batches_log_probabilities_and_failures(tmp_path: Path) -> None:
    token = {"token": "yes", "logprob": -0.1, "top_logprobs": [{"token": "no", "logprob": -2}]}
    body = call([USER], "yes")["response"]
    body["choices"][0]["logprobs"] = {"content": [token]}
    good = {
        "custom_id": "1",
        "body": {"messages": [USER]},
        "response": {"status_code": 200, "body": body},
    }
    bad = {
        "custom_id": "2",
        "body": {"messages": [USER]},
        "response": {"status_code": 500, "body": {"error": {"message": "down"}}},
    }
    document = only(tmp_path, good, bad)
    _, answer, failed = document.responses
    (found,) = document.logprobs[answer.response_id]
    assert (found.text, found.logprob, found.alternatives[0].text) == ("yes", -0.1, "no")
    assert (failed.partial, failed.finish_reason, failed.message) == (True, "failed", "")
    assert json.loads(failed.origin.raw) == {"error": {"message": "down"}}


def test_log_probabilities_of_minus_infinity_are_read_as_python_writes_them(
    tmp_path: Path,
) -> None:
    impossible = {"token": "no", "logprob": -math.inf}
    body = call([USER], "yes!")["response"]
    tokens = [{"token": "yes", "logprob": -0.1, "top_logprobs": [impossible]}]
    tokens += [{"token": "!", "logprob": -math.inf}]
    body["choices"][0]["logprobs"] = {"content": tokens}
    document = only(tmp_path, {"body": {"messages": [USER]}, "response": {"body": body}})
    assert document.logprobs[document.responses[1].response_id] == [
        TokenLogprob("yes", -0.1, (TokenAlternative("no", -math.inf),)),
        TokenLogprob("!", -math.inf, (), 3),
    ]


NAMES = st.sampled_from(
    [
        "messages", "conversations", "role", "from", "content", "value", "prompt",
        "chosen", "rejected", "completion", "completions", "labels", "label",
        "tool_calls", "function", "arguments", "name", "id", "type", "text", "request",
        "response", "body", "choices", "message", "output", "input", "usage", "model",
        "tools", "system", "nodes", "edges", "links", "source", "target", "graph",
        "thinking", "custom_id", "status_code", "error", "logprobs", "instructions",
        "previous_response_id", "image_url", "url",
    ]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["user", "assistant", "text", "reasoning", "function_call", "[1]", "{}", ""])
)
SHAPES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)


@pytest.mark.parametrize(
    "format", ["messages", "sharegpt", "preference", "openai_requests", "nodelink"]
)
@given(records=st.lists(SHAPES, max_size=3))
@settings(max_examples=25, deadline=None)
def test_whatever_a_record_is_nothing_crashes(format: str, records: list[Any]) -> None:
    content = json.dumps(records)
    if format == "nodelink":
        content = "\n".join(json.dumps(one) for one in records)
    found = list(read_all(io.BytesIO(content.encode()), format))
    if format in ("sharegpt", "preference"):
        assert len(found) == len(records)
