"""What the OpenAI door adds: streams through a server, beside streams of the same provider."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec

from benchmarks._measure import Row, alternate, compared
from benchmarks._servers import http_server, provider

FIRST_MS, STREAM_MS = 50, 2_500
TOKENS_MS = (5, 20)
"""At 5 ms the provider itself, one process, is at its end; at 20 ms it is not."""

N_STREAMS = 100

_number = itertools.count()


class Delta(msgspec.Struct):
    content: str | None = None


class Choice(msgspec.Struct):
    delta: Delta


class Chunk(msgspec.Struct):
    choices: list[Choice]


_decode = msgspec.json.Decoder(Chunk).decode


@dataclass
class Side:
    """One of what is compared.

    Attributes:
        url: Of the API.
        model: That is asked.
        n_tokens: Of each stream.
        first_ms: How long the first token took, of each stream.
    """

    url: str
    model: str
    n_tokens: int
    first_ms: list[float] = field(default_factory=list)


def rows(*, quick: bool) -> list[Row]:
    """Measure the first token and the tokens a second, of many streams at once."""
    found = []
    for token_ms in TOKENS_MS:
        found += _compared(token_ms, *((1, 1) if quick else (3, 3)))
    return found


def _compared(token_ms: int, n_each: int, rounds: int) -> list[Row]:
    n_tokens = STREAM_MS // token_ms
    with (
        tempfile.TemporaryDirectory() as folder,
        provider(FIRST_MS, token_ms, n_tokens) as upstream,
        http_server(Path(folder), upstream) as ours,
    ):
        sides = {
            "ours": Side(ours, "bench/made-up", n_tokens),
            "upstream": Side(upstream, "made-up", n_tokens),
        }
        for side in sides.values():
            asyncio.run(_streams(side, 1))  # so that nothing is measured that happens once
        first: dict[str, list[float]] = {name: [] for name in sides}

        def case(name: str) -> float:
            side = sides[name]
            side.first_ms.clear()
            rate = asyncio.run(_streams(side, n_each))
            first[name].append(statistics.median(side.first_ms))
            return rate

        speed = alternate(
            {"ours": lambda: case("ours"), "upstream": lambda: case("upstream")}, rounds
        )
    what = f"OpenAI door, {N_STREAMS} streams, a token every {token_ms} ms"
    return [
        compared(f"{what}, first token", first, unit="ms", goal="<= 1.3x", beside="upstream"),
        compared(what, speed, unit="tokens/s", goal=">= 0.7x", beside="upstream"),
    ]


async def _streams(side: Side, n_each: int) -> float:
    """Return the tokens a second of workers that each take some streams, one after another."""
    counts: list[int] = []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def work(place: int) -> None:
            # Not all in the same moment, which no two programs would meet.
            await asyncio.sleep(place * STREAM_MS / 1e3 / N_STREAMS)
            counts.extend([await _stream(session, side) for _ in range(n_each)])

        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for place in range(N_STREAMS):
                group.create_task(work(place))
        taken = time.perf_counter() - begun
    assert sum(counts) == n_each * N_STREAMS * side.n_tokens, "tokens are missing"
    return sum(counts) / taken


async def _stream(session: aiohttp.ClientSession, side: Side) -> int:
    """Return how many words a stream had, each of the provider's being the same."""
    question = {"role": "user", "content": f"question {next(_number)}"}
    body = {"model": side.model, "stream": True, "messages": [question]}
    begun = time.perf_counter()
    n_characters = 0
    async with session.post(f"{side.url}/chat/completions", json=body) as answer:
        assert answer.status == 200, await answer.text()
        async for text in _texts(answer):
            if not n_characters:
                side.first_ms.append(1e3 * (time.perf_counter() - begun))
            n_characters += len(text)
    return n_characters // len(" word")


async def _texts(answer: aiohttp.ClientResponse) -> AsyncIterator[str]:
    rest = b""
    async for data in answer.content.iter_any():
        *events, rest = (rest + data).split(b"\n\n")
        for event in events:
            if event.startswith(b"data: {"):
                chunk = _decode(event[6:])
                if chunk.choices and chunk.choices[0].delta.content:
                    yield chunk.choices[0].delta.content
