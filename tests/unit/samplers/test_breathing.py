"""Streams are read in fewer pieces only while the event loop has much to do."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from grok_tree.samplers.openai._breathing import BUSY_S, N_AT_ONCE, Breathing

pytestmark = pytest.mark.anyio


class Line:
    """A transport that says what was done with it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def is_reading(self) -> bool:
        return True

    def pause_reading(self) -> None:
        self.done.append("pause")

    def resume_reading(self) -> None:
        self.done.append("resume")


async def breathed(line: Any, *, busy: bool) -> None:
    """Pause after each of the first pieces, and after one more."""
    breathing = Breathing()
    for _ in range(N_AT_ONCE + 1):
        if busy:
            asyncio.get_running_loop().call_soon(time.sleep, 2 * BUSY_S)
        await breathing.pause(line)


async def test_a_busy_loop_lets_the_pieces_after_the_first_gather() -> None:
    line = Line()
    await breathed(line, busy=True)
    assert line.done == ["pause", "resume"]


async def test_a_stream_that_has_ended_is_not_waited_for() -> None:
    await breathed(None, busy=True)
