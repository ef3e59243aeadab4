"""The contract on samplers, over each that needs nothing but this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from grok_tree.samplers import LocalSampler, Sampler, ScriptedSampler
from grok_tree.testing.contracts import OpenSampler, SamplerCase, SamplerContract

pytestmark = pytest.mark.anyio


def opening(make: type[Sampler], model: str, *, embedding_model: str = "") -> OpenSampler:
    @asynccontextmanager
    async def opened() -> AsyncIterator[SamplerCase]:
        sampler = make()
        try:
            yield SamplerCase(sampler, model, embedding_model)
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


@pytest.mark.local_model
class TestLocal(SamplerContract):
    @pytest.fixture
    def open_sampler(self) -> OpenSampler:
        return opening(LocalSampler, "smollm2-135m")
