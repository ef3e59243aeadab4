"""A model that says words until it is stopped, and notes when that was."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from grok_tree.forest import Model, SamplerEvent, Settings, Token
from grok_tree.samplers import Prompt, Sampler, SamplerRegistry, ScriptedSampler
from grok_tree.server import RunningServer, ServerSettings, running_server
from tests.patience import PATIENCE_S

WORD_S = 0.01


class WatchedSampler:
    """Says ``word0 word1 ...`` for ever.

    Attributes:
        stopped_at: When each sampling was stopped, by what was asked; seconds of the monotonic
            clock, which all processes share.
        n_running: How many run now.
    """

    provider = "watched"

    def __init__(self) -> None:
        self.stopped_at: dict[str, float] = {}
        self.n_running = 0
        self._changed = asyncio.Event()

    def models(self) -> Sequence[Model]:
        return [Model(name="watched/talker", description="talks", capabilities=("native_n",))]

    def check(self, model: str, settings: Settings, n: int) -> None:
        """Refuse nothing."""

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        del model, settings, n
        self.n_running += 1
        try:
            for number in itertools.count():
                yield Token(f"{' ' if number else ''}word{number}")
                await asyncio.sleep(WORD_S)
        finally:
            self.n_running -= 1
            self.stopped_at[prompt.last.message] = time.monotonic()
            self._changed.set()

    async def stopped(self, asked: str) -> float:
        """Wait until a sampling was stopped and return when that was."""
        with anyio.fail_after(PATIENCE_S):
            while asked not in self.stopped_at:
                self._changed.clear()
                await self._changed.wait()
        return self.stopped_at[asked]

    async def refresh(self) -> None:
        """There is nobody to ask."""

    async def aclose(self) -> None:
        """Do nothing: there is nothing to free."""


@asynccontextmanager
async def watched_server(database: Path, sampler: Sampler) -> AsyncIterator[RunningServer]:
    """Run a real server in this event loop whose default model is a sampler's first."""
    settings = ServerSettings(
        database=database,
        model=sampler.models()[0].name,
        samplers=lambda: SamplerRegistry([sampler, ScriptedSampler()]),
    )
    async with running_server(settings) as server:
        yield server


def is_prefix(text: str) -> bool:
    """Return whether a text is the beginning of what the model says."""
    words = text.split()
    return text == " ".join(f"word{number}" for number in range(len(words)))
