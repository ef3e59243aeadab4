"""What a sampling stores, and what its readers see."""

from __future__ import annotations

from contextlib import aclosing

import anyio
import pytest

from grok_tree import errors
from grok_tree.forest import Ended, SamplingEvent, Settings, Started, Token
from grok_tree.service import Forests, SampleCommand, SamplingRun
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


def turn(conversation: str, message: str = "hi", **options: object) -> SampleCommand:
    command = {"request_id": "turn-1", "conversation_id": conversation, "message": message}
    return SampleCommand(**{**command, **options})  # type: ignore[arg-type]


async def everything(run: SamplingRun) -> list[SamplingEvent]:
    return [event async for batch in run.follow() for event in batch]


def texts(events: list[SamplingEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token))


async def test_a_turn_is_started_then_tokens_then_ended(
    forests: Forests, conversation: str
) -> None:
    events = await everything(await forests.sample(turn(conversation)))
    started, ended = events[0], events[-1]
    assert isinstance(started, Started)
    assert started.human_response is not None
    assert isinstance(ended, Ended)
    assert ended.response.message == texts(events) == "echo: hi"
    assert ended.response.parent_response_id == started.human_response.response_id
    assert not ended.response.partial


async def test_the_leaf_moves_to_the_answer(forests: Forests, conversation: str) -> None:
    events = await everything(await forests.sample(turn(conversation)))
    found = await forests.get_conversation(conversation)
    assert isinstance(events[-1], Ended)
    assert found.leaf_response_id == events[-1].response.response_id


async def test_the_leaf_stays_when_the_model_fails(forests: Forests, conversation: str) -> None:
    command = turn(conversation, model_name="scripted/fail-2")
    events = await everything(await forests.sample(command))
    assert isinstance(events[-1], Ended)
    assert isinstance(events[-1].error, errors.SamplingError)
    assert events[-1].error.partial == events[-1].response.message == texts(events)
    assert events[-1].response.partial
    assert events[-1].response.finish_reason == "failed"
    assert (await forests.get_conversation(conversation)).leaf_response_id is None


async def test_a_repeated_request_follows_the_running_sampling(
    forests: Forests, conversation: str
) -> None:
    command = turn(conversation, model_name="scripted/hang")
    first = await forests.sample(command)
    assert await forests.sample(command) is first
    first.cancel()
    assert isinstance((await everything(first))[-1], Ended)


async def test_a_repeated_request_gives_what_was_stored(
    forests: Forests, conversation: str
) -> None:
    first = await everything(await forests.sample(turn(conversation, n=3)))
    again = await everything(await forests.sample(turn(conversation, n=3)))
    assert first[0] == again[0]
    ended = {event.index: event for event in first if isinstance(event, Ended)}
    assert ended == {event.index: event for event in again if isinstance(event, Ended)}
    assert (await forests.get_conversation(conversation)).n_responses == 4


async def test_a_request_id_is_refused_for_another_request(
    forests: Forests, conversation: str
) -> None:
    await everything(await forests.sample(turn(conversation)))
    with pytest.raises(errors.InvalidOperationError, match="used before"):
        await forests.sample(turn(conversation, "other"))


async def test_cancelling_keeps_what_came(forests: Forests, conversation: str) -> None:
    run = await forests.sample(turn(conversation, model_name="scripted/hang"))
    events: list[SamplingEvent] = []
    async for batch in run.follow():
        events += batch
        if texts(events):
            await forests.cancel_sampling(run.sampling_id)
    assert isinstance(events[-1], Ended)
    assert events[-1].error is None
    assert events[-1].response.finish_reason == "cancelled"
    assert events[-1].response.partial
    assert events[-1].response.message == texts(events)


async def first_token(run: SamplingRun) -> None:
    async with aclosing(run.follow()) as batches:
        async for batch in batches:
            if texts(batch):
                return


async def test_the_last_reader_to_leave_stops_the_model(
    forests: Forests, conversation: str
) -> None:
    run = await forests.sample(turn(conversation, model_name="scripted/hang"))
    await first_token(run)
    events = await everything(run)
    assert isinstance(events[-1], Ended)
    assert events[-1].response.finish_reason == "disconnected"


async def test_a_detached_sampling_goes_on_without_readers(
    forests: Forests, conversation: str
) -> None:
    command = turn(conversation, model_name="scripted/words-50", detach=True)
    run = await forests.sample(command)
    await first_token(run)
    events = await everything(run)
    assert isinstance(events[-1], Ended)
    assert events[-1].response.finish_reason == "stop"


async def test_a_caller_who_leaves_at_once_leaves_no_growing_response(
    forests: Forests, conversation: str
) -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await forests.sample(turn(conversation, model_name="scripted/hang"))
    with anyio.fail_after(PATIENCE_S):
        while True:
            pages = [page async for page in forests.iter_changes(conversation, 0)]
            answers = [r for page in pages for r in page.responses if r.sender == "assistant"]
            if all(answer.finish_reason for answer in answers):
                break
            await anyio.lowlevel.checkpoint()


async def test_log_probabilities_are_kept_with_their_offsets(
    forests: Forests, conversation: str
) -> None:
    settings = Settings(logprobs=True, top_logprobs=2)
    command = turn(conversation, "a b", model_name="scripted/logprobs", settings=settings)
    events = await everything(await forests.sample(command))
    assert isinstance(events[-1], Ended)
    response = events[-1].response
    kept = await forests.get_logprobs(response.response_id)
    assert [response.message[one.offset :].startswith(one.text) for one in kept] == [True] * len(
        kept
    )
    assert "".join(one.text for one in kept) == response.message


async def test_an_unknown_model_stores_nothing(forests: Forests, conversation: str) -> None:
    with pytest.raises(errors.ModelNotFound):
        await forests.sample(turn(conversation, model_name="nobody/knows"))
    assert (await forests.get_conversation(conversation)).n_responses == 0


async def test_the_first_sibling_that_succeeds_is_the_leaf(
    forests: Forests, conversation: str
) -> None:
    events = await everything(await forests.sample(turn(conversation, n=4)))
    started = events[0]
    assert isinstance(started, Started)
    found = await forests.get_conversation(conversation)
    assert found.leaf_response_id == started.response_ids[0]


async def test_a_sampling_may_leave_the_leaf_where_it_is(
    forests: Forests, conversation: str
) -> None:
    await everything(await forests.sample(turn(conversation, keep_leaf=True)))
    assert (await forests.get_conversation(conversation)).leaf_response_id is None


async def test_each_sibling_is_asked_with_its_own_seed(forests: Forests, conversation: str) -> None:
    command = turn(conversation, n=3, settings=Settings(seed=40))
    events = await everything(await forests.sample(command))
    seeds = {e.index: e.response.settings.seed for e in events if isinstance(e, Ended)}
    assert seeds == {0: 40, 1: 41, 2: 42}
