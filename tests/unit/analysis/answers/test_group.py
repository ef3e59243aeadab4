"""Which answers a group has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grok_tree import AsyncClient, Client
from grok_tree.analysis import siblings
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.forest import (
    Conversation,
    ConversationId,
    Forest,
    HeldResponses,
    Response,
    ResponseId,
    Usage,
)
from grok_tree.testing import forest_from_parents, forest_of

_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_CONVERSATION = ConversationId("c")


def response(name: str, parent: str | None, **fields: Any) -> Response:
    return Response(
        response_id=ResponseId(name),
        conversation_id=_CONVERSATION,
        parent_response_id=None if parent is None else ResponseId(parent),
        message=fields.pop("message", name),
        create_time=_TIME,
        **fields,
    )


@pytest.fixture
def forest() -> Forest:
    responses = [
        response("q", None, sender="human"),
        response("a", "q", sender="assistant", finish_reason="stop", usage=Usage(prompt_tokens=4)),
        response("b", "q", sender="assistant", manual=True),
        response("tool", "q", sender="tool"),
        response(
            "c",
            "q",
            sender="assistant",
            finish_reason="length",
            usage=Usage(completion_tokens=6),
        ),
    ]
    conversation = Conversation(conversation_id=_CONVERSATION, create_time=_TIME, modify_time=_TIME)
    return Forest(conversation, [-1, 0, 0, 0, 0], HeldResponses(responses))


def test_the_group_is_the_response_and_its_siblings_of_the_same_sender(forest: Forest) -> None:
    group = siblings("c", forest=forest)
    assert (group.texts, group.n_left_out) == (("a", "c"), 1)
    assert siblings("b", forest=forest).texts == ("a", "c")
    assert siblings(forest["a"], forest=forest, manual=True).texts == ("a", "b", "c")
    assert siblings("tool", forest=forest).texts == ("tool",)
    assert "1 by hand left out" in str(group)


def test_finish_reasons_and_tokens_are_counted_where_they_are_known(forest: Forest) -> None:
    group = siblings("c", forest=forest)
    assert {reason: share.value for reason, share in group.finish_reasons.items()} == {
        "length": 0.5,
        "stop": 0.5,
    }
    assert group.tokens is not None
    assert (group.tokens.mean.value, group.tokens.mean.n) == (6, 1)
    names = [row["statistic"] for row in group.to_records()]
    assert {"finish_length", "finish_stop", "tokens"} <= set(names)
    assert siblings(["a"]).tokens is None
    assert siblings(["a"]).finish_reasons == {}


def test_human_responses_and_roots_have_siblings_too() -> None:
    forest = forest_of("q>a>r, a>s, t>u")
    assert siblings("r", forest=forest).texts == ("r", "s")
    assert siblings("t", forest=forest).texts == ("q", "t")


def test_a_sequence_is_exactly_the_group(forest: Forest) -> None:
    assert siblings([forest["c"], forest["b"]]).texts == ("c", "b")
    assert siblings(forest.responses).texts == ("q", "a", "b", "tool", "c")
    assert siblings(("x", "y")).responses is None


def test_what_is_no_group_is_refused(forest: Forest) -> None:
    with pytest.raises(ResponseNotFound):
        siblings("nobody", forest=forest)
    with pytest.raises(InvalidOperationError, match="do not say where they are; give forest="):
        siblings("a")
    with pytest.raises(InvalidOperationError, match="1 texts among 2"):
        siblings(["a", forest["b"]])
    with pytest.raises(InvalidOperationError, match="float is no response"):
        siblings(1.5)  # type: ignore[arg-type]


def test_a_fork_of_100_000_and_a_thousand_answers_are_ordinary() -> None:
    forest = forest_from_parents([-1, *[0] * 100_000])
    group = siblings(forest.responses.ids[5], forest=forest)
    assert len(group) == 100_000
    assert group.words.mean.value == 2
    assert group.distinct[0].value == pytest.approx(100_001 / 200_000)
    assert group.n_clusters.value == 100_000


def test_answers_of_a_client_are_taken_with_their_log_probabilities(tmp_path: Path) -> None:
    with Client(database=tmp_path / "forests.db", model="scripted/varied") as client:
        conversation = client.grok.create_conversation()
        answer = conversation.add_response("hello", seed=1, logprobs=True).result()
        others = answer.resample_many(5, logprobs=True).result()
        group = siblings(answer)
        assert group.texts == tuple(one.message for one in [answer, *others])
        assert siblings(others).texts == group.texts[1:]
        assert group.first_difference is not None
        assert (group.logprobs is None) == (not answer.logprobs())


@pytest.mark.anyio
async def test_log_probabilities_that_nobody_can_wait_for_are_asked_for(tmp_path: Path) -> None:
    async with AsyncClient(database=tmp_path / "forests.db", model="scripted/varied") as client:
        conversation = client.grok.create_conversation()
        answer = await conversation.add_response("hello")
        await answer.resample_many(2)
        assert len(siblings(answer)) == 3
        names = {row["statistic"] for row in siblings(answer).to_records()}
        assert "words" in names
        assert "perplexity" not in names
        with pytest.raises(InvalidOperationError, match="load_logprobs"):
            siblings(answer).logprobs  # noqa: B018 - it raises
