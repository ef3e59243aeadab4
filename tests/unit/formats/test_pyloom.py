"""Trees of pyloom, in and out."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from grok_tree.forest import NO_TIME, Forest, Response, TokenAlternative, TokenLogprob
from grok_tree.formats import Document, Skipped, read_all, write
from grok_tree.testing import forest_from_names, forest_of
from tests.unit.formats._hostile import hostile_forest
from tests.unit.formats._made import by_key, raw_of, read_bytes, read_json, read_lines
from tests.unit.formats._random_forests import forests
from tests.unit.formats._samples import TREES, documents


def tree(id: str, *children: Any, **fields: Any) -> dict[str, Any]:
    return {"id": id, "text": id, "children": list(children), **fields}


def whole(root: Any, **beside: Any) -> dict[str, Any]:
    return {"root": root, **beside}


def parents(document: Document) -> dict[str | None, str | None]:
    """Return the id of each node to that of its parent."""
    by_id = {one.response_id: one.origin.original_id for one in document.responses}
    return {
        one.origin.original_id: None
        if one.parent_response_id is None
        else by_id[one.parent_response_id]
        for one in document.responses
    }


def test_sources_become_senders_and_times_are_read() -> None:
    (document,) = documents("pyloom/from_oasst.json")
    root, first, second = document.responses[:3]
    assert (root.message, root.sender, root.origin.flags) == ("", "human", ("empty",))
    assert [first.sender, second.sender] == ["human", "assistant"]
    assert document.responses[3].create_time == datetime(2023, 2, 11, 9, 8, 7, tzinfo=UTC)
    assert document.forest.leaf == first


def test_what_has_no_field_is_kept_once() -> None:
    (document,) = documents("pyloom/from_oasst.json")
    root, first = document.responses[:2]
    assert raw_of(root)["tree"]["generation_settings"]["temperature"] == 0.9
    assert raw_of(first) == {
        "open": True,
        "visited": True,
        "mutable": True,
        "meta": {"modified": False},
    }


def test_a_tree_without_authors_says_so_once() -> None:
    (document,) = documents("pyloom/simple_export.json")
    assert document.repair_counts == {"inferred_role": 1}


def test_a_list_of_nodes_has_several_roots() -> None:
    (document,) = read_json([tree("a", tree("b")), tree("c")])
    assert parents(document) == {"a": None, "b": "a", "c": None}


def test_lines_that_name_their_parents_are_a_tree() -> None:
    (document,) = read_lines(
        [
            {"id": "a", "text": "one", "parent_id": None},
            {"id": "c", "text": "three", "parent_id": "b"},
            {"id": "b", "text": "two", "parent_id": "a"},
        ]
    )
    assert parents(document) == {"a": None, "b": "a", "c": "b"}


def test_a_line_that_cannot_be_read_is_passed_over_and_named() -> None:
    content = b'{"id":"a","text":"x","parent_id":null}\noops\n{"id":"b","text":"y","parent_id":"a"}'
    (document,) = read_bytes(content)
    assert parents(document) == {"a": None, "b": "a"}
    assert "line 2" in document.repairs[0]


def test_a_chain_that_was_folded_into_one_node_is_unfolded() -> None:
    folded = {
        **tree("mask", tree("d", parent_id="mask"), parent_id="a", tags=["x"]),
        "masked_head": tree("b", tree("c", parent_id="b"), tree("b2", parent_id="b")),
        "tail_id": "c",
    }
    (document,) = read_json(whole(tree("a", folded), selected_node_id="mask"))
    assert parents(document) == {"a": None, "b": "a", "c": "b", "d": "c", "b2": "b"}
    assert document.forest.leaf == by_key(document)["c"]
    assert raw_of(by_key(document)["b"])["compound"] == [
        {"id": "mask", "tags": ["x"], "tail_id": "c"}
    ]


def test_folds_inside_of_folds_are_unfolded() -> None:
    inner = {**tree("m2"), "masked_head": tree("b", tree("c")), "tail_id": "c"}
    outer = {**tree("m1", tree("d")), "masked_head": inner, "tail_id": "m2"}
    (document,) = read_json(whole(tree("a", outer), selected_node_id="m1"))
    assert parents(document) == {"a": None, "b": "a", "c": "b", "d": "c"}
    assert document.forest.leaf == by_key(document)["c"]


def test_a_fold_without_an_end_keeps_its_children() -> None:
    folded = {**tree("mask", tree("d")), "masked_head": tree("b", tree("c")), "tail_id": "gone"}
    (document,) = read_json(whole(tree("a", folded)))
    assert parents(document) == {"a": None, "b": "a", "c": "b", "d": "b"}
    assert document.repair_counts["tail_unknown"] == 1


def answered(**changed: Any) -> dict[str, Any]:
    tokens = [
        {"generatedToken": {"token": "Hel", "logprob": -0.5}, "counterfactuals": None},
        {
            "generatedToken": {"token": "lo", "logprob": -1},
            "counterfactuals": {" x": -3.0, "p": -2.0},
        },
    ]
    completion = {"text": "Hello", "tokens": tokens, "finishReason": "length"}
    answer = {
        "id": "r",
        "model": "davinci",
        "timestamp": "2022-01-01",
        "prompt": {"text": "ay hi", "tokens": []},
        "completions": [{"text": "not used"}, completion],
    }
    node = tree("b", text="Hello", generation={"id": "r", "index": 1}, meta={"source": "AI"})
    root = tree("a", tree("a2", node | changed, text="hi"), text="say ")
    return whole(root, model_responses={"r": answer})


def test_what_a_model_said_has_its_model_reason_and_tokens() -> None:
    (document,) = read_json(answered())
    one = by_key(document)["b"]
    assert (one.sender, one.model_name, one.finish_reason) == ("assistant", "davinci", "length")
    assert document.logprobs[one.response_id] == [
        TokenLogprob("Hel", -0.5, (), 0),
        TokenLogprob("lo", -1, (TokenAlternative("p", -2), TokenAlternative(" x", -3)), 3),
    ]
    assert raw_of(one) == {"model_response": {"timestamp": "2022-01-01"}}


def test_answers_without_a_node_are_kept() -> None:
    (document,) = read_json(answered())
    kept = raw_of(document.responses[0])["tree"]["model_responses"]["r"]
    assert kept["completions"] == [{"text": "not used"}]


def test_tokens_of_a_text_that_was_edited_are_cut_and_named() -> None:
    (document,) = read_json(answered(text="Help"))
    one = by_key(document)["b"]
    assert document.logprobs[one.response_id] == [TokenLogprob("Hel", -0.5, (), 0)]
    assert document.repair_counts["logprobs_cut"] == 1
    assert raw_of(one)["sampled_text"] == "Hello"


def test_a_prompt_that_is_not_the_path_is_kept() -> None:
    found = answered()
    found["model_responses"]["r"]["prompt"]["text"] = "A memory.\nsay hi"
    (document,) = read_json(found)
    assert raw_of(by_key(document)["b"])["prompt"] == "A memory.\nsay hi"


def test_an_answer_inside_of_the_node_is_read_as_older_files_have_it() -> None:
    legacy = {
        "tokens": ["He", "y"],
        "token_logprobs": [-0.1, -0.2],
        "top_logprobs": [{"He": -0.1}, None],
    }
    meta = {"generation": {"model": "curie", "prompt": "a", "logprobs": legacy}}
    (document,) = read_json(whole(tree("a", tree("b", text="Hey", meta=meta))))
    one = by_key(document)["b"]
    assert (one.sender, one.model_name) == ("assistant", "curie")
    assert [token.text for token in document.logprobs[one.response_id]] == ["He", "y"]
    assert raw_of(one) == {}


def test_bookmarks_tags_notes_titles_and_contexts_are_fields() -> None:
    root = tree("a", tree("b", bookmark=True, tags=["z", "good"]), tags=["bookmark"], notes=["hm"])
    chapters = {"1": {"id": "1", "root_id": "a", "title": "Once"}}
    settings = {"global_context": "Be kind."}
    (document,) = read_json(whole(root, chapters=chapters, generation_settings=settings))
    marks = {key: one.marks for key, one in by_key(document).items()}
    assert (marks["a"].starred, marks["a"].tags, marks["a"].note) == (True, (), "hm")
    assert (marks["b"].starred, marks["b"].tags) == (True, ("good", "z"))
    assert document.conversation.title == "Once"
    assert document.conversation.system_prompt == "Be kind."


def test_how_the_program_looks_is_not_kept() -> None:
    (document,) = read_json(whole(tree("a"), preferences={"x": 1}, canonical=["a"]))
    assert raw_of(document.responses[0]) == {"tree": {"canonical": ["a"]}}


def test_a_child_that_is_no_object_is_kept() -> None:
    (document,) = read_json(whole(tree("a", 7, tree("b"))))
    assert [raw_of(one) for one in document.responses] == [{}, {"value": 7}, {}]
    assert document.repair_counts["node_unreadable"] == 1


def written(*several: Forest) -> bytes:
    file = io.BytesIO()
    write(several, file, "pyloom")
    return file.getvalue()


def shown(forest: Forest) -> list[Any]:
    """Return all that the format holds of a forest, siblings in their order."""
    return [_shown(forest, one) for one in forest.roots]


def _shown(forest: Forest, one: Response) -> list[Any]:
    """Return a subtree; random forests are never deep."""
    wrote = one.sender == "assistant"
    return [
        one.message,
        wrote,
        one.model_name if wrote else "",
        one.finish_reason if wrote else None,
        one.marks.starred,
        sorted(set(one.marks.tags)),
        one.marks.note,
        [_shown(forest, child) for child in forest.children(one.response_id)],
    ]


@given(forests())
def test_a_forest_comes_back_but_for_what_is_named(forest: Forest) -> None:
    (document,) = read_bytes(written(forest), "pyloom")
    assert shown(document.forest) == shown(forest)
    assert document.conversation.title == forest.conversation.title
    assert document.conversation.system_prompt == forest.conversation.system_prompt
    times: dict[str, datetime] = {one.response_id: one.create_time for one in forest}
    for one in document.responses:
        before = times[one.origin.original_id or ""]
        assert one.create_time in (NO_TIME, before.replace(microsecond=0)) or before == NO_TIME
    if forest.leaf is not None:
        assert document.forest.leaf is not None
        assert document.forest.leaf.origin.original_id == forest.leaf.response_id


def test_times_come_back_to_the_second() -> None:
    forest = forest_of("a>b")
    (document,) = read_bytes(written(forest), "pyloom")
    assert [one.create_time for one in document.responses] == [
        one.create_time.replace(microsecond=0) for one in forest
    ]


def test_several_conversations_follow_one_another() -> None:
    content = written(forest_of("a>b", title="one"), forest_of("", title="two"), forest_of("c, d"))
    found = read_bytes(content)
    assert [(one.conversation.title, one.counts.roots) for one in found] == [
        ("one", 1),
        ("two", 0),
        ("", 2),
    ]


def test_a_broken_line_does_not_stop_the_others() -> None:
    first, second = written(forest_of("a"), forest_of("b")).splitlines()
    found = list(read_all(io.BytesIO(first + b'\n{"root":7}\noops\n' + second)))
    assert [type(one) for one in found] == [Document, Skipped, Skipped, Document]


@pytest.mark.parametrize("name", ["pyloom/from_oasst.json", "pyloom/simple_export.json"])
def test_a_file_of_pyloom_comes_back_with_all_that_was_kept(name: str) -> None:
    (document,) = documents(name)
    (again,) = read_bytes(written(document.forest))
    assert [one.message for one in again.responses] == [one.message for one in document.responses]
    assert again.parents == document.parents
    for before, after in zip(document.responses[1:], again.responses[1:], strict=True):
        assert raw_of(before).items() <= raw_of(after).items()


def test_a_file_of_pyloom_is_written_as_it_was() -> None:
    (document,) = documents("pyloom/from_oasst.json")
    before = json.loads((TREES / "pyloom/from_oasst.json").read_bytes())
    after = json.loads(written(document.forest))
    assert before["root"]["children"] == after["root"]["children"]
    for name in ("canonical", "generation_settings", "selected_node_id", "tags"):
        assert before[name] == {**after, "generation_settings": before["generation_settings"]}[name]


def test_a_chain_of_2_000_is_written_and_read_although_it_is_nested() -> None:
    names: dict[str, str | None] = {"0": None}
    names |= {str(n): str(n - 1) for n in range(1, 2_000)}
    (document,) = read_bytes(written(forest_from_names(names)))
    assert document.counts.max_depth == 2_000


def test_hostile_texts_come_back() -> None:
    forest = hostile_forest()
    (document,) = read_bytes(written(forest), "pyloom")
    assert shown(document.forest) == shown(forest)
    assert document.conversation.title == forest.conversation.title
