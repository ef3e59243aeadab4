"""What a shared beginning saves: siblings of the embedded model, and a tree of them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

from benchmarks._measure import Row, compared
from grok_tree.forest import Finished, SamplerEvent, Settings, Token
from grok_tree.samplers import LocalSampler, Prompt, RawPrompt, Turn

MODEL = "smollm2-135m"
N, N_TOKENS, N_PREFIX = 8, 64, 1_500
DEPTH, BRANCHING, KEPT = 6, 4, 2
_WORDS = ("forest", "answer", "light", "water", "stone", "number", "music", "river", "winter")


def rows(*, quick: bool) -> list[Row]:
    """Measure siblings from nothing and below a parent, and the prompts of an exploration."""
    rounds, n_prefix, depth = (1, 300, 3) if quick else (3, N_PREFIX, DEPTH)
    return [*asyncio.run(_siblings(rounds, n_prefix)), asyncio.run(_exploration(depth))]


async def _siblings(rounds: int, n_prefix: int) -> list[Row]:
    """Compare with every sibling alone from nothing: a prompt and one answer, times 8."""
    alone, together = LocalSampler(), LocalSampler()
    figures: dict[str, list[float]] = {"cold": [], "warm": [], "alone": []}
    for number in range(rounds):
        asked = _long_prompt(n_prefix, seed=number)
        seconds, one = await _timed(alone, asked, 1, seed=number)
        figures["alone"].append(N * seconds)
        for name in ("cold", "warm"):
            seconds, found = await _timed(together, asked, N, seed=0)
            figures[name].append(seconds)
            assert found[number] == one[0], "a sibling is what its seed gives alone"
    for sampler in (alone, together):
        await sampler.aclose()
    what = f"{N} siblings x {N_TOKENS} tokens below {n_prefix:,}"
    return [
        compared(
            f"{what}, {name}",
            {"ours": figures[name], "each alone": figures["alone"]},
            unit="s",
            goal=goal,
            beside="each alone",
        )
        for name, goal in (("cold", "<= 0.25x"), ("warm", "<= 0.133x"))
    ]


async def _exploration(depth: int) -> Row:
    """Sample 4 answers below each of 2 kept ones, level after level."""
    chance = random.Random(1)
    sampler = LocalSampler()
    paths = [[Turn("human", "Tell me how rivers shape a country, and ask what I think.")]]
    ends: list[Finished] = []
    for _ in range(depth):
        grown = []
        for path in paths:
            events = [e async for e in sampler.sample(MODEL, _prompt(path), _short(), BRANCHING)]
            ends += [event for event in events if isinstance(event, Finished)]
            grown += [[*path, Turn("assistant", text), _GO_ON] for text in _texts(events)]
        paths = chance.sample(grown, min(KEPT, len(grown)))
    await sampler.aclose()
    stateless = sum(end.usage.prompt_tokens for end in ends)
    computed = stateless - sum(end.usage.cached_prompt_tokens for end in ends)
    what = f"prompt tokens of {len(ends)} samples, depth {depth}, branching {BRANCHING}"
    return Row(what, computed, stateless, computed / stateless, "tokens", "<= 0.2x", "stateless")


_GO_ON = Turn("human", "I see. Please go on.")


def _short() -> Settings:
    return Settings(max_tokens=8, seed=5, temperature=1.0)


def _long_prompt(n_words: int, seed: int) -> RawPrompt:
    """Return a text of about as many tokens as words, whose continuation does not end early."""
    words = random.Random(seed).choices(_WORDS, k=n_words)
    return RawPrompt((" ".join(words),), disallowed_tokens=("<|im_end|>", "<|endoftext|>"))


async def _timed(
    sampler: LocalSampler, asked: RawPrompt, n: int, seed: int
) -> tuple[float, list[str]]:
    # The model is loaded, and knows nothing of the prompt yet.
    async for _ in sampler.complete(MODEL, RawPrompt(("x",)), Settings(max_tokens=1), 1):
        pass
    settings = Settings(max_tokens=N_TOKENS, seed=seed, temperature=1.0)
    begun = time.perf_counter()
    events = [event async for event in sampler.complete(MODEL, asked, settings, n)]
    return time.perf_counter() - begun, _texts(events)


def _texts(events: Sequence[SamplerEvent]) -> list[str]:
    texts: dict[int, str] = {event.index: "" for event in events}
    for event in events:
        if isinstance(event, Token):
            texts[event.index] += event.text
    return [texts[index] for index in sorted(texts)]


def _prompt(path: Sequence[Turn]) -> Prompt:
    async def load() -> Sequence[Turn]:
        return path

    return Prompt(path[-1], load, "Answer in a few words.")
