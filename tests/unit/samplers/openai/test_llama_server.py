"""A server that we did not write: llama.cpp's own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import aiohttp
import anyio
import pytest

from grok_tree.errors import ContextTooLong, ModelNotFound
from grok_tree.forest import SamplerEvent, Settings, Token, Tool
from grok_tree.samplers import OpenAISampler, Prompt, RawPrompt, endpoint
from grok_tree.testing import ends_of, prompt_of, text_of
from tests.llama_server import MODEL, N_SLOTS
from tests.patience import PATIENCE_S

pytestmark = [pytest.mark.anyio, pytest.mark.local_model]
SHORT = "Answer in one short English sentence."
CAPITAL = prompt_of("What is the capital of France?", system=SHORT)


@pytest.fixture
async def sampler(llama_url: str) -> AsyncIterator[OpenAISampler]:
    made = OpenAISampler(endpoint("lab", {"base_url": llama_url, "server": "llama.cpp"}))
    yield made
    await made.aclose()


async def sampled(
    sampler: OpenAISampler, asked: Prompt = CAPITAL, *, n: int = 1, **settings: object
) -> list[SamplerEvent]:
    wanted = Settings(**settings)  # type: ignore[arg-type]
    return [event async for event in sampler.sample(MODEL, asked, wanted, n)]


async def test_it_lists_its_model_with_its_context(sampler: OpenAISampler) -> None:
    await sampler.refresh()
    (model,) = sampler.models()
    assert (model.name, model.context_length) == (f"lab/{MODEL}", 4_096)
    assert model.available


async def test_it_answers_and_says_what_it_took(sampler: OpenAISampler) -> None:
    events = await sampled(sampler, temperature=0.0, max_tokens=20)
    assert "Paris" in text_of(events)
    (end,) = ends_of(events)
    assert end.finish_reason == "stop"
    assert end.usage.prompt_tokens > 20
    assert not end.usage.estimated
    assert end.provenance["model"] == MODEL
    assert end.provenance["request_id"].startswith("chatcmpl-")
    assert "n_attempts" not in end.provenance


async def test_the_same_seed_gives_the_same_text(sampler: OpenAISampler) -> None:
    asked = prompt_of("Name a colour.", system="Answer with one word.")
    await sampled(sampler, asked, max_tokens=1)
    texts = [
        text_of(await sampled(sampler, asked, seed=5, temperature=1.0, max_tokens=8))
        for _ in range(2)
    ]
    assert texts[0] == texts[1]


async def test_siblings_of_one_request_count_their_seeds(sampler: OpenAISampler) -> None:
    asked = prompt_of("Name an animal.", system="Answer with one word.")
    await sampled(sampler, asked, max_tokens=1)
    together = await sampled(sampler, asked, n=3, seed=5, temperature=1.5, max_tokens=1)
    assert [end.provenance["seed"] for end in ends_of(together)] == ["5", "6", "7"]
    for index in range(3):
        alone = await sampled(sampler, asked, seed=5 + index, temperature=1.5, max_tokens=1)
        assert text_of(alone) == text_of(together, index)


async def test_more_siblings_than_it_has_slots_are_several_requests(
    sampler: OpenAISampler,
) -> None:
    events = await sampled(sampler, n=N_SLOTS + 2, max_tokens=2)
    assert [end.index for end in ends_of(events)] == list(range(N_SLOTS + 2))


async def test_tokens_have_log_probabilities_and_alternatives(sampler: OpenAISampler) -> None:
    events = await sampled(sampler, temperature=0.0, max_tokens=6, logprobs=True, top_logprobs=3)
    tokens = [event for event in events if isinstance(event, Token)]
    assert len(tokens) == 6
    for token in tokens:
        assert token.logprob is not None
        assert token.logprob.text == token.text == token.logprob.alternatives[0].text
        assert token.logprob.logprob == token.logprob.alternatives[0].logprob
        assert len(token.logprob.alternatives) == 3


async def test_an_answer_that_is_begun_is_continued(sampler: OpenAISampler) -> None:
    begun = prompt_of("What is the capital of France?", system=SHORT, prefill="The capital of")
    assert text_of(await sampled(sampler, begun, temperature=0.0)).startswith(" France")


async def test_an_answer_fits_a_schema(sampler: OpenAISampler) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}},
        "required": ["city"],
        "additionalProperties": False,
    }
    events = await sampled(
        sampler, response_format=json.dumps(schema), temperature=0.0, max_tokens=60
    )
    assert isinstance(json.loads(text_of(events))["city"], str)


async def test_tools_are_taken(sampler: OpenAISampler) -> None:
    tool = Tool(name="look_up", description="Looks up", parameters='{"type": "object"}')
    assert ends_of(await sampled(sampler, tools=(tool,), max_tokens=4))


async def test_all_settings_are_taken(sampler: OpenAISampler) -> None:
    events = await sampled(
        sampler,
        temperature=0.5,
        top_p=0.9,
        min_p=0.1,
        top_k=5,
        stop=("France",),
        frequency_penalty=0.1,
        presence_penalty=0.1,
        max_tokens=20,
    )
    assert "France" not in text_of(events)


async def test_it_continues_a_text_and_tokens(sampler: OpenAISampler) -> None:
    async def continued(raw: RawPrompt) -> list[SamplerEvent]:
        wanted = Settings(max_tokens=3, temperature=0.0, logprobs=True, top_logprobs=2)
        return [event async for event in sampler.complete(MODEL, raw, wanted, 1)]

    events = await continued(RawPrompt(("Once upon", " a")))
    assert text_of(events).startswith(" time,")
    (first, *_) = (event for event in events if isinstance(event, Token))
    assert first.logprob is not None
    assert len(first.logprob.alternatives) == 2
    assert text_of(await continued(RawPrompt(((6, 7), "Once upon"))))
    without = RawPrompt(("Once upon", " a"), disallowed_tokens=(655,))
    assert text_of(await continued(without)) != text_of(events)


async def test_texts_become_vectors(sampler: OpenAISampler) -> None:
    found = await sampler.embed(MODEL, ["the sky", "the sea", ""])
    assert [len(vector) for vector in found.vectors] == [576] * 3
    assert found.vectors[0] != found.vectors[1]
    assert found.usage.prompt_tokens > 0


async def test_a_path_that_does_not_fit_is_named(sampler: OpenAISampler) -> None:
    with pytest.raises(ContextTooLong, match="branch from an earlier response"):
        await sampled(sampler, prompt_of("word " * 5_000))


async def test_another_name_is_not_answered_by_its_only_model(sampler: OpenAISampler) -> None:
    with pytest.raises(ModelNotFound, match=f"there are: lab/{MODEL}"):
        await sampler.embed("other", ["text"])


async def test_leaving_frees_the_slot(sampler: OpenAISampler, llama_url: str) -> None:
    story = prompt_of("Tell me a very long story about a hedgehog.")
    stream = sampler.sample(MODEL, story, Settings(max_tokens=2_000), 2)
    async with aclosing(stream):
        assert isinstance(await anext(stream), Token)
        assert await n_busy(llama_url) == 2
    with anyio.fail_after(PATIENCE_S):
        while await n_busy(llama_url):
            pass


async def n_busy(llama_url: str) -> int:
    address = llama_url.removesuffix("/v1") + "/slots"
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        return sum(slot["is_processing"] for slot in await response.json())
