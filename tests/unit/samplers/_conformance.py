"""What every sampler must do, whichever model stands behind it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

import pytest

from grok_tree.errors import ModelNotFound
from grok_tree.forest import Finished, SamplerEvent, Settings, Token
from grok_tree.samplers import Prompt, Sampler, Turn


def prompt(*turns: Turn | str, system: str = "", prefill: str = "") -> Prompt:
    """Return a prompt over turns; a text alone is a human turn."""
    path = [Turn("human", turn) if isinstance(turn, str) else turn for turn in turns]

    async def load() -> Sequence[Turn]:
        return path

    return Prompt(path[-1], load, system, prefill)


async def sampled(
    sampler: Sampler, model: str, asked: Prompt, *, n: int = 1, settings: Settings | None = None
) -> list[SamplerEvent]:
    """Return every event of a sampling."""
    return [event async for event in sampler.sample(model, asked, settings or Settings(), n)]


def text(events: Sequence[SamplerEvent], index: int = 0) -> str:
    """Return the message of one sibling."""
    return "".join(e.text for e in events if isinstance(e, Token) and e.index == index)


def ends(events: Sequence[SamplerEvent]) -> list[Finished]:
    """Return how the siblings ended, in order of index."""
    return sorted((e for e in events if isinstance(e, Finished)), key=lambda end: end.index)


async def check_sampler(sampler: Sampler, model: str) -> None:
    """Check that a sampler keeps the contract; `model` answers at least two words to a greeting."""
    _check_models(sampler, model)
    await _check_siblings(sampler, model)
    await _check_limits(sampler, model)
    await _check_leaving(sampler, model)


def _check_models(sampler: Sampler, model: str) -> None:
    listed = {found.name: found for found in sampler.models()}
    assert listed[f"{sampler.provider}/{model}"].available
    assert all(name.startswith(f"{sampler.provider}/") for name in listed)
    sampler.check(model, Settings(), 1)
    with pytest.raises(ModelNotFound):
        sampler.check("no-such-model", Settings(), 1)


async def _check_siblings(sampler: Sampler, model: str) -> None:
    events = await sampled(
        sampler, model, prompt("hello there"), n=3, settings=Settings(max_tokens=4)
    )
    assert [end.index for end in ends(events)] == [0, 1, 2]
    for index in range(3):
        own = [event for event in events if event.index == index]
        assert isinstance(own[-1], Finished), "nothing comes after the end"
        assert text(events, index)
        assert text(events, index).encode().decode() == text(events, index)
        assert own[-1].usage.completion_tokens <= 4
        assert all(isinstance(value, str) for value in own[-1].provenance.values())


async def _check_limits(sampler: Sampler, model: str) -> None:
    events = await sampled(sampler, model, prompt("hello there"), settings=Settings(max_tokens=1))
    assert ends(events)[0].finish_reason == "length"
    assert ends(events)[0].usage.completion_tokens == 1


async def _check_leaving(sampler: Sampler, model: str) -> None:
    """A reader that leaves at the first token frees the model for the next one."""
    settings = Settings(max_tokens=2_000)
    async with aclosing(sampler.sample(model, prompt("hello there"), settings, 2)) as stream:
        assert isinstance(await anext(stream), Token)
    assert ends(await sampled(sampler, model, prompt("hello"), settings=Settings(max_tokens=1)))
