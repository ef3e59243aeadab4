"""Many samples at once from an OpenAI-compatible server, beside the schedule and beside httpx."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import aiohttp  # noqa: F401 - so that its import is not measured
import httpx

from benchmarks._measure import Row, alternate, compared
from benchmarks._servers import provider
from grok_tree.forest import Settings, Token
from grok_tree.samplers import OpenAISampler, Prompt, Turn, endpoint

FIRST_MS, TOKEN_MS, N_TOKENS = 50, 5, 100
N_AT_ONCE = 256

Sample = Callable[[], Awaitable[int]]


def rows(*, quick: bool) -> list[Row]:
    """Measure the time of all samples, of our sampler and of a plain httpx client."""
    n, rounds = (256, 1) if quick else (1_000, 3)
    with provider(FIRST_MS, TOKEN_MS, N_TOKENS) as url:
        seconds = alternate(
            {
                "ours": lambda: asyncio.run(_ours(url, n)),
                "schedule": lambda: _ideal_s(n),
                "httpx": lambda: asyncio.run(_httpx(url, n)),
            },
            rounds,
        )
    what = f"{n:,} samples of {N_TOKENS} tokens, {N_AT_ONCE} at a time"
    speed = {name: [1 / one for one in figures] for name, figures in seconds.items()}
    return [
        compared(f"HTTP: {what}", seconds, unit="s", goal="<= 1.15x", beside="schedule"),
        compared(f"HTTP: {what}, runs", speed, unit="/s", goal=">= 8x", beside="httpx"),
    ]


def _ideal_s(n: int) -> float:
    """Return how long it takes when the client costs nothing."""
    sample_s = (FIRST_MS + (N_TOKENS - 1) * TOKEN_MS) / 1e3
    return math.ceil(n / N_AT_ONCE) * sample_s


async def _timed(sample: Sample, n: int) -> float:
    """Return how long n samples take by as many workers as run at once."""
    left = iter(range(n))
    counts: list[int] = []

    async def work() -> None:
        counts.extend([await sample() for _ in left])

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(N_AT_ONCE):
            group.create_task(work())
    taken = time.perf_counter() - begun
    assert sum(counts) == n * N_TOKENS, "tokens are missing"
    return taken


async def _ours(url: str, n: int) -> float:
    table = {"base_url": url, "calls_at_first": N_AT_ONCE, "first_byte_s": 600, "silence_s": 600}
    sampler = OpenAISampler(endpoint("bench", table))
    turn = Turn("human", "go")

    async def load() -> list[Turn]:
        return [turn]

    async def sample() -> int:
        count = 0
        async with aclosing(sampler.sample("made-up", Prompt(turn, load), Settings(), 1)) as events:
            async for event in events:
                count += isinstance(event, Token)
        return count

    try:
        return await _timed(sample, n)
    finally:
        await sampler.aclose()


async def _httpx(url: str, n: int) -> float:
    body = {"model": "made-up", "stream": True, "messages": [{"role": "user", "content": "go"}]}
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=600, limits=limits) as client:

        async def sample() -> int:
            count = 0
            async with client.stream("POST", f"{url}/chat/completions", json=body) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: {"):
                        chunk = json.loads(line[6:])
                        count += bool(chunk["choices"][0]["delta"].get("content"))
            return count

        return await _timed(sample, n)
