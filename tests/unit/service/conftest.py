"""The use cases over a fresh database and the scripted sampler."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, World, open_forests
from grok_tree.store import Store


async def share_url(share_id: str) -> str:
    return f"http://127.0.0.1/s/{share_id}"


@pytest.fixture
async def forests(tmp_path: Path) -> AsyncIterator[Forests]:
    store = Store.open(tmp_path / "forests.db")
    world = World(store, SamplerRegistry([ScriptedSampler()]), "scripted/echo", share_url)
    try:
        async with open_forests(world) as opened:
            yield opened
    finally:
        store.close()


@pytest.fixture
async def conversation(forests: Forests) -> str:
    return (await forests.create_conversation("create")).conversation_id
