"""What is stored of a resumed response, and what is refused before anything is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from grok_tree import errors
from grok_tree.forest import (
    ConversationChange,
    Ended,
    Model,
    Origin,
    Response,
    SamplingEvent,
    Settings,
    Token,
)
from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, SampleCommand, SamplingRun, World, open_forests
from grok_tree.store import Store
from tests.unit.service.conftest import share_url

pytestmark = pytest.mark.anyio


class Forgetful(ScriptedSampler):
    """Cannot be given the beginning of an answer."""

    provider = "forgetful"

    def models(self) -> Sequence[Model]:
        return [
            msgspec.structs.replace(
                model, name=f"forgetful/{model.name.partition('/')[2]}", capabilities=("seed",)
            )
            for model in super().models()
        ]


async def everything(run: SamplingRun) -> list[SamplingEvent]:
    return [event async for batch in run.follow() for event in batch]


async def cut(forests: Forests, conversation: str, **options: object) -> Response:
    command = {"request_id": "cut", "conversation_id": conversation, "message": "hi"}
    model = {"model_name": "scripted/fail-2"}
    run = await forests.sample(SampleCommand(**{**command, **model, **options}))  # type: ignore[arg-type]
    (ended,) = [event for event in await everything(run) if isinstance(event, Ended)]
    return ended.response


def resume(partial: Response, **options: object) -> SampleCommand:
    command = {
        "request_id": "resume",
        "conversation_id": partial.conversation_id,
        "parent_response_id": partial.parent_response_id,
        "model_name": "scripted/words-4",
        "origin": Origin(kind="resumed", of=partial.response_id),
    }
    return SampleCommand(**{**command, **options})  # type: ignore[arg-type]


async def test_the_first_token_is_what_was_there(forests: Forests, conversation: str) -> None:
    partial = await cut(forests, conversation)
    events = await everything(await forests.sample(resume(partial)))
    tokens = [event for event in events if isinstance(event, Token)]
    assert (tokens[0].text, tokens[0].offset) == ("word1 word2", 0)
    assert "".join(token.text for token in tokens[1:]) == " word3 word4"
    assert isinstance(events[-1], Ended)
    assert events[-1].response.message == "word1 word2 word3 word4"
    assert events[-1].response.usage.completion_tokens == 2
    assert events[-1].response.origin.offset == len("word1 word2")


async def test_what_was_there_is_kept_from_the_beginning(
    forests: Forests, conversation: str
) -> None:
    partial = await cut(forests, conversation)
    run = await forests.sample(resume(partial, model_name="scripted/hang"))
    (growing,) = await forests.get_responses(run.started.response_ids)
    assert (growing.message, growing.partial) == ("word1 word2", True)
    run.cancel()
    await everything(run)


async def test_log_probabilities_are_where_the_new_text_is(
    forests: Forests, conversation: str
) -> None:
    partial = await cut(forests, conversation)
    command = resume(partial, settings=Settings(logprobs=True))
    events = await everything(await forests.sample(command))
    assert isinstance(events[-1], Ended)
    whole = events[-1].response
    kept = await forests.get_logprobs(whole.response_id)
    assert [(one.offset, one.text) for one in kept] == [(11, " word3"), (17, " word4")]


async def test_an_empty_partial_is_begun_by_any_model(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "forests.db")
    samplers = SamplerRegistry([ScriptedSampler(), Forgetful()])
    world = World(store, samplers, "scripted/echo", share_url)
    async with open_forests(world) as forests:
        made = (await forests.create_conversation("create")).conversation_id
        empty = await cut(forests, made, model_name="scripted/fail-0")
        run = await forests.sample(resume(empty, model_name="forgetful/words-4"))
        events = await everything(run)
        assert isinstance(events[-1], Ended)
        assert events[-1].response.message == "word1 word2 word3 word4"

        before = await forests.get_conversation(made)
        partial = await cut(forests, made, request_id="second")
        refused = resume(partial, request_id="third", model_name="forgetful/echo")
        with pytest.raises(errors.SamplerRefused, match="'prefill'"):
            await forests.sample(refused)
        assert (await forests.get_conversation(made)).n_responses == before.n_responses + 2
    store.close()


async def test_a_resume_says_nothing_else(forests: Forests, conversation: str) -> None:
    partial = await cut(forests, conversation)
    for options in ({"message": "more"}, {"parent_response_id": partial.response_id}):
        with pytest.raises(errors.InvalidOperationError, match="below its own parent"):
            await forests.sample(resume(partial, **options))


@pytest.mark.parametrize("name", ["scripted/nonsense", "local/nonsense", "nobody/knows"])
async def test_a_conversation_keeps_no_model_that_does_not_exist(
    forests: Forests, conversation: str, name: str
) -> None:
    with pytest.raises(errors.ModelNotFound, match=name):
        await forests.create_conversation("other", model_name=name)
    change = ConversationChange(model_name=name)
    with pytest.raises(errors.ModelNotFound):
        await forests.update_conversation("update", conversation, change)
    assert (await forests.get_conversation(conversation)).model_name == ""


async def test_a_conversation_may_keep_a_model_that_refuses(
    forests: Forests, conversation: str
) -> None:
    change = ConversationChange(model_name="scripted/refuse")
    updated = await forests.update_conversation("update", conversation, change)
    assert updated.model_name == "scripted/refuse"
