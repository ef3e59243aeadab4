"""What a server does with what the last one left behind."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from grok_tree.samplers import SamplerRegistry, ScriptedSampler
from grok_tree.service import Forests, SampleCommand, World, open_forests
from grok_tree.store import Store
from grok_tree.testing import FrozenClock
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


async def no_url(_share_id: str) -> str:
    return ""


def world(store: Store, clock: FrozenClock) -> World:
    samplers = SamplerRegistry([ScriptedSampler()])
    return World(store, samplers, "scripted/echo", no_url, clock=clock)


async def grow(forests: Forests) -> str:
    made = await forests.create_conversation("create")
    command = SampleCommand(
        request_id="turn",
        conversation_id=made.conversation_id,
        message="hello",
        model_name="scripted/hang",
        detach=True,
    )
    run = await forests.sample(command)
    return run.started.response_ids[0]


async def test_an_answer_that_grew_when_the_server_stopped_is_partial(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "forests.db")
    clock = FrozenClock()
    async with open_forests(world(store, clock)) as forests:
        answer = await grow(forests)
    async with open_forests(world(store, clock)) as forests:
        (kept,) = await forests.get_responses([answer])
    assert (kept.partial, kept.finish_reason) == (True, "cancelled")
    store.close()


async def test_a_request_id_is_forgotten_after_two_days(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "forests.db")
    clock = FrozenClock()
    async with open_forests(world(store, clock)) as forests:
        first = await forests.create_conversation("same")
        assert await forests.create_conversation("same") == first
    clock.advance(timedelta(hours=49).total_seconds())
    async with open_forests(world(store, clock)) as forests:
        with anyio.fail_after(PATIENCE_S):
            while (await forests.create_conversation("same")) == first:
                await anyio.lowlevel.checkpoint()
    store.close()
