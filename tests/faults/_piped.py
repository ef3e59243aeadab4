"""A model in a process of its own, which can be killed."""

from __future__ import annotations

import asyncio
import itertools
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Sequence

from grok_tree.forest import Model, SamplerEvent, Settings, Token
from grok_tree.samplers import Prompt

TALK = """
import sys, time
number = 0
while True:
    sys.stdout.write(f"{' ' if number else ''}word{number}\\n")
    sys.stdout.flush()
    number += 1
    time.sleep(0.001)
"""


class PipedSampler:
    """Says ``word0 word1 ...``, as another process gives them, until that ends.

    Attributes:
        speaking: The process of each sampling, by what was asked.
        said: What each has said so far.
    """

    provider = "piped"

    def __init__(self) -> None:
        self.speaking: dict[str, Process] = {}
        self.said: dict[str, str] = {}

    def models(self) -> Sequence[Model]:
        return [Model(name="piped/talker", description="talks", capabilities=())]

    def check(self, model: str, settings: Settings, n: int) -> None:
        """Refuse nothing."""

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        del model, settings, n
        asked = prompt.last.message
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-S", "-E", "-c", TALK, stdout=PIPE
        )
        self.speaking[asked], self.said[asked] = process, ""
        assert process.stdout is not None
        try:
            for _ in itertools.count():
                word = (await process.stdout.readline()).decode().removesuffix("\n")
                if not word:
                    return
                self.said[asked] += word
                yield Token(word)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def refresh(self) -> None:
        """There is nobody to ask."""

    async def aclose(self) -> None:
        """Do nothing: every process ends with its sampling."""
