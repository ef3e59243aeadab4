"""Tokens a second through server, store and client, and how soon the first one comes."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc.aio

from benchmarks import _raw_server
from benchmarks._measure import Row, alternate, compared
from benchmarks._servers import grok_tree_server, raw_server
from grok_tree import AsyncClient
from grok_tree.wire.v1 import forests_pb2 as pb


def rows(*, quick: bool) -> list[Row]:
    """Measure throughput and first-token latency."""
    n_streams, n_tokens, rounds = (20, 100, 1) if quick else (100, 500, 5)
    with (
        tempfile.TemporaryDirectory() as folder,
        grok_tree_server(Path(folder)) as ours,
        raw_server() as raw,
    ):
        throughput = alternate(
            {
                "ours": lambda: asyncio.run(_our_rate(ours, n_streams, n_tokens)),
                "raw grpc.aio": lambda: asyncio.run(_raw_rate(raw, n_streams, n_tokens)),
            },
            rounds,
        )
        n_turns = 20 if quick else 200
        first = alternate(
            {
                "ours": lambda: asyncio.run(_our_first_token_ms(ours, n_turns)),
                "raw grpc.aio": lambda: asyncio.run(_raw_first_token_ms(raw, n_turns)),
            },
            rounds,
        )
    return [
        compared(
            f"streaming, {n_streams} streams of {n_tokens} tokens",
            throughput,
            unit="tokens/s",
            goal=">= 4x",
            beside="raw grpc.aio",
        ),
        compared(
            "first token, idle server, p50",
            first,
            unit="ms",
            goal="<= 1 ms more",
            beside="raw grpc.aio",
        ),
    ]


async def _together(work: Callable[[], Awaitable[int]], n: int) -> int:
    total = 0

    async def one() -> None:
        nonlocal total
        count = await work()
        total += count

    async with asyncio.TaskGroup() as group:
        for _ in range(n):
            group.create_task(one())
    return total


async def _our_rate(address: str, n_streams: int, n_tokens: int) -> float:
    async with AsyncClient(address, model=f"scripted/words-{n_tokens}") as client:

        async def one() -> int:
            conversation = client.grok.create_conversation()
            return len([token async for token in conversation.add_response("go")])

        begun = time.perf_counter()
        total = await _together(one, n_streams)
        return total / (time.perf_counter() - begun)


async def _raw_rate(address: str, n_streams: int, n_tokens: int) -> float:
    async with grpc.aio.insecure_channel(address) as channel:
        call = _raw_call(channel)

        async def one() -> int:
            count = 0
            async for message in call(pb.SampleRequest(n=n_tokens)):
                count += len(message.tokens)
            return count

        begun = time.perf_counter()
        total = await _together(one, n_streams)
        return total / (time.perf_counter() - begun)


def _raw_call(channel: grpc.aio.Channel) -> Any:
    return channel.unary_stream(
        _raw_server.METHOD,
        request_serializer=pb.SampleRequest.SerializeToString,
        response_deserializer=pb.SampleEvents.FromString,
    )


async def _our_first_token_ms(address: str, n_turns: int) -> float:
    async with AsyncClient(address, model="scripted/words-3") as client:
        conversation = client.grok.create_conversation()
        await conversation.add_response("begin")
        waits = []
        for _ in range(n_turns):
            begun = time.perf_counter()
            sampling = conversation.add_response("go")
            async for _token in sampling:
                waits.append(1e3 * (time.perf_counter() - begun))
                break
            await sampling
        return statistics.median(waits)


async def _raw_first_token_ms(address: str, n_turns: int) -> float:
    async with grpc.aio.insecure_channel(address) as channel:
        call = _raw_call(channel)
        waits = []
        for _ in range(n_turns + 1):
            begun = time.perf_counter()
            stream = call(pb.SampleRequest(n=3))
            await stream.read()
            waits.append(1e3 * (time.perf_counter() - begun))
            stream.cancel()
        return statistics.median(waits[1:])
