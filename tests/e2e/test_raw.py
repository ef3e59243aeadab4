"""What works without a conversation: continuing a text, turning texts into vectors."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from grok_tree import AsyncClient, Client
from grok_tree.errors import BudgetExhausted, InvalidOperationError, SamplerRefused, SamplingError
from grok_tree.forest import (
    Finished,
    SamplerEvent,
    Settings,
    Token,
    TokenAlternative,
    TokenLogprob,
    Usage,
)
from grok_tree.samplers import Embeddings, RawPrompt
from grok_tree.testing import PlayedSampler, running_server
from tests.faults._watched import watched_server
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

LOGPROB = TokenLogprob(" four", -0.5, (TokenAlternative(" five", -1.0),))


class RawSampler(PlayedSampler):
    """Continues texts and makes vectors, as it is told to."""

    def __init__(self, *events: SamplerEvent, endless: bool = False) -> None:
        super().__init__(())
        self._events = events
        self._endless = endless
        self.asked: list[tuple[RawPrompt, Settings]] = []
        self.left = anyio.Event()

    async def complete(
        self, model: str, prompt: RawPrompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        del model, n
        self.asked.append((prompt, settings))
        try:
            for event in self._events:
                yield event
            while self._endless:
                yield Token(" more")
                await anyio.lowlevel.checkpoint()
        finally:
            self.left.set()
        yield Finished(finish_reason="length", usage=Usage(completion_tokens=2, cost_usd=0.25))

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        usage = Usage(prompt_tokens=len(texts))
        return Embeddings([(float(len(text)), 1.0) for text in texts], model, usage)


@asynccontextmanager
async def client_of(folder: Path, sampler: RawSampler) -> AsyncIterator[AsyncClient]:
    async with (
        watched_server(folder / "forests.db", sampler) as server,
        AsyncClient(server.address, mirror=False, initial_rng_seed=40) as client,
    ):
        yield client


async def test_texts_and_vectors_count_in_a_budget(tmp_path: Path) -> None:
    async with (
        watched_server(tmp_path / "forests.db", RawSampler(Token(" four"))) as server,
        AsyncClient(server.address, mirror=False, max_tokens=1000) as client,
    ):
        whole = await client.sampler.sample("one two three", max_len=9)
        await client.embedder.embed(["a text", "another"])
        spent = await client.budget()
        with pytest.raises(BudgetExhausted):
            await client.sampler.sample("one two three", max_len=990)
        with pytest.raises(BudgetExhausted):
            await client.embedder.embed(["long " * 200])
        after = await client.budget()
    assert whole.usage.cost_usd == 0.25
    assert whole.provenance["price"] == "provider"
    assert spent is not None
    assert (spent.spent_tokens, spent.reserved_tokens) == (2 + 2, 0)
    assert after == spent


async def test_a_text_that_is_left_is_counted_by_an_estimate(tmp_path: Path) -> None:
    sampler = RawSampler(Token(" four"), endless=True)
    async with (
        watched_server(tmp_path / "forests.db", sampler) as server,
        AsyncClient(server.address, mirror=False, max_tokens=1000) as client,
    ):
        async with client.sampler.sample("one two three", max_len=9) as continuation:
            async for _ in continuation:
                break
        with anyio.fail_after(PATIENCE_S):
            while True:
                spent = await client.budget()
                assert spent is not None
                if not spent.reserved_tokens:
                    break
    assert spent.spent_tokens >= 20


async def test_a_text_is_continued_with_probabilities(tmp_path: Path) -> None:
    sampler = RawSampler(Token(" four", logprob=LOGPROB), Token(" five"))
    async with client_of(tmp_path, sampler) as client:
        continuation = client.sampler.sample("one two three", inputs=[[5, 6]], top_logprobs=1)
        tokens = [token async for token in continuation]
        whole = await continuation
    assert [(token.text, token.offset) for token in tokens] == [(" four", 0), (" five", 5)]
    assert tokens[0].logprob == LOGPROB
    assert whole.text == " four five"
    assert whole.tokens == tuple(tokens)
    assert (whole.finish_reason, whole.usage.cost_usd) == ("length", 0.25)


async def test_every_option_reaches_the_sampler(tmp_path: Path) -> None:
    sampler = RawSampler()
    async with client_of(tmp_path, sampler) as client:
        await client.sampler.sample("one")
        await client.sampler.sample(
            inputs=["one", (7, 8)],
            max_len=3,
            temperature=0.0,
            nucleus_p=0.5,
            top_k=9,
            stop_tokens=["."],
            stop_strings=["end"],
            allowed_tokens=["a", 5],
            disallowed_tokens=[6, "b"],
        )
    (first, plain), (second, settings) = sampler.asked
    assert first == RawPrompt(("one",))
    assert plain == Settings(temperature=0.7, top_p=0.95, max_tokens=256, seed=40)
    assert second == RawPrompt(("one", (7, 8)), (".",), ("a", 5), (6, "b"))
    assert settings == Settings(
        temperature=0.0, top_p=0.5, top_k=9, max_tokens=3, seed=41, stop=("end",)
    )


async def test_leaving_a_continuation_stops_the_model(tmp_path: Path) -> None:
    sampler = RawSampler(endless=True)
    async with client_of(tmp_path, sampler) as client:
        async with client.sampler.sample("one") as continuation:
            assert (await anext(continuation)).text == " more"
        with anyio.fail_after(PATIENCE_S):
            await sampler.left.wait()


async def test_nothing_to_continue_and_bad_inputs_are_refused(tmp_path: Path) -> None:
    async with client_of(tmp_path, RawSampler()) as client:
        with pytest.raises(InvalidOperationError, match="nothing to continue"):
            client.sampler.sample()
        with pytest.raises(InvalidOperationError, match="an input is bytes"):
            client.sampler.sample(inputs=[b"pixels"])
        with pytest.raises(InvalidOperationError, match="temperature"):
            client.sampler.sample("one", temperature=-1)
        with pytest.raises(TypeError, match="max_tokens"):
            client.sampler.sample("one", max_tokens=1)  # type: ignore[call-arg]


async def test_a_model_that_cannot_says_so(tmp_path: Path) -> None:
    async with client_of(tmp_path, RawSampler()) as client:
        with pytest.raises(SamplerRefused, match="completion"):
            await client.sampler.sample("one", model_name="scripted/echo")
        with pytest.raises(SamplerRefused, match="embeddings"):
            await client.embedder.embed(["one"], "scripted/echo")


async def test_a_failure_in_the_middle_is_raised_after_what_came(tmp_path: Path) -> None:
    class Failing(RawSampler):
        async def complete(
            self, model: str, prompt: RawPrompt, settings: Settings, n: int
        ) -> AsyncGenerator[SamplerEvent, None]:
            del model, prompt, settings, n
            yield Token("half")
            raise SamplingError("the model failed; sample again")

    async with client_of(tmp_path, Failing()) as client:
        continuation = client.sampler.sample("one")
        assert (await anext(continuation)).text == "half"
        with pytest.raises(SamplingError, match="sample again"):
            await anext(continuation)


async def test_many_texts_become_vectors_in_their_order(tmp_path: Path) -> None:
    texts = ["x" * (number % 7) for number in range(1_000)]
    async with client_of(tmp_path, RawSampler()) as client:
        found = await client.embedder.embed(texts)
        assert [vector[0] for vector in found] == [float(len(text)) for text in texts]
        assert (found.model, found.usage.prompt_tokens) == ("it", 1_000)
        assert len(await client.embedder.embed([])) == 0
        with pytest.raises(InvalidOperationError, match="list of texts"):
            await client.embedder.embed("one text")


def test_the_same_in_a_blocking_program(tmp_path: Path) -> None:
    with (
        running_server(tmp_path / "forests.db", model="scripted/echo") as server,
        Client(server.address, mirror=False) as client,
    ):
        with pytest.raises(SamplerRefused, match="completion"):
            client.sampler.sample("one").result()
        with pytest.raises(SamplerRefused, match="embeddings"):
            client.embedder.embed(["one"], "scripted/echo")
