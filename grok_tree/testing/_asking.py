"""Asking a sampler directly, without a server between."""

from __future__ import annotations

from collections.abc import Sequence

from grok_tree.forest import Finished, SamplerEvent, Settings, Token
from grok_tree.samplers import Prompt, Sampler, Turn


def prompt_of(*turns: Turn | str, system: str = "", prefill: str = "") -> Prompt:
    """Return a prompt over turns, root first; a text alone is a human turn."""
    path = [Turn("human", turn) if isinstance(turn, str) else turn for turn in turns]

    async def load() -> Sequence[Turn]:
        return path

    return Prompt(path[-1], load, system, prefill)


async def sampled(
    sampler: Sampler, model: str, asked: Prompt, *, n: int = 1, settings: Settings | None = None
) -> list[SamplerEvent]:
    """Return every event of a sampling."""
    return [event async for event in sampler.sample(model, asked, settings or Settings(), n)]


def text_of(events: Sequence[SamplerEvent], index: int = 0) -> str:
    """Return the message of one sibling."""
    return "".join(e.text for e in events if isinstance(e, Token) and e.index == index)


def ends_of(events: Sequence[SamplerEvent]) -> list[Finished]:
    """Return how the siblings ended, in order of index."""
    return sorted((e for e in events if isinstance(e, Finished)), key=lambda end: end.index)
