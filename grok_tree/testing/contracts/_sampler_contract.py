"""What every sampler must do, whichever models stand behind it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass

import anyio
import pytest

from grok_tree.errors import GrokTreeError, ModelNotFound, SamplerRefused
from grok_tree.forest import Finished, SamplerEvent, Settings, Token, Tool
from grok_tree.samplers import (
    CAPABILITIES,
    Capability,
    Completer,
    Embedder,
    RawPrompt,
    Sampler,
    Tokenizer,
    capabilities_of,
)
from grok_tree.testing._asking import ends_of, prompt_of, sampled, text_of

GREETING = "hello there"
LIMIT = 8
"""Tokens of most answers here, so that a slow model is quick enough."""

LONGEST_S = 20.0

NEEDING: dict[Capability, Settings] = {
    "logprobs": Settings(logprobs=True),
    "min_p": Settings(min_p=0.1),
    "penalties": Settings(presence_penalty=0.5),
    "reasoning_effort": Settings(reasoning_effort="low"),
    "seed": Settings(seed=1),
    "server_tools": Settings(tools=(Tool(kind="web_search"),)),
    "stop": Settings(stop=("\n",)),
    "structured": Settings(response_format="json"),
    "tools": Settings(tools=(Tool(name="look", parameters='{"type": "object"}'),)),
    "top_k": Settings(top_k=5),
}
"""Settings that ask for one capability each."""


@dataclass(frozen=True)
class SamplerCase:
    """A sampler, and a model of it that answers at least two tokens to a greeting.

    Attributes:
        sampler: The sampler.
        model: The model, without the provider.
        embedding_model: A model that turns texts into vectors; empty for none.
        repeats_seeds: Whether the same seed must give the same text.
        listed_as: The model's name where models are listed; empty for the same.
    """

    sampler: Sampler
    model: str
    embedding_model: str = ""
    repeats_seeds: bool = True
    listed_as: str = ""

    @property
    def can(self) -> frozenset[str]:
        """What the model can do."""
        return capabilities_of(self.sampler, self.model)


OpenSampler = Callable[[], AbstractAsyncContextManager[SamplerCase]]
"""Opens a case, and closes its sampler when the block is left."""


class SamplerContract:
    """Subclass it and give the fixture ``open_sampler``, an `OpenSampler`.

    Runs under the anyio plugin of pytest; the classes must be marked ``anyio``.
    """

    async def test_its_models_are_listed_with_what_they_can_do(
        self, open_sampler: OpenSampler
    ) -> None:
        async with open_sampler() as case:
            await case.sampler.refresh()
            listed = {found.name: found for found in case.sampler.models()}
            own = listed[f"{case.sampler.provider}/{case.listed_as or case.model}"]
            assert own.available, own.unavailable_because
            assert all(name.startswith(f"{case.sampler.provider}/") for name in listed)
            known = set(CAPABILITIES)
            assert all(set(found.capabilities) <= known for found in listed.values())

    async def test_a_model_that_is_not_there_is_refused(self, open_sampler: OpenSampler) -> None:
        async with open_sampler() as case:
            with pytest.raises(ModelNotFound, match="no-such-model"):
                await _ask_for(case.sampler, "no-such-model")

    async def test_siblings_each_end_once_and_last(self, open_sampler: OpenSampler) -> None:
        async with open_sampler() as case:
            events = await sampled(
                case.sampler, case.model, prompt_of(GREETING), n=3, settings=limited(4)
            )
            assert [end.index for end in ends_of(events)] == [0, 1, 2]
            for index in range(3):
                own = [event for event in events if event.index == index]
                assert isinstance(own[-1], Finished), "nothing comes after the end"
                assert text_of(events, index)
                assert text_of(events, index).encode().decode() == text_of(events, index)
                assert 1 <= own[-1].usage.completion_tokens <= 4
                assert all(isinstance(one, str) for one in own[-1].provenance.values())

    async def test_a_limit_is_kept_and_named(self, open_sampler: OpenSampler) -> None:
        async with open_sampler() as case:
            events = await sampled(
                case.sampler, case.model, prompt_of(GREETING), settings=limited(1)
            )
            (end,) = ends_of(events)
            assert end.finish_reason == "length"
            assert end.usage.completion_tokens == 1

    async def test_leaving_at_the_first_token_frees_the_model(
        self, open_sampler: OpenSampler
    ) -> None:
        async with open_sampler() as case:
            endless = limited(2_000)
            stream = case.sampler.sample(case.model, prompt_of(GREETING), endless, 2)
            with anyio.fail_after(LONGEST_S):
                async with aclosing(stream):
                    assert isinstance(await anext(stream), Token)
                assert ends_of(await _few(case))

    async def test_cancelling_the_reader_frees_the_model(self, open_sampler: OpenSampler) -> None:
        async with open_sampler() as case:
            begun = anyio.Event()

            async def read() -> None:
                stream = case.sampler.sample(case.model, prompt_of(GREETING), limited(2_000), 1)
                async with aclosing(stream):
                    async for _ in stream:
                        begun.set()

            with anyio.fail_after(LONGEST_S):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(read)
                    await begun.wait()
                    tasks.cancel_scope.cancel()
                assert ends_of(await _few(case))

    async def test_many_samplings_at_once_do_not_mix(self, open_sampler: OpenSampler) -> None:
        async with open_sampler() as case:
            ended: list[int] = []

            async def ask() -> None:
                ended.extend(end.index for end in ends_of(await _few(case, n=2)))

            async with anyio.create_task_group() as tasks:
                for _ in range(4):
                    tasks.start_soon(ask)
            assert sorted(ended) == [0] * 4 + [1] * 4

    @pytest.mark.parametrize("capability", NEEDING)
    async def test_what_it_cannot_do_is_refused_before_anything_is_spent(
        self, open_sampler: OpenSampler, capability: Capability
    ) -> None:
        async with open_sampler() as case:
            if capability in case.can:
                case.sampler.check(case.model, NEEDING[capability], 1)
                return
            with pytest.raises(SamplerRefused, match=capability):
                case.sampler.check(case.model, NEEDING[capability], 1)

    async def test_every_token_has_its_logprob_and_alternatives(
        self, open_sampler: OpenSampler
    ) -> None:
        async with open_sampler() as case:
            _need(case, "logprobs")
            asked = Settings(max_tokens=LIMIT, logprobs=True, top_logprobs=3)
            events = await sampled(case.sampler, case.model, prompt_of(GREETING), settings=asked)
            tokens = [event for event in events if isinstance(event, Token)]
            assert tokens
            for token in tokens:
                assert token.logprob is not None
                assert token.logprob.text == token.text
                assert token.logprob.logprob <= 0
                others = [other.logprob for other in token.logprob.alternatives]
                assert 1 <= len(others) <= 3
                assert others == sorted(others, reverse=True)

    async def test_a_seed_gives_the_same_text_again(self, open_sampler: OpenSampler) -> None:
        async with open_sampler() as case:
            _need(case, "seed")
            if not case.repeats_seeds:
                pytest.skip("its provider promises no more than to try")
            asked = Settings(max_tokens=LIMIT, seed=11, temperature=1.0)
            ask = prompt_of(GREETING)
            once = await sampled(case.sampler, case.model, ask, n=3, settings=asked)
            again = await sampled(case.sampler, case.model, ask, n=3, settings=asked)
            assert [text_of(once, index) for index in range(3)] == [
                text_of(again, index) for index in range(3)
            ]
            third = Settings(max_tokens=LIMIT, seed=13, temperature=1.0)
            alone = await sampled(case.sampler, case.model, ask, settings=third)
            assert text_of(alone) == text_of(once, 2), "sibling i uses seed + i"

    async def test_a_stop_text_ends_the_answer_and_is_not_part_of_it(
        self, open_sampler: OpenSampler
    ) -> None:
        async with open_sampler() as case:
            _need(case, "stop")
            asked = Settings(max_tokens=LIMIT, temperature=0.0)
            whole = text_of(
                await sampled(case.sampler, case.model, prompt_of(GREETING), settings=asked)
            )
            stop = whole[len(whole) // 2]
            cut = Settings(max_tokens=LIMIT, temperature=0.0, stop=(stop,))
            events = await sampled(case.sampler, case.model, prompt_of(GREETING), settings=cut)
            assert text_of(events) == whole.partition(stop)[0]
            assert ends_of(events)[0].finish_reason == "stop"

    async def test_a_begun_answer_is_continued_and_not_repeated(
        self, open_sampler: OpenSampler
    ) -> None:
        async with open_sampler() as case:
            _need(case, "prefill")
            begun = "Hello! I am"
            asked = prompt_of(GREETING, prefill=begun)
            events = await sampled(case.sampler, case.model, asked, settings=limited(LIMIT))
            assert text_of(events)
            assert not text_of(events).startswith(begun)

    async def test_it_continues_any_text(self, open_sampler: OpenSampler) -> None:
        async with open_sampler() as case:
            _need(case, "completion")
            assert isinstance(case.sampler, Completer)
            raw = RawPrompt(("one two three",))
            stream = case.sampler.complete(case.model, raw, limited(LIMIT), 2)
            events = [event async for event in stream]
            assert [end.index for end in ends_of(events)] == [0, 1]
            assert text_of(events, 0)

    async def test_it_turns_texts_into_vectors(self, open_sampler: OpenSampler) -> None:
        async with open_sampler() as case:
            if not case.embedding_model:
                pytest.skip("it has no model for that")
            assert isinstance(case.sampler, Embedder)
            found = await case.sampler.embed(case.embedding_model, ["a sky", "a sea", ""])
            assert len(found.vectors) == 3
            assert len({len(vector) for vector in found.vectors}) == 1
            assert found.model

    @pytest.mark.parametrize("text", ["one two three", "h\u00e9llo \U0001f333"])
    async def test_it_says_of_what_tokens_a_text_consists(
        self, open_sampler: OpenSampler, text: str
    ) -> None:
        async with open_sampler() as case:
            _need(case, "tokenizer")
            assert isinstance(case.sampler, Tokenizer)
            tokens = await case.sampler.tokenize(case.model, text)
            assert len(tokens) > 1
            assert b"".join(token.data for token in tokens).decode() == text
            assert await case.sampler.tokenize(case.model, text) == tokens

    async def test_a_closed_sampler_says_so(self, open_sampler: OpenSampler) -> None:
        async with open_sampler() as case:
            stream = case.sampler.sample(case.model, prompt_of(GREETING), limited(2_000), 1)
            async with aclosing(stream):
                await anext(stream)
                with anyio.fail_after(LONGEST_S):
                    await case.sampler.aclose()
                    await _to_its_end(stream)


def limited(n: int) -> Settings:
    """Return settings that allow n tokens."""
    return Settings(max_tokens=n)


def _need(case: SamplerCase, capability: Capability) -> None:
    if capability not in case.can:
        pytest.skip(f"{case.model} cannot do {capability}")


async def _ask_for(sampler: Sampler, model: str) -> None:
    """Check and sample: what only a provider can know is refused when it is asked."""
    sampler.check(model, Settings(), 1)
    await sampled(sampler, model, prompt_of(GREETING))


async def _few(case: SamplerCase, n: int = 1) -> list[SamplerEvent]:
    return await sampled(case.sampler, case.model, prompt_of("hello"), n=n, settings=limited(2))


async def _to_its_end(stream: AsyncGenerator[SamplerEvent, None]) -> None:
    """Read on: an error of ours is as good as an end."""
    try:
        async for _ in stream:
            pass
    except GrokTreeError:
        return
