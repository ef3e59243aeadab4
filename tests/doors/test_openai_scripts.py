"""A script of five turns, with resamples and edits, leaves the forest that it means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.doors._openai_served import Served, in_own_process, served

CHAT = r"""
import json, sys
import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[0] + "chat")
raw = client.chat.completions.with_raw_response

def ask(messages):
    answer = raw.create(model="scripted/echo", messages=messages)
    conversations.add(answer.headers["x-grok-tree-conversation"])
    return answer.parse().choices[0].message

conversations = set()
messages = [{"role": "system", "content": "Be brief."}]
for turn in range(1, 6):
    messages.append({"role": "user", "content": f"turn {turn}"})
    samples = [ask(messages) for _ in range(3 if turn in (2, 4) else 1)]
    messages.append(samples[len(samples) // 2])
    if turn == 3:
        # Another question in the place of the one before, and the answer written by hand.
        edited = [*messages[:-2], {"role": "user", "content": "edit 3"}]
        ask(edited)
        by_hand = {**messages[-1].model_dump(), "content": "by hand"}
        ask([*messages[:-1], by_hand, {"role": "user", "content": "turn 4"}])
print(json.dumps(sorted(conversations)))
"""

RESPONSES = r"""
import json, sys
import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key="responses")
raw = client.responses.with_raw_response

def ask(text, previous):
    known = {"previous_response_id": previous} if previous else {}
    answer = raw.create(model="scripted/echo", input=text, instructions="Be brief.", **known)
    conversations.add(answer.headers["x-grok-tree-conversation"])
    return answer.parse().id

conversations, previous = set(), None
for turn in range(1, 6):
    before = previous
    samples = [ask(f"turn {turn}", before) for _ in range(3 if turn in (2, 4) else 1)]
    previous = samples[len(samples) // 2]
    if turn == 3:
        ask("edit 3", before)
        by_hand = {"role": "assistant", "id": previous.replace("resp_", "msg_"),
                   "type": "message", "status": "completed",
                   "content": [{"type": "output_text", "text": "by hand", "annotations": []}]}
        ask([{"role": "user", "content": "turn 3"}, by_hand,
             {"role": "user", "content": "turn 4"}], before)
print(json.dumps(sorted(conversations)))
"""


def expected() -> list[str]:
    """The paths of all responses: three samples of turns 2 and 4, an edit of each kind at 3."""
    paths = ["/turn 1", "/turn 1/echo: turn 1"]
    begin = paths[-1]
    paths += [f"{begin}/turn 2", *[f"{begin}/turn 2/echo: turn 2"] * 3]
    begin = paths[-1]
    paths += [f"{begin}/turn 3", f"{begin}/turn 3/echo: turn 3"]
    paths += [f"{begin}/edit 3", f"{begin}/edit 3/echo: edit 3"]
    by_hand = f"{begin}/turn 3/by hand"
    paths += [by_hand, f"{by_hand}/turn 4", f"{by_hand}/turn 4/echo: turn 4"]
    begin = f"{begin}/turn 3/echo: turn 3"
    paths += [f"{begin}/turn 4", *[f"{begin}/turn 4/echo: turn 4"] * 3]
    begin = paths[-1]
    paths += [f"{begin}/turn 5", f"{begin}/turn 5/echo: turn 5"]
    return sorted(paths)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("scripts")) as running:
        yield running


@pytest.mark.parametrize("script", [CHAT, RESPONSES], ids=["chat", "responses"])
def test_five_turns_with_resamples_and_edits_are_one_forest(server: Served, script: str) -> None:
    (conversation,) = in_own_process(script, server.url)
    assert server.tree(conversation) == expected()
    forest = server.forest(conversation)
    edited = [one for one in forest if one.message == "by hand"]
    assert [(one.manual, one.origin.kind) for one in edited] == [(True, "replaced")]
    # The middle one of three equal answers is what was gone on from.
    turn_2 = [one for one in forest if one.message == "echo: turn 2"]
    below: dict[Any, list[str]] = {
        answer.response_id: [
            one.message for one in forest if one.parent_response_id == answer.response_id
        ]
        for answer in turn_2
    }
    assert sorted(map(len, below.values())) == [0, 0, 2]
    assert len(below[turn_2[1].response_id]) == 2
