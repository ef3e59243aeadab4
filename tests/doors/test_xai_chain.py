"""A server can be the model of another one: the sampler for xAI meets the door for its clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from grok_tree import Client
from grok_tree.samplers import SamplerRegistry, SamplerSetup, XaiSampler
from grok_tree.samplers.xai import Configuration
from grok_tree.server import ServerSettings, running_server
from tests.doors._xai_server import XaiDoor, xai_door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[XaiDoor]:
    with xai_door(tmp_path) as running:
        yield running


@pytest.fixture
def client(door: XaiDoor, tmp_path: Path) -> Iterator[Client]:
    """A client of a server whose model is the door."""
    setup = SamplerSetup({}, {"host": door.server.address, "insecure": True})
    sampler = XaiSampler(Configuration.from_setup(setup))
    settings = ServerSettings(
        database=tmp_path / "second.db",
        samplers=lambda: SamplerRegistry([sampler]),
        model="xai/played/it",
    )
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running_server(settings)) as server,
        Client(server.address, mirror=False) as opened,
    ):
        yield opened


def test_both_servers_keep_the_same_forest(door: XaiDoor, client: Client) -> None:
    conversation = client.grok.create_conversation(system_prompt="Be brief.")
    first = conversation.add_response("hello", temperature=0.5).result()
    others = first.resample_many(2).result()
    second = others[1].reply("more").result()
    assert second.message == "you said: more"
    assert second.usage.cost_usd == pytest.approx(0.035)
    page = door.portal.call(door.server.forests.list_conversations)
    (upstream,) = page.conversations
    assert sorted(door.tree(upstream.conversation_id)) == [
        "/hello",
        *["/hello/you said: hello"] * 3,
        "/hello/you said: hello/more",
        "/hello/you said: hello/more/you said: more",
    ]
