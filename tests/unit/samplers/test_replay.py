"""A recorded forest answers in the place of its models, or says that it cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from grok_tree import AsyncClient
from grok_tree.errors import ModelNotFound, SamplerRefused
from grok_tree.forest import Settings
from grok_tree.formats import read_documents
from grok_tree.samplers import Recorded, ReplaySampler, Sampler, SamplerRegistry, ScriptedSampler
from grok_tree.server import ServerSettings, running_server
from grok_tree.testing import ends_of, prompt_of, sampled, text_of
from grok_tree.testing.contracts import OpenSampler, SamplerCase, SamplerContract

pytestmark = pytest.mark.anyio


def read(path: Path) -> Sequence[Recorded]:
    with path.open("rb") as file:
        return [Recorded(one.conversation, one.responses) for one in read_documents(file)]


@asynccontextmanager
async def client_of(folder: Path, *samplers: Sampler) -> AsyncIterator[AsyncClient]:
    """Give a client of a server whose database is new."""
    settings = ServerSettings(
        database=folder / "forests.db",
        samplers=lambda: SamplerRegistry([*samplers, ScriptedSampler()]),
    )
    async with (
        running_server(settings) as server,
        AsyncClient(server.address, mirror=False) as client,
    ):
        yield client


async def study(client: AsyncClient, model: str, export: Path | None = None) -> str:
    """Run a small study and return the hash of the forest that it grew."""
    conversation = client.grok.create_conversation(model_name=model, system_prompt="Be brief.")
    first = await conversation.add_response("Name things.", seed=3, temperature=0.5)
    await first.resample_many(4)
    await first.resample(seed=7)
    again = await first.reply("More?", max_tokens=3)
    await again.fork_at(5, " oh", n=2)
    await again.resample(system_prompt="Shout.")
    await conversation.refresh()
    if export:
        await conversation.export(export)
    return conversation.forest.content_hash


@pytest.fixture
async def recorded(tmp_path: Path) -> str:
    """Record the study, and return the hash of its forest."""
    async with client_of(tmp_path / "live") as client:
        return await study(client, "scripted/varied", tmp_path / "study.jsonl")


async def test_a_study_that_is_run_again_grows_the_same_forest(
    recorded: str, tmp_path: Path
) -> None:
    replay = ReplaySampler(read, folder=tmp_path)
    async with client_of(tmp_path / "again", replay) as client:
        assert await study(client, "replay/study.jsonl") == recorded
        assert await study(client, "replay/study.jsonl?mode=nearest") == recorded
        named = "replay/study.jsonl?model=scripted/varied"
        assert await study(client, named) == recorded


async def test_another_study_has_another_hash(recorded: str, tmp_path: Path) -> None:
    async with client_of(tmp_path / "other") as client:
        assert await study(client, "scripted/echo") != recorded


@pytest.mark.parametrize(
    ("message", "settings"),
    [
        ("Name other things.", Settings(seed=3, temperature=0.5)),
        ("Name things.", Settings(seed=4, temperature=0.5)),
        ("Name things.", Settings(seed=3)),
    ],
    ids=["another prompt", "another seed", "another temperature"],
)
async def test_what_was_not_recorded_fails_loudly(
    recorded: str, tmp_path: Path, message: str, settings: Settings
) -> None:
    del recorded
    replay = ReplaySampler(read, folder=tmp_path)
    asked = prompt_of(message, system="Be brief.")
    with pytest.raises(SamplerRefused, match=r"no answer was recorded.*mode=nearest"):
        await sampled(replay, "study.jsonl", asked, settings=settings)
    events = await sampled(replay, "study.jsonl?mode=nearest", asked, settings=settings)
    (end,) = ends_of(events)
    assert text_of(events)
    assert end.provenance["replayed"] != "exact"
    assert end.provenance["model"] == "scripted/varied"


async def test_another_system_prompt_is_another_prompt(recorded: str, tmp_path: Path) -> None:
    del recorded
    replay = ReplaySampler(read, folder=tmp_path)
    settings = Settings(seed=3, temperature=0.5)
    assert await sampled(
        replay, "study.jsonl", prompt_of("Name things.", system="Be brief."), settings=settings
    )
    with pytest.raises(SamplerRefused):
        await sampled(replay, "study.jsonl", prompt_of("Name things."), settings=settings)


async def test_without_a_seed_each_answer_is_given_once(tmp_path: Path, recorded: str) -> None:
    del recorded
    async with client_of(tmp_path / "more") as client:
        conversation = client.grok.create_conversation(model_name="scripted/varied")
        answer = await conversation.add_response("Go.")
        await answer.resample()
        await conversation.refresh()
        await conversation.export(tmp_path / "two.jsonl")
    replay = ReplaySampler(read, folder=tmp_path)
    for _ in range(2):
        assert await sampled(replay, "two.jsonl", prompt_of("Go."))
    with pytest.raises(SamplerRefused, match="all 2 answers"):
        await sampled(replay, "two.jsonl", prompt_of("Go."))


@pytest.mark.parametrize(
    "name",
    ["missing.jsonl", "../secret.jsonl", "live/forests.db", "study.jsonl?mode=loose", "", "."],
)
async def test_only_recordings_of_the_folder_are_read(
    recorded: str, tmp_path: Path, name: str
) -> None:
    del recorded
    (tmp_path / "folder").mkdir()
    (tmp_path / "secret.jsonl").write_text("{}")
    (tmp_path / "folder" / "study.jsonl").write_bytes((tmp_path / "study.jsonl").read_bytes())
    with pytest.raises(ModelNotFound, match="replay/"):
        ReplaySampler(read, folder=tmp_path / "folder").check(name, Settings(), 1)


async def test_a_damaged_recording_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "cut.jsonl").write_text('{"format":"grok_tree"')
    with pytest.raises(ModelNotFound, match="line 1"):
        await sampled(ReplaySampler(read, folder=tmp_path), "cut.jsonl", prompt_of("hello"))


async def test_the_recordings_of_the_folder_are_listed(recorded: str, tmp_path: Path) -> None:
    del recorded
    (model,) = ReplaySampler(read, folder=tmp_path).models()
    assert (model.name, model.available) == ("replay/study.jsonl", True)
    (none,) = ReplaySampler(read, folder=tmp_path / "live").models()
    assert not none.available


class TestReplay(SamplerContract):
    @pytest.fixture
    async def open_sampler(self, tmp_path: Path) -> OpenSampler:
        async with client_of(tmp_path / "live") as client:
            conversation = client.grok.create_conversation(model_name="scripted/varied")
            answer = await conversation.add_response("hello there")
            await answer.resample_many(3, seed=1)
            await conversation.refresh()
            await conversation.export(tmp_path / "greetings.jsonl")

        @asynccontextmanager
        async def opened() -> AsyncIterator[SamplerCase]:
            sampler = ReplaySampler(read, folder=tmp_path)
            await sampler.refresh()
            (listed,) = sampler.models()
            assert listed.name == "replay/greetings.jsonl"
            yield SamplerCase(sampler, "greetings.jsonl?mode=nearest", listed_as="greetings.jsonl")

        return opened
