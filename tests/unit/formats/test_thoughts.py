"""Logs of tree-of-thought experiments."""

from __future__ import annotations

import io
import json

from grok_tree.formats import Document, Skipped, read_all
from tests.unit.formats._made import raw_of, read_json
from tests.unit.formats._samples import EXPECTED, TREES, documents

SAMPLE = "tree_of_thoughts/game24_bfs_first5.json"


def _record(*steps: dict[str, object], **more: object) -> dict[str, object]:
    return {"idx": 7, "steps": list(steps), "ys": [], **more}


def test_each_state_is_a_response_below_the_one_it_extends() -> None:
    records = json.loads((TREES / SAMPLE).read_text("utf-8"))
    found = documents(SAMPLE)
    assert len(found) == EXPECTED[SAMPLE]["records"]
    for document, record in zip(found, records, strict=True):
        states = [state for step in record["steps"] for state in step["new_ys"]]
        assert document.counts.nodes == 1 + len(states)
        assert document.counts.roots == 1
        told = []
        for one in document.responses[1:]:
            path = document.forest.path(one.response_id)
            told.append("".join(each.message for each in path[1:]))
        assert told == states
        selected = [one for one in document.responses if "selected" in one.origin.provenance]
        assert len(selected) == sum(len(step["select_new_ys"]) for step in record["steps"])


def test_values_are_scores() -> None:
    first = documents(SAMPLE)[0]
    assert first.responses[0].message == "4 5 6 10"
    assert first.conversation.title == "900: 4 5 6 10"
    assert first.responses[1].marks.scores == {"value": 3.0}
    final = [one for one in first.responses if "final" in one.origin.provenance]
    assert [one.marks.scores["info.r"] for one in final] == [1, 1, 0, 0, 0]
    assert raw_of(first.responses[0])["usage_so_far"]["completion_tokens"] == 9161


def test_equal_states_are_several_samples() -> None:
    steps = [
        {"step": 0, "x": "Q", "ys": [""], "new_ys": ["a", "a", "ab"], "values": [1, 2]},
        {"step": 1, "x": "Q", "ys": ["a", "ab"], "new_ys": ["ab", "abc"], "values": [None, "x"]},
    ]
    (found,) = read_json([_record(*steps, ys=["abc", "elsewhere"], infos=[{"r": True}])])
    assert [one.message for one in found.responses] == ["Q", "a", "a", "ab", "", "c", "elsewhere"]
    assert found.parents == [-1, 0, 0, 0, 3, 3, 0]
    assert found.responses[5].marks.scores == {"info.r": 1.0}


def test_a_depth_first_step_extends_the_one_without_its_last_action() -> None:
    def step(number: int, *actions: str) -> dict[str, object]:
        info = {"r_word": number / 10, "board": "x"}
        return {"total_step": number, "env_step": 1, "actions": actions, "info": info, "count": {}}

    puzzle = [step(0, "h1"), step(1, "h1", "v2"), step(2, "h1", "v3"), step(3, "h4", "h5", "v6")]
    (found,) = read_json([puzzle])
    assert found.parents == [-1, 0, 0, -1]
    assert [one.message for one in found.responses] == ["h1", "v2", "v3", "h4\nh5\nv6"]
    assert found.responses[1].marks.scores == {"r_word": 0.1}
    assert raw_of(found.responses[1]) == {"env_step": 1, "info": {"board": "x"}}


def test_a_number_too_large_for_a_score_is_none() -> None:
    step = {"step": 0, "x": "Q", "ys": [""], "new_ys": ["a", "b"], "values": [10**400, 2]}
    (found,) = read_json([_record(step)])
    assert [one.marks.scores for one in found.responses] == [{}, {}, {"value": 2.0}]


def test_dirty_records_do_not_stop_the_others() -> None:
    good = _record({"ys": 3, "new_ys": ["a", 5, None], "values": "x", "step": None})
    data = json.dumps([good, 3, {"steps": 1}, [1], {"steps": [4], "ys": ["b"], "infos": 3}])
    found = list(read_all(io.BytesIO(data.encode()), "tree_of_thoughts"))
    assert [type(one) for one in found] == [Document, Skipped, Skipped, Skipped, Document]
