"""What the tests of samplers share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from grok_tree.samplers import XaiSampler
from tests.unit.samplers._xai_server import XaiServer, xai_server


@pytest.fixture
async def xai() -> AsyncIterator[XaiServer]:
    """A server that speaks xAI's schema."""
    async with xai_server() as server:
        yield server


@pytest.fixture
async def grok(xai: XaiServer) -> AsyncIterator[XaiSampler]:
    """A sampler of that server."""
    sampler = xai.sampler()
    yield sampler
    await sampler.aclose()
