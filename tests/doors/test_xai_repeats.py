"""What the official client sends again by itself is not sampled again."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from grok_tree.forest import SamplerEvent, Settings
from grok_tree.samplers import Prompt
from tests.doors._relay import Relay, relay
from tests.doors._xai_server import XaiModels, run_script, xai_door


class Waiting(XaiModels):
    """Begins to speak when the call has come for the second time."""

    between: Relay | None = None

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        between = self.between
        assert between is not None
        between.reached.set()
        await anyio.to_thread.run_sync(between.repeated.wait, 20)
        async for event in super().sample(model, prompt, settings, n):
            yield event


@pytest.fixture(scope="module")
def came(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What came out, how often a connection was cut, and what is kept."""
    folder: Path = tmp_path_factory.mktemp("door")
    model = Waiting()
    with xai_door(folder, model) as door, relay(door.server.address) as (host, between):
        model.between = between
        found = run_script(host, "repeated")
        page = door.portal.call(door.server.forests.list_conversations)
        kept = [one for made in page.conversations for one in door.forest(made.conversation_id)]
        return found, between, kept


def test_a_call_that_was_cut_is_answered_when_it_is_repeated(came: Any) -> None:
    found, between, _ = came
    for client in ("sync", "async"):
        answers = found[client]["repeated"]
        assert answers["sampled"]["content"] == f"you said: {'x' * 5_000}"
        assert answers["streamed"]["content"] == f"you said: {'y' * 5_000}"
    assert between.n_cut == 4


def test_a_repeated_call_is_sampled_once(came: Any) -> None:
    found, _, kept = came
    ids = [
        answer["id"]
        for client in ("sync", "async")
        for answer in found[client]["repeated"].values()
    ]
    answers = [one for one in kept if one.sender == "assistant"]
    assert sorted(one.response_id for one in answers) == sorted(ids)
    assert {one.finish_reason for one in answers} == {"stop"}
