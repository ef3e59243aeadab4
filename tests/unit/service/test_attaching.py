"""Following a sampling that somebody else began, from any place, running or ended."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from grok_tree import errors
from grok_tree.forest import Ended, SamplingEvent, Started, Token
from grok_tree.service import Forests, SampleCommand, SamplingRun

pytestmark = pytest.mark.anyio


def turn(conversation: str, message: str = "one two three", **options: object) -> SampleCommand:
    command = {"request_id": "turn-1", "conversation_id": conversation, "message": message}
    return SampleCommand(**{**command, **options})  # type: ignore[arg-type]


async def everything(run: SamplingRun, from_characters: Sequence[int] = ()) -> list[SamplingEvent]:
    return [event async for batch in run.follow(from_characters) for event in batch]


def texts(events: list[SamplingEvent], index: int = 0) -> str:
    return "".join(e.text for e in events if isinstance(e, Token) and e.index == index)


def answers(events: list[SamplingEvent]) -> list[str]:
    return [event.response.response_id for event in events if isinstance(event, Ended)]


async def test_the_request_that_began_a_sampling_names_it(
    forests: Forests, conversation: str
) -> None:
    run = await forests.sample(turn(conversation, request_id="mine"))
    assert run.sampling_id == "mine"
    await everything(run)


@pytest.mark.parametrize("by", ["sampling_id", "response_id"])
async def test_a_running_sampling_is_followed_by_any_of_its_names(
    forests: Forests, conversation: str, by: str
) -> None:
    run = await forests.sample(turn(conversation, model_name="scripted/hang", n=2))
    name = {"sampling_id": "turn-1", "response_id": run.started.response_ids[1]}[by]
    attached = await forests.attach_sampling(**{by: name})
    run.cancel()
    assert await everything(attached) == await everything(run)


@pytest.mark.parametrize("n_had", [0, 1, 5, 9, 19, 500])
async def test_what_a_follower_has_is_left_out(
    forests: Forests, conversation: str, n_had: int
) -> None:
    message = "echo: one two three"
    running = await everything(await forests.sample(turn(conversation)), [n_had])
    ended = await everything(await forests.attach_sampling(sampling_id="turn-1"), [n_had])
    assert texts(running) == texts(ended) == message[n_had:]
    first = next((event for event in running if isinstance(event, Token)), None)
    assert first is None or first.offset == n_had
    assert answers(running) == answers(ended)


async def test_each_sibling_is_followed_from_its_own_place(
    forests: Forests, conversation: str
) -> None:
    events = await everything(await forests.sample(turn(conversation, n=3)), [0, 6])
    assert [texts(events, index) for index in range(3)] == [
        "echo: one two three",
        "one two three",
        "echo: one two three",
    ]


async def test_an_ended_sampling_has_the_events_of_a_running_one(
    forests: Forests, conversation: str
) -> None:
    live = await everything(await forests.sample(turn(conversation, n=2)))
    again = await everything(await forests.attach_sampling(sampling_id="turn-1"))
    assert isinstance(again[0], Started)
    assert again[0] == live[0]
    assert [texts(again, index) for index in (0, 1)] == [texts(live, index) for index in (0, 1)]
    assert sorted(answers(again)) == sorted(answers(live))


async def test_of_an_ended_sampling_a_response_gives_itself_alone(
    forests: Forests, conversation: str
) -> None:
    live = await everything(await forests.sample(turn(conversation, n=3)))
    wanted = answers(live)[1]
    again = await everything(await forests.attach_sampling(response_id=wanted))
    assert answers(again) == [wanted]
    assert texts(again) == "echo: one two three"


async def test_a_failed_sampling_says_afterwards_that_it_failed(
    forests: Forests, conversation: str
) -> None:
    live = await everything(await forests.sample(turn(conversation, model_name="scripted/fail-2")))
    again = await everything(await forests.attach_sampling(sampling_id="turn-1"))
    assert isinstance(again[-1], Ended)
    assert isinstance(again[-1].error, errors.SamplingInterrupted)
    assert again[-1].error.partial == texts(live) == "word1 word2"
    assert again[-1].error.response_id == again[-1].response.response_id


async def test_a_cancelled_sampling_did_not_fail(forests: Forests, conversation: str) -> None:
    run = await forests.sample(turn(conversation, model_name="scripted/hang"))
    run.cancel()
    await everything(run)
    again = await everything(await forests.attach_sampling(sampling_id="turn-1"))
    assert isinstance(again[-1], Ended)
    assert again[-1].error is None
    assert again[-1].response.finish_reason == "cancelled"


async def test_a_long_answer_is_replayed_in_pieces(forests: Forests, conversation: str) -> None:
    await everything(await forests.sample(turn(conversation, model_name="scripted/words-20000")))
    again = await everything(await forests.attach_sampling(sampling_id="turn-1"))
    pieces = [event for event in again if isinstance(event, Token)]
    assert len(pieces) > 1
    assert [p.offset for p in pieces] == [
        sum(len(q.text) for q in pieces[:i]) for i in range(len(pieces))
    ]
    assert isinstance(again[-1], Ended)
    assert texts(again) == again[-1].response.message


async def test_an_unknown_sampling_is_named(forests: Forests, conversation: str) -> None:
    with pytest.raises(errors.SamplingNotFound, match="nobody"):
        await forests.attach_sampling(sampling_id="nobody")
    with pytest.raises(errors.SamplingNotFound, match="create"):
        await forests.attach_sampling(sampling_id="create")
    del conversation


async def test_only_answers_can_be_followed(forests: Forests, conversation: str) -> None:
    events = await everything(await forests.sample(turn(conversation)))
    assert isinstance(events[0], Started)
    assert events[0].human_response is not None
    with pytest.raises(errors.InvalidOperationError, match="of the human"):
        await forests.attach_sampling(response_id=events[0].human_response.response_id)
    with pytest.raises(errors.ResponseNotFound):
        await forests.attach_sampling(response_id="01900000-0000-7000-8000-00000000dead")


@pytest.mark.parametrize("names", [{}, {"sampling_id": "a", "response_id": "b"}])
async def test_a_sampling_has_one_name(forests: Forests, names: dict[str, str]) -> None:
    with pytest.raises(errors.InvalidOperationError, match="either"):
        await forests.attach_sampling(**names)
