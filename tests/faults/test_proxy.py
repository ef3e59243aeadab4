"""The proxy itself: what it passes on, and what it spoils."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.faults._proxy import Proxy, proxy_to
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

SILENCE_S = 0.2


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while said := await reader.read(1024):
        writer.write(said.upper())
        await writer.drain()
    writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with proxy_to(f"{host}:{port}") as opened:
        yield opened
    server.close()
    await server.wait_closed()


async def connect(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = proxy.host.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def answer(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    said: bytes,
    *,
    within_s: float = PATIENCE_S,
) -> bytes:
    writer.write(said)
    return await asyncio.wait_for(reader.read(1024), within_s)


async def test_it_passes_on_both_ways(proxy: Proxy) -> None:
    reader, writer = await connect(proxy)
    assert await answer(reader, writer, b"hello") == b"HELLO"
    writer.close()


async def test_a_frozen_one_is_silent_and_loses_nothing(proxy: Proxy) -> None:
    reader, writer = await connect(proxy)
    assert await answer(reader, writer, b"one") == b"ONE"
    proxy.freeze()
    with pytest.raises(TimeoutError):
        await answer(reader, writer, b"two", within_s=SILENCE_S)
    proxy.thaw()
    assert await reader.read(1024) == b"TWO"
    writer.close()


async def test_a_cut_breaks_what_is_open_and_nothing_later(proxy: Proxy) -> None:
    reader, writer = await connect(proxy)
    assert await answer(reader, writer, b"one") == b"ONE"
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        await answer(reader, writer, b"two")
    reader, writer = await connect(proxy)
    assert await answer(reader, writer, b"three") == b"THREE"
    writer.close()


async def test_a_mute_one_delivers_requests_only(proxy: Proxy) -> None:
    reader, writer = await connect(proxy)
    assert await answer(reader, writer, b"one") == b"ONE"
    proxy.mute()
    with pytest.raises(TimeoutError):
        await answer(reader, writer, b"two", within_s=SILENCE_S)
    writer.close()


async def test_it_delays_and_throttles(proxy: Proxy) -> None:
    reader, writer = await connect(proxy)
    proxy.delay_s = 0.03
    begun = time.monotonic()
    assert await answer(reader, writer, b"hello") == b"HELLO"
    assert time.monotonic() - begun >= 2 * proxy.delay_s

    proxy.delay_s, proxy.bytes_per_s = 0.0, 100
    begun = time.monotonic()
    writer.write(b"a" * 10)
    assert await reader.readexactly(10) == b"A" * 10
    assert time.monotonic() - begun >= 2 * 10 / 100
    writer.close()
