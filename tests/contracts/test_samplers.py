"""The contract on samplers, over each that needs nothing but this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from xai_sdk.proto import models_pb2

from grok_tree.samplers import LocalSampler, OpenAISampler, Sampler, ScriptedSampler, endpoint
from grok_tree.testing.contracts import OpenSampler, SamplerCase, SamplerContract
from tests import llama_server
from tests.unit.samplers._xai_server import MODEL, settled, xai_server

pytestmark = pytest.mark.anyio


def opening(
    make: Callable[[], Sampler],
    model: str,
    *,
    embedding_model: str = "",
    repeats_seeds: bool = True,
) -> OpenSampler:
    @asynccontextmanager
    async def opened() -> AsyncIterator[SamplerCase]:
        sampler = make()
        try:
            yield SamplerCase(sampler, model, embedding_model, repeats_seeds)
        finally:
            await sampler.aclose()

    return opened


class TestScripted(SamplerContract):
    @pytest.fixture
    def open_sampler(self) -> OpenSampler:
        return opening(ScriptedSampler, "echo")


class TestScriptedWithSeeds(SamplerContract):
    @pytest.fixture
    def open_sampler(self) -> OpenSampler:
        return opening(ScriptedSampler, "varied")


class TestXai(SamplerContract):
    @pytest.fixture(scope="class")
    async def one_loop(self) -> AsyncIterator[None]:
        """Keep the event loop: gRPC tells of a call when its test is over, too."""
        yield
        await settled()

    @pytest.fixture
    def open_sampler(self, one_loop: None) -> OpenSampler:  # noqa: ARG002
        @asynccontextmanager
        async def opened() -> AsyncIterator[SamplerCase]:
            async with xai_server() as server:
                server.embedding_models = [models_pb2.EmbeddingModel(name="embed")]
                sampler = server.sampler()
                try:
                    yield SamplerCase(sampler, MODEL, "embed")
                finally:
                    await sampler.aclose()

        return opened


@pytest.mark.local_model
class TestLocal(SamplerContract):
    """On one sampler for all tests but the one that closes it: to load a model takes long."""

    @pytest.fixture(scope="class")
    async def loaded(self) -> AsyncIterator[LocalSampler]:
        sampler = LocalSampler()
        yield sampler
        await sampler.aclose()

    @pytest.fixture
    def open_sampler(self, loaded: LocalSampler) -> OpenSampler:
        @asynccontextmanager
        async def opened() -> AsyncIterator[SamplerCase]:
            yield SamplerCase(loaded, "smollm2-135m", "minilm-l6")

        return opened

    async def test_a_closed_sampler_says_so(self, open_sampler: OpenSampler) -> None:
        del open_sampler
        own = opening(LocalSampler, "smollm2-135m", embedding_model="minilm-l6")
        await super().test_a_closed_sampler_says_so(own)


@pytest.mark.local_model
class TestOpenAI(SamplerContract):
    """Against llama.cpp's own server."""

    @pytest.fixture
    def open_sampler(self, llama_url: str) -> OpenSampler:
        model = llama_server.MODEL

        def make() -> Sampler:
            return OpenAISampler(endpoint("lab", {"base_url": llama_url, "server": "llama.cpp"}))

        # What is in its cache changes the last bits of its numbers.
        return opening(make, model, embedding_model=model, repeats_seeds=False)
