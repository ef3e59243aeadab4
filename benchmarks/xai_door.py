"""What the door for xai-sdk adds: streams through a server, beside streams of the same provider."""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
from xai_sdk.proto import chat_pb2, chat_pb2_grpc

from benchmarks._measure import Row, alternate, compared
from benchmarks._servers import GROK_TREE, _process

FIRST_MS, TOKEN_MS, N_TOKENS = 200, 40, 50
N_STREAMS = 100
MODEL = "grok-4.3"

_number = itertools.count()


@dataclass
class Side:
    """One of what is compared.

    Attributes:
        address: Of the API.
        first_ms: How long the first token took, of each stream.
    """

    address: str
    first_ms: list[float] = field(default_factory=list)


def rows(*, quick: bool) -> list[Row]:
    """Measure the first token and the tokens a second, of many streams at once."""
    n_each, rounds = (1, 1) if quick else (3, 5)
    schedule = [str(FIRST_MS), str(TOKEN_MS), str(N_TOKENS)]
    with (
        tempfile.TemporaryDirectory() as folder,
        _process([sys.executable, "-m", "benchmarks._xai_provider", *schedule]) as first_line,
        _server(Path(folder), first_line.strip()) as ours,
    ):
        sides = {"ours": Side(ours), "upstream": Side(first_line.strip())}
        for side in sides.values():
            asyncio.run(_streams(side, 3))  # so that nothing is measured that happens once
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
    what = f"xAI door, {N_STREAMS} streams of {N_TOKENS} tokens"
    return [
        compared(f"{what}, first token", first, unit="ms", goal="<= 1.3x", beside="upstream"),
        compared(what, speed, unit="tokens/s", goal=">= 0.7x", beside="upstream"),
    ]


@contextmanager
def _server(folder: Path, upstream: str) -> Iterator[str]:
    """Run `grok-tree serve` whose xAI is the provider, and give its address."""
    config = folder / "config.toml"
    config.write_text(f'[xai]\nhost = "{upstream}"\ninsecure = true\n')
    command = ["env", f"GROK_TREE_CONFIG={config}", GROK_TREE, "serve", "--port", "0"]
    command += ["--http-port", "0", "--json", "--database", str(folder / "bench.db")]
    with _process(command) as first_line:
        yield json.loads(first_line)["grpc"]


async def _streams(side: Side, n_each: int) -> float:
    """Return the tokens a second of workers that each take some streams, one after another."""
    counts: list[int] = []
    async with grpc.aio.insecure_channel(side.address) as channel:
        stub = chat_pb2_grpc.ChatStub(channel)

        async def work(place: int) -> None:
            # Not all in the same moment, which no two programs would meet.
            await asyncio.sleep(place * (FIRST_MS + TOKEN_MS * N_TOKENS) / 1e3 / N_STREAMS)
            counts.extend([await _stream(stub, side) for _ in range(n_each)])

        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for place in range(N_STREAMS):
                group.create_task(work(place))
        taken = time.perf_counter() - begun
    assert sum(counts) == n_each * N_STREAMS * N_TOKENS, "tokens are missing"
    return sum(counts) / taken


async def _stream(stub: Any, side: Side) -> int:
    """Return how many words a stream had, each of the provider's being the same."""
    said = chat_pb2.Content(text=f"question {next(_number)}")
    message = chat_pb2.Message(role=chat_pb2.ROLE_USER, content=[said])
    begun = time.perf_counter()
    n_characters = 0
    async for chunk in stub.GetCompletionChunk(
        chat_pb2.GetCompletionsRequest(model=MODEL, messages=[message])
    ):
        for output in chunk.outputs:
            if output.delta.content and not n_characters:
                side.first_ms.append(1e3 * (time.perf_counter() - begun))
            n_characters += len(output.delta.content)
    return n_characters // len(" word")
