"""Several streams are read as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from grok_tree.errors import SamplingError
from grok_tree.forest import SamplerEvent, Token
from grok_tree.samplers._merged import merged

pytestmark = pytest.mark.anyio


async def words(
    *said: str, error: Exception | None = None, index: int = 0
) -> AsyncGenerator[SamplerEvent, None]:
    for word in said:
        yield Token(word, index)
    if error is not None:
        raise error


async def test_all_events_come_each_stream_in_its_order() -> None:
    came = [event async for event in merged([words("a", "b"), words("c", index=1)])]

    assert [event for event in came if event.index == 0] == [Token("a"), Token("b")]
    assert [event for event in came if event.index == 1] == [Token("c", 1)]


async def test_no_streams_are_no_events() -> None:
    assert [event async for event in merged([])] == []


async def test_a_failure_is_raised_when_the_others_have_ended() -> None:
    came: list[SamplerEvent] = []

    async def read() -> None:
        async for event in merged([words(error=SamplingError("first")), words(*"abcde", index=1)]):
            came.append(event)  # noqa: PERF401 - what came before a failure is looked at

    with pytest.raises(SamplingError, match="first"):
        await read()
    assert len(came) == 5


async def test_leaving_closes_every_stream() -> None:
    closed: list[int] = []

    async def endless(index: int) -> AsyncGenerator[SamplerEvent, None]:
        try:
            yield Token("x", index)
            await asyncio.get_running_loop().create_future()
        finally:
            closed.append(index)

    async with aclosing(merged([endless(0), endless(1), endless(2)])) as stream:
        await anext(stream)

    assert sorted(closed) == [0, 1, 2]


async def test_a_reader_that_is_slow_holds_the_streams_back() -> None:
    n_said = 0

    async def eager() -> AsyncGenerator[SamplerEvent, None]:
        nonlocal n_said
        while True:
            n_said += 1
            yield Token("x")

    async with aclosing(merged([eager()])) as stream:
        await anext(stream)
        for _ in range(50):
            await asyncio.sleep(0)
        assert n_said <= 3
