"""What the tests of samplers share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from grok_tree.samplers import XaiSampler
from tests.unit.samplers._xai_server import XaiServer, settled, xai_server


@pytest.fixture(scope="module")
async def one_loop() -> AsyncIterator[None]:
    """Keep the event loop for all tests of a module: gRPC tells of a call when it is over, too."""
    yield
    await settled()


@pytest.fixture
async def xai(one_loop: None) -> AsyncIterator[XaiServer]:  # noqa: ARG001
    """A server that speaks xAI's schema."""
    async with xai_server() as server:
        yield server


@pytest.fixture
async def grok(xai: XaiServer) -> AsyncIterator[XaiSampler]:
    """A sampler of that server."""
    sampler = xai.sampler()
    yield sampler
    await sampler.aclose()
