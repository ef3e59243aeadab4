"""The embedded model: a real one, so these tests say little about what it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import anyio
import pytest

from grok_tree.errors import ContextTooLong, ModelNotFound, SamplerUnavailable
from grok_tree.forest import Finished, SamplerEvent, Settings, Token
from grok_tree.samplers import LocalSampler, Prompt, Turn
from grok_tree.samplers._weights import missing_reason

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.local_model,
    pytest.mark.skipif(bool(missing_reason()), reason=missing_reason() or "it is there"),
]
NAME = "smollm2-135m"


@pytest.fixture(scope="module")
async def sampler() -> AsyncIterator[LocalSampler]:
    made = LocalSampler(choose_seed=lambda: 11)
    yield made
    await made.aclose()


def prompt(text: str, *, prefill: str = "") -> Prompt:
    turn = Turn("human", text)

    async def load() -> Sequence[Turn]:
        return [turn]

    return Prompt(turn, load, "Answer in one short English sentence.", prefill)


CAPITAL = prompt("What is the capital of France?")


async def events(
    sampler: LocalSampler, asked: Prompt = CAPITAL, *, n: int = 1, **settings: object
) -> list[SamplerEvent]:
    wanted = Settings(**settings)  # type: ignore[arg-type]
    return [event async for event in sampler.sample(NAME, asked, wanted, n)]


def text(found: list[SamplerEvent], index: int = 0) -> str:
    return "".join(e.text for e in found if isinstance(e, Token) and e.index == index)


async def test_it_answers(sampler: LocalSampler) -> None:
    found = await events(sampler, temperature=0.0)
    assert "Paris" in text(found)
    end = found[-1]
    assert isinstance(end, Finished)
    assert end.finish_reason == "stop"
    assert end.usage.prompt_tokens > 0
    assert end.provenance["quantisation"] == "Q8_0"


async def test_a_seed_gives_the_same_text_again(sampler: LocalSampler) -> None:
    first = await events(sampler, prompt("Tell me a story."), seed=5, max_tokens=12)
    again = await events(sampler, prompt("Tell me a story."), seed=5, max_tokens=12)
    assert text(first) == text(again)


async def test_siblings_use_the_seeds_that_follow(sampler: LocalSampler) -> None:
    found = await events(sampler, n=2, max_tokens=3)
    seeds = [e.provenance["seed"] for e in found if isinstance(e, Finished)]
    assert seeds == ["11", "12"]


async def test_max_tokens_ends_with_reason_length(sampler: LocalSampler) -> None:
    end = (await events(sampler, prompt("Tell me a story."), max_tokens=4))[-1]
    assert isinstance(end, Finished)
    assert (end.finish_reason, end.usage.completion_tokens) == ("length", 4)


async def test_log_probabilities_come_with_alternatives(sampler: LocalSampler) -> None:
    found = await events(sampler, logprobs=True, top_logprobs=3, max_tokens=4)
    tokens = [event for event in found if isinstance(event, Token)]
    assert all(token.logprob and token.logprob.logprob <= 0 for token in tokens)
    assert all(token.logprob and len(token.logprob.alternatives) == 3 for token in tokens)


async def test_a_given_beginning_is_continued_and_not_repeated(sampler: LocalSampler) -> None:
    asked = prompt("What is the capital of France?", prefill="The capital of France is")
    assert text(await events(sampler, asked, temperature=0.0)).strip().startswith("Paris")


async def test_a_stop_text_is_not_in_the_answer(sampler: LocalSampler) -> None:
    assert "France" not in text(await events(sampler, temperature=0.0, stop=("France",)))


async def test_cancelling_stops_the_model(sampler: LocalSampler) -> None:
    with anyio.fail_after(5), anyio.CancelScope() as scope:
        async for event in sampler.sample(
            NAME, prompt("Write a very long story."), Settings(max_tokens=5_000), 1
        ):
            if isinstance(event, Token):
                scope.cancel()
    assert scope.cancelled_caught
    # The one place at the model is free again.
    assert await events(sampler, max_tokens=1)


async def test_a_path_that_does_not_fit_says_what_to_do(sampler: LocalSampler) -> None:
    with pytest.raises(ContextTooLong, match="branch from an earlier response"):
        await events(sampler, prompt("word " * 9_000))


async def test_other_models_are_not_served(sampler: LocalSampler) -> None:
    with pytest.raises(ModelNotFound):
        await sampler.sample("gpt", CAPITAL, Settings(), 1).__anext__()


async def test_a_missing_model_file_is_named(tmp_path: Path) -> None:
    missing = LocalSampler(weights=tmp_path / "none.gguf")
    with pytest.raises(SamplerUnavailable, match=r"none\.gguf"):
        await missing.sample("none", CAPITAL, Settings(), 1).__anext__()
